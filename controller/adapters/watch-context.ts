import { watch, type FSWatcher } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { ignoreRules, isState, type Rules } from "./containers/build-context.ts";

/** What an image is built from; the Dockerfile's path is from the folder or absolute. */
export interface BuildContext {
  readonly folder: string;
  readonly dockerfile?: string;
  /** Absolute folders in it that are not sent. */
  readonly except?: readonly string[];
}

export interface ContextWatcher {
  /** Looks again which folders there are: one that was not there may have come. */
  refresh(): void;
  close(): void;
}

/** Milliseconds until folders that came or went are looked for: an unpacked archive makes many. */
const gatherMs = 200;
/** What changes without anybody's doing. Where it is sent to be built nevertheless, the full pass sees it. */
const leftOut: ReadonlySet<string> = new Set(["node_modules", ".git"]);

/**
 * Calls `wake` when something may have changed that would be sent to be built. One watch for each folder, and none for
 * files or below what `.dockerignore` leaves out: a context may hold tens of thousands of files (inotify(7): a watched
 * folder tells of what happens to the files in it).
 */
export function watchContext({ folder: root, dockerfile, except }: BuildContext, wake: () => void): ContextWatcher {
  const folders = new Map<string, FSWatcher>();
  const isOwn = isState(root, except);
  const file = dockerfile === undefined ? undefined : resolve(root, dockerfile);
  let rules: Rules | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let hasNew = false;

  const pathOf = (full: string): string => relative(root, full).split(sep).join("/");

  function forget(folder: string): void {
    for (const [watched, watcher] of folders) {
      if (watched !== folder && !watched.startsWith(folder + sep)) continue;
      watcher.close();
      folders.delete(watched);
    }
  }

  function changed(folder: string, event: string, name: string | null): void {
    const full = name === null ? folder : join(folder, name);
    const isRule = name === ".dockerignore" || (file !== undefined && full === `${file}.dockerignore`);
    // What came, went or was put in another's place may be a folder, whose watch ends with it.
    if (event === "rename" && full !== folder) forget(full);
    if (event === "rename" || isRule) refresh();
    if (isRule || name === null || full === file || rules?.keeps(pathOf(full)) !== false) wake();
  }

  /** One folder and what lies in it. That it vanished meanwhile, or may not be read, is told by the pass that reads it. */
  async function scan(folder: string, present: Set<string>, now: Rules): Promise<void> {
    if (isClosed) return;
    present.add(folder);
    if (!folders.has(folder)) {
      const watcher = watch(folder, (event, name) => changed(folder, event, name));
      watcher.on("error", () => forget(folder));
      folders.set(folder, watcher);
      hasNew = true;
    }
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name);
      if (!entry.isDirectory() || leftOut.has(entry.name) || isOwn(pathOf(full))) continue;
      if (now.prunes && !now.keeps(pathOf(full))) continue;
      await scan(full, present, now).catch(() => undefined);
    }
  }

  async function scanAll(): Promise<void> {
    const present = new Set<string>();
    hasNew = false;
    rules = await ignoreRules(root, file, []);
    await scan(root, present, rules);
    for (const folder of folders.keys()) if (!present.has(folder)) forget(folder);
    // What changed in it after it was read and before it was watched had no event.
    if (hasNew && !isClosed) wake();
  }

  // One after the other: two at once would watch a folder twice.
  let scanning = scanAll().catch(() => undefined);
  function refresh(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      scanning = scanning.then(scanAll).catch(() => undefined);
    }, gatherMs);
  }

  return {
    refresh,
    close() {
      isClosed = true;
      clearTimeout(timer);
      forget(root);
    },
  };
}

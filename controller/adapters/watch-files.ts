import { resolve, sep } from "node:path";
import type { FSWatcher } from "chokidar";
import type { BuildContext, ContextWatcher } from "./watch-context.ts";

interface Watched {
  readonly paths: readonly string[];
  readonly contexts: readonly BuildContext[];
}

interface FileWatcher {
  update(watched: Watched): void;
  close(): Promise<void>;
}

/** What changes without anybody's doing: installed packages, version control, Poststack's own state. */
const leftOut = /[/\\](?:node_modules|\.git|\.poststack)(?:[/\\]|$)/;

/**
 * Calls `wake` when one of the files, folders or build contexts may have changed. An event is a hint and never a fact:
 * what changed is found out by reading everything again, and one event more or less does no harm.
 */
export function watchFiles(watched: Watched, wake: () => void): FileWatcher {
  const files = watchPaths(pathsOf(watched), wake);
  const contexts = watchContexts(watched.contexts, wake);
  return {
    update(next) {
      files.update(pathsOf(next));
      contexts.update(next.contexts);
    },
    async close() {
      await Promise.all([files.close(), contexts.close()]);
    },
  };
}

/** A Dockerfile may lie outside of its context, and either may not be there yet. */
const pathsOf = ({ paths, contexts }: Watched): readonly string[] => [
  ...paths,
  ...contexts.flatMap(({ folder, dockerfile }) => (dockerfile === undefined ? [] : [resolve(folder, dockerfile)])),
];

interface Watching<T> {
  update(wanted: readonly T[]): void;
  close(): Promise<void>;
}

function watchContexts(first: readonly BuildContext[], wake: () => void): Watching<BuildContext> {
  const open = new Map<string, Promise<ContextWatcher>>();
  const update = (contexts: readonly BuildContext[]): void => {
    const wanted = new Map(contexts.map((context) => [JSON.stringify(context), context]));
    for (const [key, watcher] of open) {
      if (wanted.has(key)) continue;
      open.delete(key);
      void watcher.then((opened) => opened.close());
    }
    for (const [key, context] of wanted) {
      const known = open.get(key);
      if (known !== undefined) void known.then((opened) => opened.refresh());
      // Loaded with the first: most projects build nothing.
      else
        open.set(
          key,
          import("./watch-context.ts").then(({ watchContext }) => watchContext(context, wake)),
        );
    }
  };
  update(first);
  return {
    update,
    async close() {
      for (const watcher of open.values()) (await watcher).close();
    },
  };
}

function watchPaths(paths: readonly string[], wake: () => void): Watching<string> {
  let wanted = new Set(paths);
  let isClosed = false;
  const isLeftOut = (path: string): boolean => {
    // Only the part below what is watched: the project itself may lie in a folder of that name.
    const parts = [...wanted].filter((one) => path.startsWith(one + sep)).map((one) => path.slice(one.length));
    return parts.length > 0 && parts.every((part) => leftOut.test(part)) && !wanted.has(path);
  };
  const watcher: Promise<FSWatcher> = import("chokidar").then(({ watch }) => {
    const opened = watch([...wanted], {
      ignoreInitial: true,
      // A folder of migrations is one level deep; a folder named as a job's input may be deeper.
      ignored: isLeftOut,
    });
    opened.on("all", (event, path) => {
      // A watch ends with what it watched; added anew, it waits for the path to come back.
      if (event.startsWith("unlink") && wanted.has(path)) opened.add(path);
      wake();
    });
    // What changed after it was read and before it was watched had no event.
    opened.on("ready", wake);
    // A folder that vanishes is seen by the pass that reads it.
    opened.on("error", wake);
    return opened;
  });
  return {
    update(next) {
      const fresh = new Set(next);
      const added = [...fresh].filter((path) => !wanted.has(path));
      const gone = [...wanted].filter((path) => !fresh.has(path));
      wanted = fresh;
      if (added.length === 0 && gone.length === 0) return;
      void watcher.then((opened) => {
        if (isClosed) return;
        opened.add(added);
        opened.unwatch(gone);
      });
    },
    async close() {
      isClosed = true;
      await (await watcher).close();
    },
  };
}

import { sep } from "node:path";
import type { FSWatcher } from "chokidar";

interface FileWatcher {
  update(paths: readonly string[]): void;
  close(): Promise<void>;
}

/** What changes without anybody's doing: installed packages, version control, Poststack's own state. */
const leftOut = /[/\\](?:node_modules|\.git|\.poststack)(?:[/\\]|$)/;

/**
 * Calls `wake` when one of the files or folders may have changed. An event is a hint and never a fact: what changed is
 * found out by reading everything again, and one event more or less does no harm.
 */
export function watchFiles(paths: readonly string[], wake: () => void): FileWatcher {
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

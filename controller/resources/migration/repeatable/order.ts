import type { RepeatableFile } from "../model.ts";
import type { Names } from "./model.ts";

/** Files in the order in which they can run, and those that wait for each other. */
interface Ordered {
  readonly sorted: readonly RepeatableFile[];
  /** Each in the order of waiting: the first waits for the second, the last for the first. */
  readonly cycles: readonly (readonly RepeatableFile[])[];
}

const none: Names = { defined: new Set(), used: new Set(), mentioned: new Set() };

/**
 * Pure. What defines a name runs before what uses it; what nothing orders runs by name. Words in bodies order two files only
 * where that leaves no circle: the server reads such a body when it is called.
 */
export function inOrder(files: readonly RepeatableFile[], namesOf: ReadonlyMap<string, Names>): Ordered {
  const all = [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const needs = (file: RepeatableFile, withBodies: boolean): readonly RepeatableFile[] => {
    const { used, mentioned } = namesOf.get(file.name) ?? none;
    return all.filter((other) => {
      if (other === file) return false;
      if (file.after.includes(other.name)) return true;
      const { defined } = namesOf.get(other.name) ?? none;
      return [...defined].some((key) => used.has(key) || (withBodies && mentioned.has(bare(key))));
    });
  };
  const first = sort(all, (file) => needs(file, true));
  return first.cycles.length === 0 ? first : sort(all, (file) => needs(file, false));
}

/** Of `view public.active_users` the last name. */
const bare = (key: string): string => key.slice(key.lastIndexOf(".") + 1);

function sort(all: readonly RepeatableFile[], needs: (file: RepeatableFile) => readonly RepeatableFile[]): Ordered {
  const sorted: RepeatableFile[] = [];
  const cycles: (readonly RepeatableFile[])[] = [];
  const done = new Set<RepeatableFile>();
  const visit = (file: RepeatableFile, path: readonly RepeatableFile[]): void => {
    if (done.has(file)) return;
    const from = path.indexOf(file);
    if (from >= 0) {
      cycles.push(path.slice(from));
      return;
    }
    for (const other of needs(file)) visit(other, [...path, file]);
    if (done.has(file)) return;
    done.add(file);
    sorted.push(file);
  };
  for (const file of all) visit(file, []);
  return { sorted, cycles };
}

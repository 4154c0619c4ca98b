import { PoststackError } from "../../core/errors.ts";
import { knownNames } from "../known-names.ts";

/** Which of the names a person may have meant: `web`, `web.2`, `process:web`. */
export interface Chosen {
  /** Whether it is meant by one of these names; all are, where nobody chose. */
  readonly has: (kind: "process" | "container" | "instance", ...names: readonly string[]) => boolean;
  /** @throws PoststackError `TARGET_UNKNOWN`: a name that nothing was asked for by */
  readonly checkAll: () => void;
}

/**
 * @param names as they were typed; `all`: whatever there is
 * @param purpose for the error: `can be restarted`
 */
export function chosenOf(names: readonly string[] | "all", purpose: string): Chosen {
  const asked = new Set<string>();
  const known = new Set<string>();
  return {
    has(kind, ...called) {
      for (const name of called) known.add(name);
      if (names === "all") return true;
      const all = called.flatMap((name) => [name, `${kind}:${name}`]);
      const found = names.filter((name) => all.includes(name));
      for (const name of found) asked.add(name);
      return found.length > 0;
    },
    checkAll() {
      const unknown = names === "all" ? undefined : names.find((name) => !asked.has(name));
      if (unknown === undefined) return;
      throw new PoststackError("TARGET_UNKNOWN", {
        what: `\`${unknown}\` is nothing that ${purpose} here`,
        next: knownNames(unknown, [...known]),
      });
    },
  };
}

import { PoststackError } from "../../core/errors.ts";
import { knownNames } from "../known-names.ts";
import type { RestartOptions } from "./options.ts";

/** Which of the names a person may have meant: `web`, `web.2`, `process:web`. */
export interface Restarts {
  readonly after: (kind: "process" | "container" | "instance", ...names: readonly string[]) => Date | undefined;
  /** @throws PoststackError `TARGET_UNKNOWN`: a name that nothing was asked for by */
  readonly checkAll: () => void;
}

export function restartsOf(options: RestartOptions | undefined): Restarts {
  const asked = new Set<string>();
  const known = new Set<string>();
  return {
    after(kind, ...names) {
      if (options === undefined) return undefined;
      const { services, startedAfter } = options;
      for (const name of names) known.add(name);
      if (services === "all") return startedAfter;
      const all = names.flatMap((name) => [name, `${kind}:${name}`]);
      const found = services.filter((service) => all.includes(service));
      for (const service of found) asked.add(service);
      return found.length === 0 ? undefined : startedAfter;
    },
    checkAll() {
      const services = options === undefined || options.services === "all" ? [] : options.services;
      const unknown = services.find((service) => !asked.has(service));
      if (unknown === undefined) return;
      throw new PoststackError("TARGET_UNKNOWN", {
        what: `\`${unknown}\` is nothing that can be restarted here`,
        next: knownNames(unknown, [...known]),
      });
    },
  };
}

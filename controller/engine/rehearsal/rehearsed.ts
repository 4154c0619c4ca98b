import type { ResourceId } from "../../core/id.ts";
import type { Compared } from "../drift/in-plan.ts";

/** What a text is known by. */
interface Known {
  readonly id: ResourceId;
  readonly checksum: string;
}

/** What one run has rehearsed, and compared: a later pass of it does not do so again. */
export interface Rehearsed extends Compared {
  /**
   * While the server is down nobody knows what is pending. all: everything is rehearsed from nothing. wait: a later pass
   * asks the server.
   */
  readonly whileDown: "all" | "wait";
  hasAll(migrations: readonly Known[]): boolean;
  add(migrations: readonly Known[]): void;
}

export function nothingRehearsed(whileDown: Rehearsed["whileDown"]): Rehearsed {
  const known = new Set<string>();
  const keyOf = ({ id, checksum }: Known): string => `${checksum} ${id}`;
  return {
    whileDown,
    hasAll: (migrations) => migrations.every((one) => known.has(keyOf(one))),
    add(migrations) {
      for (const one of migrations) known.add(keyOf(one));
    },
  };
}

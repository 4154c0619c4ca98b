import { lockModes, stronger, works, type LockMode, type Work } from "../../../core/table-lock.ts";
import type { Relation } from "./catalog.ts";

/** What a statement does to one relation that was there before. */
export interface Effect {
  readonly relation: Relation;
  readonly mode: LockMode;
  readonly work: Work;
}

export const effect = (relation: Relation | undefined, mode: LockMode, work: Work = "moment"): readonly Effect[] =>
  relation === undefined ? [] : [{ relation, mode, work }];

export const onEach = (relations: readonly Relation[], mode: LockMode, work: Work = "moment"): readonly Effect[] =>
  relations.map((relation) => ({ relation, mode, work }));

/** The one that takes longer. */
export const longer = (a: Work, b: Work): Work => (works.indexOf(a) < works.indexOf(b) ? b : a);

/** One for each relation, with the strongest lock and the longest work; the gravest first. */
export function together(effects: readonly Effect[]): readonly Effect[] {
  const found = new Map<number, Effect>();
  for (const { relation, mode, work } of effects) {
    const before = found.get(relation.oid);
    found.set(
      relation.oid,
      before === undefined
        ? { relation, mode, work }
        : { relation, mode: stronger(before.mode, mode), work: longer(before.work, work) },
    );
  }
  return [...found.values()].sort((a, b) => gravity(b) - gravity(a));
}

const gravity = ({ mode, work }: Effect): number => lockModes.indexOf(mode) * works.length + works.indexOf(work);

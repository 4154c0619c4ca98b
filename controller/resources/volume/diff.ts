import { summarise, type Drift } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import { externalMissing } from "../../core/foreign-objects.ts";
import type { Held } from "../../core/plan.ts";
import { takenByTwin } from "../../core/twin.ts";
import { changedLabels, driftOfVolume } from "./fields.ts";
import { nameTaken } from "./refusals.ts";
import { diffLeftovers, isLeftovers } from "./leftovers.ts";
import type { DesiredVolume, ObservedVolume, OwnVolume, VolumeAction, VolumeWish } from "./model.ts";

/** A volume is made, and never taken away without leave: not when the files forget it, and not to give it other settings. */
export function diff(desired: readonly VolumeWish[], observed: readonly ObservedVolume[]): readonly VolumeAction[] {
  const byName = named(observed);
  const leftovers = observed.filter(({ isLeftover = false }) => isLeftover);
  return desired.flatMap((wish) =>
    isLeftovers(wish) ? diffLeftovers(wish, leftovers) : diffOne(wish, byName.get(wish.name)),
  );
}

const named = (observed: readonly ObservedVolume[]): ReadonlyMap<string, ObservedVolume> =>
  new Map(observed.map((volume) => [volume.facts.name, volume]));

/** Labels of a volume are given to it when it is made, and no engine changes them: it has the old ones until then. */
export function held(desired: readonly VolumeWish[], observed: readonly ObservedVolume[]): readonly Held[] {
  const byName = named(observed);
  return desired.flatMap((wish): readonly Held[] => {
    if (isLeftovers(wish) || wish.isExternal || wish.to === "absent") return [];
    const found = byName.get(wish.name);
    const names = found?.resource === wish.id ? changedLabels(wish.spec, found.facts) : [];
    if (names.length === 0) return [];
    return [
      { id: wish.id, reason: `labels changed (${names.join(", ")}): a volume keeps those that it was made with` },
    ];
  });
}

function diffOne(desired: DesiredVolume, observed: ObservedVolume | undefined): readonly VolumeAction[] {
  const isOurs = observed?.resource === desired.id;
  if (desired.isExternal) {
    return observed !== undefined || desired.to === "absent"
      ? []
      : [refuse(desired, externalMissing("volume", desired))];
  }
  if (desired.to === "absent") {
    if (!isOurs || !desired.deleteData) return [];
    return [
      { ...facts(desired, "its data is deleted"), hazards: ["deletes-data"], verb: "delete", volume: ownOf(desired) },
    ];
  }
  if (observed === undefined) return [{ ...facts(desired, "not found"), verb: "create", desired }];
  if (!isOurs) {
    const { twin } = observed;
    const error = twin === undefined ? nameTaken(desired) : takenByTwin("volume", desired, twin, desired.project);
    return [refuse(desired, error)];
  }
  const drift = driftOfVolume(desired.spec, observed.facts);
  return drift.length === 0 ? [] : [refuse(desired, changed(desired, drift))];
}

const ownOf = ({ name, id }: DesiredVolume): OwnVolume => ({ name, resource: id });

const facts = ({ id, dependsOn, place }: DesiredVolume, reason: string) =>
  ({ kind: "volume", id, dependsOn, reason, hazards: [], place }) as const;

const refuse = (desired: DesiredVolume, error: ErrorFacts): VolumeAction => ({
  ...facts(desired, error.what),
  verb: "refuse",
  error,
});

const changed = ({ name, place }: DesiredVolume, drift: readonly Drift[]): ErrorFacts => ({
  code: "VOLUME_CHANGED",
  what: `volume "${name}" holds data with other settings: ${summarise(drift)}`,
  where: place,
  next: `put the settings back, or give the volume another \`name:\` and copy the data over; what is in it may go with: docker volume rm ${name}`,
});

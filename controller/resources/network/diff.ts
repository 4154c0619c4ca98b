import { summarise } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import { externalMissing, nameTaken } from "../../core/foreign-objects.ts";
import { resourceId, nameOf, type ResourceId } from "../../core/id.ts";
import { takenByTwin } from "../../core/twin.ts";
import { driftOfNetwork } from "./fields.ts";
import type { DesiredNetwork, NetworkAction, ObservedNetwork, OwnNetwork } from "./model.ts";

export function diff(
  desired: readonly DesiredNetwork[],
  observed: readonly ObservedNetwork[],
): readonly NetworkAction[] {
  const wanted = new Set(desired.map(({ id }) => id));
  const isTidying = desired.some(({ to }) => to === "as-is");
  return [
    ...desired.flatMap((network) => diffOne(network, observed)),
    ...observed
      .filter(({ resource }) => resource !== undefined && !wanted.has(resource))
      .flatMap((one) => orphan(one, observed, isTidying)),
  ];
}

function diffOne(desired: DesiredNetwork, observed: readonly ObservedNetwork[]): readonly NetworkAction[] {
  if (desired.to === "as-is") return [];
  const ours = observed.filter(({ resource }) => resource === desired.id);
  if (desired.isExternal) {
    const isThere = observed.some(({ facts }) => facts.name === desired.name);
    return isThere || desired.to === "absent" ? [] : [refuse(desired, externalMissing("network", desired))];
  }
  if (desired.to === "absent")
    return ours.map((one, index) =>
      remove(one, idOf(desired.id, one, index === 0), "removed with its environment", desired),
    );

  const foreign = observed.find(({ resource, facts }) => resource === undefined && facts.name === desired.name);
  if (foreign !== undefined) {
    const { twin } = foreign;
    const error =
      twin === undefined
        ? nameTaken("network", desired, otherName)
        : takenByTwin("network", desired, twin, desired.project);
    return [refuse(desired, error)];
  }
  const [kept, ...others] = ours.toSorted(
    (a, b) => rank(desired, b) - rank(desired, a) || (a.facts.id < b.facts.id ? -1 : 1),
  );
  if (kept === undefined) {
    return [{ ...facts(desired, "not found"), verb: "create", desired }];
  }
  return [
    ...diffKept(desired, kept),
    ...others.map((one): NetworkAction => ({
      ...remove(one, idOf(desired.id, one, false), "there is another one of it", desired),
      into: kept.facts.id,
    })),
  ];
}

/** Which of several is kept: the one that is as it should be, then the one that most containers are on. */
const rank = (
  { config, name }: DesiredNetwork,
  { facts: { name: seen }, config: made, members }: ObservedNetwork,
): number => (made === config ? 1_000_000 : 0) + (seen === name ? 100_000 : 0) + members.length;

function diffKept(desired: DesiredNetwork, kept: ObservedNetwork): readonly NetworkAction[] {
  const isRenamed = kept.facts.name !== desired.name;
  if (kept.config === desired.config && !isRenamed) return [];
  const foreign = kept.members.filter(({ isOurs }) => !isOurs);
  if (foreign.length > 0)
    return [
      refuse(
        desired,
        inUse(
          desired,
          foreign.map(({ name }) => name),
        ),
      ),
    ];
  const drift = driftOfNetwork(desired.spec, kept.facts);
  const changes = drift.length === 0 && !isRenamed ? "configuration changed" : summarise(drift);
  const reason = [isRenamed ? `name ${kept.facts.name} → ${desired.name}` : "", changes, moved(kept)].filter(
    (part) => part !== "",
  );
  return [
    {
      ...facts(desired, reason.join("; ")),
      hazards: kept.members.length === 0 ? [] : ["downtime"],
      verb: "replace",
      desired,
      old: ownOf(kept),
    },
  ];
}

const moved = ({ members }: ObservedNetwork): string =>
  members.length === 0
    ? ""
    : `reconnects ${members
        .map(({ name }) => name)
        .sort()
        .join(", ")}`;

/**
 * What others still use stays until they have left: they are not ours to cut off. Where everything else stays as it is, our
 * own containers stay on it, too.
 */
function orphan(
  network: ObservedNetwork,
  observed: readonly ObservedNetwork[],
  isTidying: boolean,
): readonly NetworkAction[] {
  const { resource, members } = network;
  if (resource === undefined || members.some(({ isOurs }) => isTidying || !isOurs)) return [];
  const isOnly = observed.filter((other) => other.resource === resource).length === 1;
  return [remove(network, idOf(resource, network, isOnly), "no longer in the files")];
}

const remove = (
  network: ObservedNetwork,
  id: ResourceId,
  reason: string,
  desired?: DesiredNetwork,
): Extract<NetworkAction, { readonly verb: "delete" }> => ({
  kind: "network",
  verb: "delete",
  id,
  dependsOn: [],
  reason,
  hazards: [],
  ...(desired === undefined ? {} : { place: desired.place }),
  old: ownOf(network),
});

/** One action for each id: the engine's own id tells apart those that have one name. */
const idOf = (id: ResourceId, { facts: { id: engineId } }: ObservedNetwork, isOnly: boolean): ResourceId =>
  isOnly ? id : resourceId("network", `${nameOf(id)}@${engineId.slice(0, 12)}`);

const ownOf = ({ facts: { id, name }, members }: ObservedNetwork): OwnNetwork => ({ id, name, members });

const facts = ({ id, dependsOn, place }: DesiredNetwork, reason: string) =>
  ({ kind: "network", id, dependsOn, reason, hazards: [], place }) as const;

const refuse = (desired: DesiredNetwork, error: ErrorFacts): NetworkAction => ({
  ...facts(desired, error.what),
  verb: "refuse",
  error,
});

const otherName = "give the network another `name:`, call it `external: true`, or remove the one that is there";

const inUse = ({ name, place }: DesiredNetwork, others: readonly string[]): ErrorFacts => ({
  code: "ENGINE_OBJECT_IN_USE",
  what: `network "${name}" has to be made anew, and ${others.toSorted().join(", ")}, which is not of this environment, is on it`,
  where: place,
  next: `disconnect it first: docker network disconnect ${name} ${others[0] ?? ""}`,
});

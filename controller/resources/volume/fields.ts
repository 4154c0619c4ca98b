import { canonicalText } from "../../core/canonical.ts";
import { driftOf, type Drift } from "../../core/drift.ts";
import { userLabels } from "../../core/engine-labels.ts";
import type { VolumeFacts } from "../../core/ports/container-facts.ts";
import type { VolumeSpec } from "../../core/ports/container-spec.ts";
import type { Text } from "../../core/secret.ts";

export const configOf = (spec: VolumeSpec, hash: (text: Text) => string): string => hash(canonicalText(spec));

/** Mount options: the password of a network share may be among them. */
const unshown = new Set(["o"]);

/**
 * Where its data is differs from where the files say. Labels do not count: they cannot be changed, and are no reason to
 * part with data; {@link changedLabels} are told.
 */
export function driftOfVolume(spec: VolumeSpec, facts: VolumeFacts): readonly Drift[] {
  const wanted = new Map([["driver", spec.driver ?? "local"], ...(spec.driverOptions ?? [])]);
  const drift = driftOf(wanted, new Map([["driver", facts.driver], ...facts.driverOptions]));
  return drift.map((one) => (unshown.has(one.field) ? { ...one, from: "", to: "" } : one));
}

/** Names only: a value may come from the shell or an env file. */
export const changedLabels = (spec: VolumeSpec, facts: VolumeFacts): readonly string[] =>
  driftOf(userLabels(spec.labels), userLabels(facts.labels)).map(({ field }) => field);

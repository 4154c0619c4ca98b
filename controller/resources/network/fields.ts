import { userLabels } from "../../core/engine-labels.ts";
import { canonicalText } from "../../core/canonical.ts";
import type { NetworkFacts } from "../../core/ports/container-facts.ts";
import type { AddressPool, NetworkSpec } from "../../core/ports/container-spec.ts";
import { driftOf, type Drift } from "../../core/drift.ts";
import type { Text } from "../../core/secret.ts";

/** The hash that stands in the label: a network cannot be changed, so nothing but another wish makes it differ. */
export const configOf = (spec: NetworkSpec, hash: (text: Text) => string): string => hash(canonicalText(spec));

/** What differs, in the fields that the files speak of: an engine adds addresses and options of its own. */
export function driftOfNetwork(spec: NetworkSpec, facts: NetworkFacts): readonly Drift[] {
  const wanted = new Map<string, string>();
  const seen = new Map<string, string>();
  const compare = (field: string, to: string, from: string | undefined): void => {
    wanted.set(field, to);
    if (from !== undefined) seen.set(field, from);
  };
  compare("driver", spec.driver ?? "bridge", facts.driver);
  compare("internal", String(spec.internal ?? false), String(facts.isInternal));
  compare("attachable", String(spec.attachable ?? false), String(facts.isAttachable));
  compare("ipv6", String(spec.ipv6 ?? false), String(facts.hasIpv6));
  if (spec.ipv4 !== undefined) compare("ipv4", String(spec.ipv4), String(facts.hasIpv4));
  for (const [name, value] of spec.driverOptions ?? []) compare(name, value, facts.driverOptions.get(name));
  const pools = spec.addresses?.pools ?? [];
  if (pools.length > 0) compare("addresses", poolsText(pools), poolsText(likeAsked(facts.pools, pools)));
  const labels = userLabels(facts.labels);
  for (const [name, value] of spec.labels) compare(`label ${name}`, value, labels.get(name));
  for (const [name, value] of labels) if (!spec.labels.has(name)) seen.set(`label ${name}`, value);
  return driftOf(wanted, seen);
}

const poolsText = (pools: readonly AddressPool[]): string =>
  pools.map(({ subnet, gateway, range }) => [subnet, gateway, range].filter(Boolean).join(" ")).join(", ");

/** The engine chooses a gateway where none was asked for. */
const likeAsked = (pools: readonly AddressPool[], asked: readonly AddressPool[]): readonly AddressPool[] =>
  pools.map((pool, index) => {
    const { subnet, gateway, range } = asked[index] ?? {};
    return {
      ...(subnet === undefined || pool.subnet === undefined ? {} : { subnet: pool.subnet }),
      ...(gateway === undefined || pool.gateway === undefined ? {} : { gateway: pool.gateway }),
      ...(range === undefined || pool.range === undefined ? {} : { range: pool.range }),
    };
  });

import { keyedHash, type Text } from "../../../controller/core/secret.ts";
import { ownerMark, type EngineProject } from "../../../controller/core/engine-labels.ts";
import { resourceId, type ResourceId } from "../../../controller/core/id.ts";
import { renderActions } from "../../../controller/core/render.ts";
import type { ContainerDetails, ContainerSummary } from "../../../controller/core/ports/container-facts.ts";
import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import { configLabels, configOf, hooksKey } from "../../../controller/resources/container/config.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import type {
  ContainerAction,
  DesiredContainer,
  Need,
  ObservedContainer,
} from "../../../controller/resources/container/model.ts";

export const token = "0123456789abcdef0123456789abcdef";
const mark = ownerMark(token);
const hash = (text: Text): string => keyedHash(token, text);
export const place = { file: "compose.yaml", line: 3, column: 5 };
const project: EngineProject = {
  ...{ project: "app", environment: "dev", root: "/app", workingDirectory: "/app" },
  configFiles: ["/app/compose.yaml"],
};
export const oldImage = `sha256:${"1".repeat(64)}`;
export const newImage = `sha256:${"2".repeat(64)}`;

const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  image: "web:1",
  environment: new Map(),
  labels: new Map(),
  network: { mode: "networks", attachments: new Map([["app-dev_default", { aliases: ["web"] }]]) },
  ...{ ports: [], expose: [], mounts: [] },
  ...more,
});

export type Wish = Partial<Omit<DesiredContainer, "spec">> & { readonly spec?: Partial<ContainerSpec> };

export function desired({ spec: more, ...others }: Wish = {}): DesiredContainer {
  const { id = resourceId("container", "web"), files = [] } = others;
  const whole = spec(more);
  const hooks = hooksKey({ postStart: [], preStop: [], ...others }, hash);
  return {
    ...{
      id,
      service: "web",
      number: 1,
      name: nameFor(id),
      to: "running",
      files,
      spec: whole,
      image: resourceId("image", whole.image),
    },
    config: configOf(whole, files, hash),
    ...{ needs: [], sharesWith: [], postStart: [], preStop: [], runs: "always", project, dependsOn: [], place },
    acceptance: { stableMs: 5_000, limitMs: 300_000 },
    ...(hooks === undefined ? {} : { hooks }),
    ...others,
  };
}

export const nameFor = (id: ResourceId): string => `app-dev-${id.slice("container:".length).replace(".", "-")}-1`;

/** A container that was made from this wish. */
export function observed(
  from: DesiredContainer = desired(),
  more: Partial<ContainerSummary> = {},
  facts: Partial<ObservedContainer> = {},
): ObservedContainer {
  return {
    resource: from.id,
    wantedImageId: oldImage,
    ...facts,
    summary: {
      ...{ id: `${from.name}-id`, names: [from.name], imageId: oldImage, imageReference: from.spec.image },
      labels: labelsFor(from),
      ...{ state: "running", health: undefined, exitCode: undefined, upMs: 60_000, createdAt: new Date(0) },
      networks: new Map([
        ["app-dev_default", { id: "n1", aliases: ["web"], address: undefined, macAddress: undefined }],
      ]),
      ...{ ports: [], mounts: [] },
      ...more,
    },
  };
}

export const labelsFor = (from: DesiredContainer): ReadonlyMap<string, string> =>
  new Map([
    ["io.poststack.owner", mark],
    ["io.poststack.resource", from.id],
    ["io.poststack.config", from.config.fixed],
    ...configLabels(from.config),
  ]);

/** What an inspect call would tell of it. */
export const details = (from: DesiredContainer, more: Partial<ContainerDetails> = {}): ContainerDetails => ({
  ...{ id: `${from.name}-id`, name: from.name, imageId: oldImage, state: "running", spec: from.spec, exitCode: 0 },
  ...{ createdAt: new Date(0), startedAt: new Date(0), finishedAt: undefined, wasOomKilled: false, pid: 1 },
  ...{ startError: undefined, restartCount: 0, health: undefined, healthOutput: undefined, ports: [], mounts: [] },
  ...{ networks: new Map(), attachments: new Map() },
  ...more,
});

/** One that was made from `before`, while the files ask for `after` now: as observe finds it. */
export function changed(before: Wish, after: Wish): readonly [DesiredContainer[], ObservedContainer[]] {
  const old = desired(before);
  const facts = { details: details(old), changesInPlace: inPlace };
  return [[desired(after)], [observed(old, {}, facts)]];
}

export const inPlace = new Set([
  ...(["restart", "nanoCpus", "cpuShares", "cpuset", "memoryBytes", "memorySwapBytes", "pidsLimit"] as const),
]);

export const need = (name: string, more: Partial<Need> = {}): Need => ({
  ...{ id: resourceId("container", name), name: nameFor(resourceId("container", name)) },
  ...{ condition: "started", required: true, restart: false },
  ...more,
});

export const foreign = (more: Partial<ContainerSummary>): ObservedContainer => {
  const { summary } = observed();
  return { summary: { ...summary, labels: new Map(), ...more } };
};

export const rendered = (
  wishes: readonly DesiredContainer[],
  seen: readonly ObservedContainer[],
  ...changing: readonly ResourceId[]
): string => renderActions(diff(wishes, seen, new Set(changing)));

export const actionOf = <V extends ContainerAction["verb"]>(
  verb: V,
  wishes: readonly DesiredContainer[],
  seen: readonly ObservedContainer[],
): Extract<ContainerAction, { readonly verb: V }> => {
  const found = diff(wishes, seen).find((action) => action.verb === verb);
  if (found === undefined) throw new Error(`no ${verb} in: ${rendered(wishes, seen)}`);
  return found as Extract<ContainerAction, { readonly verb: V }>;
};

import { describe, expect, test } from "vitest";
import { labelNames, ownerMark } from "../../../controller/core/engine-labels.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { VolumeFacts } from "../../../controller/core/ports/container-facts.ts";
import type { VolumeSpec } from "../../../controller/core/ports/container-spec.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { apply } from "../../../controller/resources/volume/apply.ts";
import { diff, held } from "../../../controller/resources/volume/diff.ts";
import type { DesiredVolume, ObservedVolume } from "../../../controller/resources/volume/model.ts";
import { observe } from "../../../controller/resources/volume/observe.ts";

const token = "0123456789abcdef";
const { signal } = new AbortController();
const place = { file: "compose.yaml", line: 1, column: 1 };
const project = { project: "app", environment: "dev", root: "/app", workingDirectory: "/app", configFiles: [] };
const id = resourceId("volume", "data");

const desired = (more: Partial<DesiredVolume> = {}): DesiredVolume => ({
  ...{ id, name: "app-dev_data", key: "data", to: "present", deleteData: false, isExternal: false },
  ...{ spec: { labels: new Map() }, config: "c", project, dependsOn: [], place },
  ...more,
});
const facts = (more: Partial<VolumeFacts> = {}): VolumeFacts => ({
  ...{ name: "app-dev_data", labels: new Map(), driver: "local", driverOptions: new Map() },
  ...{ mountpoint: "/data", createdAt: undefined },
  ...more,
});
const ours = (more: Partial<VolumeFacts> = {}): ObservedVolume => ({ facts: facts(more), resource: id });
const nfs = (o: string): Partial<DesiredVolume> => ({
  spec: {
    labels: new Map(),
    driverOptions: new Map([
      ["type", "nfs"],
      ["o", o],
    ]),
  },
});

test.each<readonly [string, readonly DesiredVolume[], readonly ObservedVolume[], string]>([
  ["one that is there needs nothing", [desired()], [ours()], ""],
  ["one that is not there is made", [desired()], [], "create volume:data  not found"],
  ["no longer in the files: it stays, with its data", [], [ours()], ""],
  ["to be absent without leave for the data", [desired({ to: "absent" })], [ours()], ""],
  [
    "to be absent with leave",
    [desired({ to: "absent", deleteData: true })],
    [ours()],
    "delete volume:data  its data is deleted  [deletes-data]",
  ],
  ["not ours, to be absent with leave", [desired({ to: "absent", deleteData: true })], [{ facts: facts() }], ""],
  ["external, to be absent with leave", [desired({ to: "absent", deleteData: true, isExternal: true })], [ours()], ""],
  [
    "the name belongs to somebody else",
    [desired()],
    [{ facts: facts() }],
    'refuse volume:data  a volume "app-dev_data" is there already, and Poststack did not make it for this environment',
  ],
  [
    "the name belongs to a copy of the project",
    [desired()],
    [{ facts: facts(), twin: { folder: "/copy" } }],
    'refuse volume:data  volume "app-dev_data" belongs to dev of the same project in /copy',
  ],
  [
    "of another volume of ours",
    [desired()],
    [{ facts: facts(), resource: resourceId("volume", "other") }],
    'refuse volume:data  a volume "app-dev_data" is there already, and Poststack did not make it for this environment',
  ],
  [
    "another driver: it is not made anew",
    [desired({ spec: { labels: new Map(), driver: "nfs" } })],
    [ours()],
    'refuse volume:data  volume "app-dev_data" holds data with other settings: driver local → nfs',
  ],
  [
    "other options, and a password is not shown",
    [desired(nfs("password=new"))],
    [
      ours({
        driverOptions: new Map([
          ["type", "nfs"],
          ["o", "password=old"],
        ]),
      }),
    ],
    'refuse volume:data  volume "app-dev_data" holds data with other settings: o changed',
  ],
  [
    "another label is no reason to part with data",
    [desired({ spec: { labels: new Map([["a", "b"]]) } })],
    [ours()],
    "",
  ],
  ["an external one that is there", [desired({ isExternal: true })], [{ facts: facts() }], ""],
  [
    "an external one that is not",
    [desired({ isExternal: true })],
    [],
    'refuse volume:data  there is no volume "app-dev_data", which the files call external',
  ],
])("%s", (_name, wishes, seen, expected) => {
  expect(renderActions(diff(wishes, seen))).toBe(expected);
});

const labelled = (...labels: readonly (readonly [string, string])[]): { readonly labels: VolumeSpec["labels"] } => ({
  labels: new Map(labels),
});
const own = [
  [labelNames.resource, id],
  ["com.docker.compose.volume", "data"],
] as const;

test.each<readonly [string, DesiredVolume, readonly ObservedVolume[], string | undefined]>([
  [
    "those of the files",
    desired({ spec: labelled(["team", "a"]) }),
    [ours(labelled(["team", "a"], ...own))],
    undefined,
  ],
  ["others", desired({ spec: labelled(["team", "a"]) }), [ours(labelled(["team", "b"], ...own))], "team"],
  [
    "more and fewer",
    desired({ spec: labelled(["team", "a"]) }),
    [ours(labelled(["stage", "b"], ...own))],
    "stage, team",
  ],
  ["there is none yet", desired({ spec: labelled(["team", "a"]) }), [], undefined],
  ["it goes", desired({ spec: labelled(["team", "a"]), to: "absent", deleteData: true }), [ours()], undefined],
  ["it is external", desired({ spec: labelled(["team", "a"]), isExternal: true }), [ours()], undefined],
  ["it is not ours", desired({ spec: labelled(["team", "a"]) }), [{ facts: facts() }], undefined],
])("labels of a volume: %s", (_name, wish, seen, names) => {
  const reason = `labels changed (${names}): a volume keeps those that it was made with`;
  expect(held([wish], seen)).toEqual(names === undefined ? [] : [{ id, reason }]);
});

function stage(...there: readonly VolumeFacts[]) {
  const volumes = [...there];
  const engine = {
    volumes: () => Promise.resolve(volumes),
    createVolume: (name: string, { labels }: VolumeSpec) => {
      const found = volumes.find((one) => one.name === name) ?? facts({ name, labels });
      if (!volumes.includes(found)) volumes.push(found);
      return Promise.resolve(found);
    },
    removeVolume: (name: string) => {
      volumes.splice(
        volumes.findIndex((one) => one.name === name),
        1,
      );
      return Promise.resolve();
    },
  };
  const state = { read: () => ({ owner: token }) };
  return { volumes, ports: { containers: engine, state, server: { fence: () => 1 } } as unknown as Ports };
}

const only = (wish: DesiredVolume, seen: readonly ObservedVolume[] = []) => {
  const [action] = diff([wish], seen);
  if (action === undefined) throw new Error("nothing to do");
  return action;
};

describe("on an engine", () => {
  test("what was made is found again; twice is as good as once", async () => {
    const { ports, volumes } = stage();
    for (const _ of [1, 2]) await apply(only(desired()), ports, signal);
    expect(volumes).toHaveLength(1);
    expect(Object.fromEntries(volumes[0]?.labels ?? [])).toMatchObject({ "com.docker.compose.volume": "data" });
    expect(diff([desired()], await observe([desired()], ports, signal))).toEqual([]);
  });

  test("somebody else's, made between looking and doing, is noticed by its labels", async () => {
    const { ports, volumes } = stage(facts());
    await expect(apply(only(desired()), ports, signal)).rejects.toMatchObject({ code: "NAME_TAKEN" });
    expect(volumes).toEqual([facts()]);
  });

  test("one that was exchanged between looking and doing survives the removal", async () => {
    const { ports, volumes } = stage(facts());
    const wish = desired({ to: "absent", deleteData: true });
    await expect(apply(only(wish, [ours()]), ports, signal)).rejects.toMatchObject({ code: "NAME_TAKEN" });
    expect(volumes).toEqual([facts()]);
  });

  test("ours goes, and once it is gone that is success", async () => {
    const labels = new Map([
      [labelNames.owner, ownerMark(token)],
      [labelNames.resource, "volume:data"],
    ]);
    const { ports, volumes } = stage(facts({ labels }));
    const removal = only(desired({ to: "absent", deleteData: true }), [ours()]);
    await apply(removal, ports, signal);
    expect(volumes).toEqual([]);
    expect(await apply(removal, ports, signal)).toEqual({ note: "gone already" });
  });
});

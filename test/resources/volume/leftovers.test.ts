import { expect, test } from "vitest";
import { labelNames, ownerMark } from "../../../controller/core/engine-labels.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { apply } from "../../../controller/resources/volume/apply.ts";
import { diff } from "../../../controller/resources/volume/diff.ts";
import type { VolumeLeftovers } from "../../../controller/resources/volume/model.ts";
import { observe } from "../../../controller/resources/volume/observe.ts";
import { virtualClock } from "../../support/fake-clock.ts";
import { fakeEngine } from "../../support/fake-engine.ts";

const token = "0123456789abcdef";
const { signal } = new AbortController();

const labelled = (owner: string, resource: string): ReadonlyMap<string, string> =>
  new Map([
    [labelNames.owner, ownerMark(owner)],
    [labelNames.resource, resource],
  ]);

/** Volumes of ours, one of them mounted, and one of somebody else. */
async function stage() {
  const engine = fakeEngine({ clock: virtualClock() });
  const ports = { containers: engine, state: { read: () => ({ owner: token }) } } as unknown as Ports;
  for (const key of ["data", "old", "used"])
    await engine.createVolume(`app_${key}`, { labels: labelled(token, `volume:${key}`) }, signal);
  await engine.createVolume("theirs", { labels: labelled("another-environment", "volume:data") }, signal);
  await engine.createVolume("nobodys", { labels: new Map() }, signal);
  engine.addImage("web:1");
  await engine.createContainer(
    "web",
    {
      ...{ image: "web:1", environment: new Map(), labels: labelled(token, "container:web") },
      ...{ ports: [], expose: [], network: { mode: "none" } },
      mounts: [{ type: "volume", name: "app_used", target: "/data", readOnly: false }],
    },
    signal,
  );
  const wish = (more: Partial<VolumeLeftovers>): VolumeLeftovers => ({
    ...{ id: resourceId("volume", "leftovers"), keep: [], deleteData: true, ownContainersGo: false, dependsOn: [] },
    ...more,
  });
  const plan = async (more: Partial<VolumeLeftovers>) => diff([wish(more)], await observe([wish(more)], ports, signal));
  return { engine, ports, plan };
}

const line = (name: string): string =>
  `delete volume:${name}  no container uses it; its data is deleted  [deletes-data]`;

test.each<[string, Partial<VolumeLeftovers>, readonly string[]]>([
  ["what no container mounts goes", {}, ["app_data", "app_old"]],
  ["without the leave to delete data nothing does", { deleteData: false }, []],
  ["what is to be kept stays", { keep: ["app_data"] }, ["app_old"]],
  ["where our containers go, so does what they mount", { ownContainersGo: true }, ["app_data", "app_old", "app_used"]],
])("%s", async (_name, more, expected) => {
  const { engine, ports, plan } = await stage();
  const actions = await plan(more);
  expect(renderActions(actions)).toBe(expected.map(line).join("\n"));
  if (more.ownContainersGo === true) return;
  for (const action of actions) await apply(action, ports, signal);
  const left = (await engine.volumes(signal)).map(({ name }) => name);
  expect(left).toEqual(
    ["app_data", "app_old", "app_used", "theirs", "nobodys"].filter((one) => !expected.includes(one)),
  );
  expect(await plan(more)).toEqual([]);
});

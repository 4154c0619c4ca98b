import { expect, test } from "vitest";
import { labelNames, ownerMark } from "../../../controller/core/engine-labels.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { apply } from "../../../controller/resources/image/apply.ts";
import { diff } from "../../../controller/resources/image/diff.ts";
import type { ImageLeftovers } from "../../../controller/resources/image/model.ts";
import { observe } from "../../../controller/resources/image/observe.ts";
import { virtualClock } from "../../support/fake-clock.ts";
import { fakeEngine } from "../../support/fake-engine.ts";

const token = "0123456789abcdef";
const { signal } = new AbortController();

const wish = (more: Partial<ImageLeftovers> = {}): ImageLeftovers => ({
  ...{ id: resourceId("image", "leftovers"), keep: [], ownContainersGo: false, dependsOn: [] },
  ...more,
});

const labelled = (owner: string, resource: string, environment?: string): ReadonlyMap<string, string> =>
  new Map([
    [labelNames.owner, ownerMark(owner)],
    [labelNames.resource, resource],
    ...(environment === undefined ? [] : [["io.poststack.environment", environment] as const]),
  ]);

/** An engine with images of ours and of others. */
async function stage() {
  const engine = fakeEngine({ clock: virtualClock() });
  const ports = { containers: engine, state: { read: () => ({ owner: token }) } } as unknown as Ports;
  const build = async (reference: string, owner = token, environment?: string): Promise<string> => {
    const labels = labelled(owner, `image:${reference}`, environment);
    const { id } = await engine.buildImage({ references: [reference], context: "/app", labels }, signal);
    return id;
  };
  const run = (name: string, image: string, owner = token): Promise<unknown> => {
    const spec: ContainerSpec = {
      ...{ image, environment: new Map(), labels: labelled(owner, `container:${name}`) },
      ...{ ports: [], expose: [], mounts: [], network: { mode: "none" } },
    };
    return engine.createContainer(name, spec, signal);
  };
  const plan = async (asked = wish()) => diff([asked], await observe([asked], ports, signal));
  const lines = async (asked?: ImageLeftovers) =>
    renderActions(await plan(asked)).replaceAll(/sha256:[0-9a-f]+/g, "sha256:…");
  return { engine, ports, build, run, plan, lines };
}

test("what we built and nothing uses goes, the build before it, too; nothing else does", async () => {
  const { engine, ports, build, plan, lines } = await stage();
  await build("app-web");
  await build("app-web");
  await build("theirs", "another-environment");
  engine.addImage("redis:7");
  expect(await lines()).toBe("delete image:sha256:…  an earlier build, and unused\ndelete image:app-web  unused");
  for (const action of await plan()) await apply(action, ports, signal);
  expect((await engine.images(signal)).flatMap(({ references }) => references)).toEqual(["theirs", "redis:7"]);
  expect(await lines()).toBe("");
});

test.each<[string, Partial<ImageLeftovers>, string]>([
  ["one that a stopped container was made from stays", {}, ""],
  ["it goes where the environment's containers go, too", { ownContainersGo: true }, "delete image:app-web  unused"],
])("%s", async (_name, more, expected) => {
  const { build, run, lines } = await stage();
  await build("app-web", token, "dev");
  await run("web", "app-web");
  expect(await lines(wish(more))).toBe(expected);
});

test("what was built for the project stays where one environment of it goes", async () => {
  const { build, run, lines } = await stage();
  await build("poststack/base-debian");
  await build("app-web", token, "dev");
  await run("web", "app-web");
  expect(await lines(wish({ ownContainersGo: true }))).toBe("delete image:app-web  unused");
});

test("one that somebody else's container uses stays, whatever goes", async () => {
  const { build, run, lines } = await stage();
  await build("app-web");
  await run("other", "app-web", "another-environment");
  expect(await lines(wish({ ownContainersGo: true }))).toBe("");
});

test("one that the files name stays, under any spelling of its name", async () => {
  const { build, lines } = await stage();
  await build("app-web");
  expect(await lines(wish({ keep: ["docker.io/library/app-web:latest"] }))).toBe("");
});

test("an image that got another name meanwhile keeps it", async () => {
  const { engine, ports, build, plan } = await stage();
  const id = await build("app-web");
  const [action] = await plan();
  await engine.tagImage(id, "saved:1", signal);
  if (action !== undefined) await apply(action, ports, signal);
  expect((await engine.images(signal)).flatMap(({ references }) => references)).toEqual(["saved:1"]);
});

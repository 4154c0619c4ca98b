import { expect, onTestFinished, test } from "vitest";
import type { ContainerEngine } from "../../../controller/core/ports/containers.ts";
import { bare } from "./fields.ts";
import { json, scripted } from "./scripted.ts";

const { signal } = new AbortController();
const annotated = (engine: ContainerEngine): Promise<unknown> =>
  engine.createContainer("web", { ...bare("i", new Map()), annotations: new Map([["a", "b"]]) }, signal);
const withoutIpv4 = (engine: ContainerEngine): Promise<unknown> =>
  engine.createNetwork("front", { labels: new Map(), ipv4: false }, signal);

test.each<[string, string, string, (engine: ContainerEngine) => Promise<unknown>, string, string]>([
  [
    ...(["Docker 20.10", "1.41", "Docker/20.10.24 (linux)", annotated] as const),
    "creating container web: annotations needs an engine with API version 1.43; this one has 1.41",
    "use a newer engine, or leave it out",
  ],
  [
    ...(["Podman 5.8, which offers more than is spoken with it", "1.44", "Libpod/5.8.6 (linux)", annotated] as const),
    "creating container web: Podman is not asked for annotations: API version 1.41, which is spoken with every Podman, is older",
    "leave it out, or use Docker with API version 1.43 or newer",
  ],
  [
    ...(["Podman 4.3", "1.41", "Libpod/4.3.1 (linux)", withoutIpv4] as const),
    "creating network front: Podman is not asked for a network without IPv4: API version 1.41, which is spoken with every Podman, is older",
    "leave it out, or use Docker with API version 1.48 or newer",
  ],
])("%s is asked for nothing that it would leave out in silence", async (_, offered, server, ask, what, next) => {
  const one = await scripted((_request, response) => json(response, {}), { "api-version": offered, server });
  onTestFinished(() => one.close());
  await expect(ask(one.engine)).rejects.toMatchObject({ facts: { code: "ENGINE_LACKS", what, next } });
  expect(one.requests).toEqual([]);
});

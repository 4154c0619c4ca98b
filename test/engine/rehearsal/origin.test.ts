import { expect, test } from "vitest";
import type { EnginePorts } from "../../../controller/engine/converge.ts";
import type { Seen } from "../../../controller/engine/look.ts";
import { originOf } from "../../../controller/engine/rehearsal/origin.ts";
import { virtualClock } from "../../support/fake-clock.ts";
import { fakeEngine } from "../../support/fake-engine.ts";

const running = `sha256:${"a".repeat(64)}`;
const pulled = `sha256:${"b".repeat(64)}`;
const nameless = `sha256:${"c".repeat(64)}`;

const server = { image: "docker.io/library/postgres:17" };

test.each<[when: string, instance: object, observed: object, told: object, insteadOf?: string]>([
  ["the server is embedded", {}, {}, {}],
  [
    "one runs: of its very image, also where the name has gone to a newer one",
    { container: server },
    { current: { imageId: running }, wantedImageId: pulled },
    { image: "postgres:old" },
  ],
  [
    "its image has lost its name",
    { container: server },
    { current: { imageId: nameless }, wantedImageId: pulled },
    { image: "sha256:cccccccccccc" },
  ],
  [
    "nothing runs yet: of the one that the files name",
    { container: server },
    { wantedImageId: pulled },
    { image: server.image },
  ],
  [
    "the image of the container was removed from under it",
    { container: server },
    { current: { imageId: `sha256:${"d".repeat(64)}` }, wantedImageId: pulled },
    { image: server.image },
  ],
  [
    "no image is there",
    { container: server },
    {},
    {},
    "image docker.io/library/postgres:17 is not here yet, and nothing is fetched for a rehearsal",
  ],
])("%s", async (_when, instance, container, told, insteadOf) => {
  const clock = virtualClock();
  const containers = fakeEngine({ clock });
  containers.addImage("postgres:old", {}, running);
  containers.addImage("postgres:17", {}, nameless);
  containers.addImage("postgres:17", {}, pulled);
  const seen = {
    desired: { resources: { instance: [instance] } },
    observation: { observed: { instance: [{ container }] } },
  } as unknown as Seen;
  const temporarily = (): Promise<never> => Promise.reject("made from programs");
  const ports = { clock, containers, embedded: { temporarily } } as unknown as EnginePorts;
  const { signal } = new AbortController();
  const origin = await originOf(seen, ports, signal);
  expect(origin.told).toEqual(told);
  expect(origin.insteadOf).toBe(insteadOf);
  const used = origin.withServer(17, AbortSignal.abort("on a container"), () => Promise.resolve());
  await expect(used).rejects.toBe("image" in told ? "on a container" : "made from programs");
  expect(containers.writes).toEqual([]);
});

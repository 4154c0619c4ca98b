import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { ContainerEngine } from "../../../controller/core/ports/containers.ts";
import { bare } from "./fields.ts";
import { json, scripted, type Scripted } from "./scripted.ts";

// A container that is on its way: its name is not free yet, and it is nobody's fault. The answers are those of Docker 20.10
// to a name of a container whose removal was held up.

const { signal } = new AbortController();
const open: Scripted[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  says?: Readonly<Record<string, string>>,
): Promise<Scripted> {
  const one = await scripted(answer, says);
  open.push(one);
  return one;
}

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof PoststackError ? [error.code, error.message] : error),
  );

const conflict = `Conflict. The container name "/web" is already in use by container "1e4e". You have to remove (or rename) that container to be able to reuse that name.`;
const asking: readonly (readonly [string, (engine: ContainerEngine) => Promise<unknown>])[] = [
  ["a create", (engine) => engine.createContainer("web", bare("i", new Map()), signal)],
  ["a rename", (engine) => engine.renameContainer("c", "web", signal)],
];
const holders: readonly (readonly [string, number, object, unknown])[] = [
  [
    "that is being removed",
    200,
    { State: { Status: "removing" } },
    ["ENGINE_BUSY", 'the engine is still removing the container that has the name "web"'],
  ],
  [
    "that the engine knows by no name any more",
    404,
    { message: "No such container: web" },
    ["ENGINE_BUSY", 'the name "web" is not free, and no container has it: the engine is removing or making one'],
  ],
  [
    "that stays",
    200,
    { State: { Status: "exited" } },
    ["NAME_TAKEN", expect.stringContaining("already in use by container")],
  ],
  [
    "that could not be removed",
    200,
    { State: { Status: "dead" } },
    ["NAME_TAKEN", expect.stringContaining("already in use by container")],
  ],
];
test.each(asking.flatMap(([what, ask]) => holders.map((holder) => [what, ...holder, ask] as const)))(
  "%s under the name of a container %s",
  async (_what, _holder, status, said, expected, ask) => {
    const { engine } = await start((request, response) =>
      request.method === "GET" ? json(response, said, status) : json(response, { message: conflict }, 409),
    );
    expect(await outcome(ask(engine))).toEqual(expected);
  },
);

// As Podman 4.3.1 says it, once a creation that was killed had left its storage.
const podman = { "api-version": "1.41", server: "Libpod/4.3.1 (linux)" };
const inUse = `container create: creating container storage: the container name "web" is already in use by c14e5af2415f. You have to remove that container to be able to reuse that name: that name is already in use`;
const external = "/v1.41/libpod/containers/json?all=true&external=true";
const left = (State: string, ageMs: number, name = "web"): object => ({
  Names: [name],
  State,
  Created: new Date(Date.now() - ageMs).toISOString(),
});
const aDayMs = 86_400_000;
const tells = (code: string, next: unknown): object => ({
  code,
  next,
  details: [expect.stringContaining("is already in use by c14e5af2415f")],
});
const isBusy = tells("ENGINE_BUSY", expect.stringContaining("run the same again"));
test.each<[string, readonly object[], object]>([
  [
    "storage of which no container is known",
    [left("storage", aDayMs)],
    tells("NAME_TAKEN", expect.stringMatching(/podman rm --storage web$/)),
  ],
  ["storage that is as young as a creation", [left("storage", 0)], isBusy],
  ["a container that has just been made", [left("created", aDayMs)], isBusy],
  ["nothing, and another name is kept", [left("storage", aDayMs, "other")], isBusy],
  ["nothing at all", [], isBusy],
])("Podman has no container of a taken name, and under it %s", async (_, listed, expected) => {
  const one = await start((request, response) => {
    if (request.method === "POST") return json(response, { message: inUse }, 500);
    return request.url === external
      ? json(response, listed)
      : json(response, { message: 'no container with name or ID "web" found: no such container' }, 404);
  }, podman);
  const making = one.engine.createContainer("web", bare("i", new Map()), signal);
  await expect(making).rejects.toMatchObject({ facts: expected });
});

test("a name that Docker lost hold of is told with its words, and with what frees it", async () => {
  const { engine } = await start((request, response) =>
    request.method === "GET"
      ? json(response, { message: "No such container: web" }, 404)
      : json(response, { message: conflict }, 409),
  );
  await expect(engine.createContainer("web", bare("i", new Map()), signal)).rejects.toMatchObject({
    facts: {
      code: "ENGINE_BUSY",
      details: [expect.stringContaining('already in use by container "1e4e"')],
      next: expect.stringContaining("restart"),
    },
  });
});

const remove = (engine: ContainerEngine): Promise<unknown> =>
  outcome(engine.removeContainer("c", { force: true, anonymousVolumes: false }, signal));

test("a removal that is going on is waited for: then its name is free", async () => {
  let finish = (): unknown => undefined;
  const one = await start((request, response) => {
    if (request.method === "DELETE")
      return json(response, { message: "removal of container c is already in progress" }, 409);
    return (finish = () => json(response, { Error: null, StatusCode: 137 }));
  });
  let ended: unknown;
  await one.engine.identify(signal);
  const removing = remove(one.engine).then((found) => (ended = found));
  while (one.requests.length < 2) await one.arrives();
  expect([one.requests.at(-1), ended]).toEqual(["POST /v1.41/containers/c/wait?condition=removed", undefined]);
  finish();
  expect(await removing).toBe("done");
});

test.each<[string, number, object, unknown]>([
  ["has ended meanwhile", 404, { message: "No such container: c" }, "done"],
  [
    "fails",
    200,
    { Error: { Message: "container c: driver overlay2 failed to remove root filesystem" }, StatusCode: 0 },
    ["ENGINE_BUSY", "removing container c: container c: driver overlay2 failed to remove root filesystem"],
  ],
])("a removal that was going on and %s", async (_, status, said, expected) => {
  const { engine } = await start((request, response) =>
    request.method === "DELETE"
      ? json(response, { message: "removal of container c is already in progress" }, 409)
      : json(response, said, status),
  );
  expect(await remove(engine)).toEqual(expected);
});

import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { containerEngine } from "../../../controller/adapters/containers.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { ContainerEngine } from "../../../controller/core/ports/containers.ts";
import { calls } from "./calls.ts";
import { bare } from "./fields.ts";
import { json, scripted, version, type Scripted } from "./scripted.ts";

const { signal } = new AbortController();
const open: Scripted[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const one of open.splice(0)) await one.close();
});

async function start(...parts: Parameters<typeof scripted>): Promise<Scripted> {
  const one = await scripted(...parts);
  open.push(one);
  return one;
}

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof PoststackError ? error.code : error),
  );

const none = new Map<string, string>();

test.each(calls)("an engine that takes %s and says nothing is given up in time", async (_, call, limitMs, code) => {
  const one = await start(() => undefined);
  // What is loaded on demand, and the version, come before time stands still.
  await one.engine.identify(signal);
  await import("../../../controller/adapters/containers/pull.ts");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const arrived = one.arrives();
  let ended: unknown;
  const ending = outcome(call(one.engine)).then((found) => (ended = found));
  await arrived;
  await vi.advanceTimersByTimeAsync(limitMs - 1);
  expect(ended).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  await ending;
  expect(ended).toBe(code);
});

test("a pull that says nothing more for two minutes is given up, and one that goes on is not", async () => {
  let say: (status: string) => unknown = () => undefined;
  const one = await start((_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    say = (status) => response.write(`${JSON.stringify({ id: "layer", status })}\n`);
    say("Downloading");
  });
  const told: string[] = [];
  let hear = (): void => undefined;
  const onProgress = (line: string): void => {
    told.push(line);
    hear();
  };
  const heard = (): Promise<void> => new Promise((resolve) => (hear = resolve));
  const first = heard();
  await one.engine.identify(signal);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let ended: unknown;
  const ending = outcome(one.engine.pullImage("i", { onProgress }, signal)).then((found) => (ended = found));
  await first;
  const second = heard();
  await vi.advanceTimersByTimeAsync(119_000);
  say("Pull complete");
  await second;
  await vi.advanceTimersByTimeAsync(119_000);
  expect(ended).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1_000);
  await ending;
  expect(ended).toBe("TIMEOUT");
  expect(told).toEqual(["i 0 of 1 layers", "i 1 of 1 layers"]);
});

test("a log that ends in the middle is given up, and one that is followed is not", async () => {
  const one = await start((_, response) => {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    response.write("2026-11-20T08:00:00.000000001Z first\n");
  });
  await one.engine.identify(signal);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const stop = new AbortController();
  const ends = [false, true].map(async (follow) => {
    const log = one.engine.logs("c", { follow }, stop.signal)[Symbol.asyncIterator]();
    expect((await log.next()).value).toMatchObject({ line: "first" });
    return await outcome(log.next());
  });
  const [read, followed] = ends.map((end, index) => end.then((found) => `${index} ${String(found)}`));
  const first = Promise.race([read, followed]);
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await first).toBe("0 ENGINE_UNREACHABLE");
  stop.abort(new Error("enough"));
  expect(await followed).toBe("1 Error: enough");
});

test("a signal ends a call at once, with its own reason", async () => {
  const one = await start(() => undefined);
  for (const [, call] of calls) {
    const given = new AbortController();
    const aborted = new Proxy(one.engine, {
      get:
        (engine, name) =>
        (...args: readonly unknown[]) => {
          const method = Reflect.get(engine, name) as (...all: readonly unknown[]) => Promise<unknown>;
          return method(...args.slice(0, -1), given.signal);
        },
    });
    const arrived = one.arrives();
    const ending = outcome(call(aborted));
    await arrived;
    const reason = new Error("enough");
    given.abort(reason);
    expect(await ending).toBe(reason);
  }
});

describe("a connection that breaks", () => {
  const cut = (request: IncomingMessage): unknown => request.socket.destroy();
  const half = (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('[{"Id":');
    setImmediate(() => response.destroy());
  };
  const notJson = (_: IncomingMessage, response: ServerResponse): unknown =>
    response.writeHead(200, { "content-type": "application/json" }).end('[{"Id":');

  test("nobody listens: nothing was sent", async () => {
    const environment = new Map([["DOCKER_HOST", "unix:///nowhere/docker.sock"]]);
    const engine = containerEngine({ environment, uid: 0, home: "/nowhere" });
    expect(await outcome(engine.startContainer("c", signal))).toBe("ENGINE_UNREACHABLE");
  });

  test.each([
    ["before an answer", cut],
    ["in the middle of an answer", half],
    ["with an answer that is cut off", notJson],
  ])("%s: what reads may be done again, of what writes nobody knows", async (_, answer) => {
    const one = await start(answer);
    expect(await outcome(one.engine.containers(signal))).toBe("ENGINE_UNREACHABLE");
    const create = one.engine.createContainer("c", bare("i", none), signal);
    expect(await outcome(create)).toBe("ENGINE_CONNECTION_LOST");
    // RELIABILITY 13: never resent blindly.
    expect(one.requests.filter((line) => line.startsWith("POST"))).toHaveLength(1);
  });

  test("a read is sent again, once, when a kept connection was closed meanwhile", async () => {
    let count = 0;
    const one = await start((request, response) => (++count === 1 ? cut(request) : json(response, [])));
    expect(await one.engine.containers(signal)).toEqual([]);
    expect(one.requests).toHaveLength(2);
  });
});

test("who it is is asked once, and a list is one call", async () => {
  const one = await start((_, response) => json(response, []));
  for (const _ of [1, 2, 3]) await one.engine.containers(signal);
  expect(one.requests).toEqual(Array.from({ length: 3 }, () => "GET /v1.41/containers/json?all=1"));
});

test.each<[string, Readonly<Record<string, string>>, string, path?: string]>([
  ["an older Docker", { "api-version": "1.40", server: "Docker/19.03.15 (linux)" }, "ENGINE_TOO_OLD"],
  ["an older Podman", { "api-version": "1.40", server: "Libpod/3.4.4 (linux)" }, "ENGINE_TOO_OLD"],
  ["something else", {}, "ENGINE_TOO_OLD"],
  ["a Podman whose API counts otherwise", { "api-version": "1.40", server: "Libpod/4.3.1 (linux)" }, "done"],
  ["a newer Docker", { ...version, "api-version": "1.99" }, "done", "/v1.51/"],
  ["a Podman that promises more", { "api-version": "1.44", server: "Libpod/5.8.6 (linux)" }, "done", "/v1.41/"],
])("%s", async (_, says, expected, path = "") => {
  const one = await start((__, response) => json(response, []), says);
  expect(await outcome(one.engine.containers(signal))).toBe(expected);
  expect(one.requests[0] ?? "").toContain(path);
});

test("objects that make no sense are objects that say nothing: the list goes on", async () => {
  const odd = [
    null,
    7,
    "text",
    [],
    {},
    { Id: 7, Names: "x", Labels: [1], State: {}, NetworkSettings: null, Ports: [null], Mounts: {} },
  ];
  const long = { Id: "x".repeat(1_000_000), Names: ["/long"], Status: "Up ".repeat(1_000) };
  const good = {
    Id: "good",
    Names: ["/good"],
    State: "running",
    Status: "Up 3 minutes (healthy)",
    Labels: { a: "b", bad: 7 },
  };
  const one = await start((request, response) =>
    json(response, request.url?.includes("/volumes") === true ? { Volumes: odd } : [...odd, long, good]),
  );
  const found = await one.engine.containers(signal);
  expect(found).toHaveLength(odd.length + 2);
  expect(found.at(-1)).toMatchObject({
    names: ["good"],
    health: "healthy",
    upMs: 180_000,
    labels: new Map([["a", "b"]]),
  });
  expect(await one.engine.networks(signal)).toHaveLength(odd.length + 2);
  expect(await one.engine.images(signal)).toHaveLength(odd.length + 2);
  expect(await one.engine.volumes(signal)).toHaveLength(odd.length);
  expect(await one.engine.inspectContainer("c", signal)).toMatchObject({ state: "unknown" });
});

test("a place in a network that an engine kept when it was ended is given back, then the container starts", async () => {
  const said = "endpoint with name app-web-1 already exists in network app_default";
  let isLeft = true;
  const { engine, requests } = await start((request, response) => {
    if (request.url?.endsWith("/start") === true && isLeft) return json(response, { message: said }, 403);
    if (request.url?.endsWith("/disconnect") === true) isLeft = false;
    return response.writeHead(204).end();
  });
  expect(await outcome(engine.startContainer("c", signal))).toBe("done");
  expect(requests).toEqual([
    "POST /v1.41/containers/c/start",
    "POST /v1.41/networks/app_default/disconnect",
    "POST /v1.41/containers/c/start",
  ]);
});

const noImage = 'checking if image "c07c" is dangling: reading image "20be": locating image: image not known';
const noContainer = `failed to get state of container c4ee: container c4ee does not exist in database: no such container`;
type Ask = (engine: ContainerEngine) => Promise<unknown>;
test.each<[string, string, Ask, string, number, string, number]>([
  ["images", "is asked for again", (engine) => engine.images(signal), noImage, 2, "done", 3],
  ["images", "and stays broken is tried later", (engine) => engine.images(signal), noImage, 9, "ENGINE_BUSY", 5],
  ["sizes", "of a container is asked for again", (engine) => engine.volumeSizes(signal), noContainer, 2, "done", 3],
  ["sizes", "of an image is asked for again", (engine) => engine.volumeSizes(signal), noImage, 2, "done", 3],
])("a list of %s that broke on a removal %s", async (_list, _name, ask, said, times, expected, asked) => {
  const { engine, requests } = await start((_request, response) =>
    requests.length > times ? json(response, []) : json(response, { cause: said, message: said }, 500),
  );
  expect(await outcome(ask(engine))).toBe(expected);
  expect(requests).toHaveLength(asked);
});

test("forty calls and forty waits at once under one signal are no leak that Node warns of", async () => {
  const warned: string[] = [];
  const onWarning = ({ name }: Error): unknown => warned.push(name);
  process.on("warning", onWarning);
  try {
    const { engine } = await start((_request, response) => json(response, []));
    const forty = (work: (under: AbortSignal) => Promise<unknown>): Promise<unknown> => {
      const { signal: one } = new AbortController();
      return Promise.all(Array.from({ length: 40 }, () => work(one)));
    };
    await forty((one) => engine.networks(one));
    await forty((one) => clock.sleep(1, one));
    // A warning is told in the turn after the one that it is of.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("warning", onWarning);
  }
  expect(warned).toEqual([]);
});

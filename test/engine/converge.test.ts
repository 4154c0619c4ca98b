import { expect, test } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { Endpoint } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { converge, type ConvergeOptions, type EnginePorts } from "../../controller/engine/converge.ts";
import type { EngineEvent } from "../../controller/engine/events.ts";
import type { DesiredInstance } from "../../controller/resources/instance/model.ts";
import type { DesiredVolume } from "../../controller/resources/volume/model.ts";
import { kinds, type Desired } from "../../controller/resources/index.ts";
import { freePort } from "../support/cluster.ts";
import { desiredRole, place } from "../resources/role/kit.ts";

const login = { user: "postgres", password: new Secret("pw") };

async function wish(): Promise<Desired> {
  const endpoint: Endpoint = {
    ...{
      host: "127.0.0.1",
      port: await freePort(),
      sslmode: "disable",
      database: "app",
      maintenanceDatabase: "postgres",
    },
    admin: login,
    owner: login,
  };
  const instance: DesiredInstance = {
    ...{ id: resourceId("instance", "postgres"), provider: "external", to: "running", endpoint },
    ...{ parameters: new Map(), deleteData: false, dependsOn: [], place },
  };
  const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Desired["resources"];
  return {
    ...{
      project: "p",
      environment: "prod",
      root: "/",
      secretNames: [],
      lockName: "p/prod",
      protected: false,
      sources: [],
    },
    endpoint,
    scope: new Set(["instance", "role"]),
    resources: { ...none, instance: [instance], role: [desiredRole("reporting", { dependsOn: [instance.id] })] },
  };
}

test("an external server that never answers is tried again, then stalled; nobody is asked, nothing locked", async () => {
  const desired = await wish();
  const events: EngineEvent[] = [];
  const never = (): never => {
    throw new Error("nobody is to be asked, and nothing locked");
  };
  const ports = {
    postgres: postgres("poststack-test"),
    clock: { ...clock, sleep: () => Promise.resolve() },
    state: { directory: "/", read: () => undefined, ensure: never },
  } as unknown as EnginePorts;
  const { signal } = new AbortController();
  const options: ConvergeOptions = {
    ...{ signal, stop: signal, maxPasses: 5, maxRetries: 3, lockTimeoutMs: 0, onRefusal: "stop", approve: never },
    hostLock: { take: never },
    run: { id: "run", who: "me" },
    emit: (event) => events.push(event),
  };
  const outcome = await converge(() => Promise.resolve(desired), ports, options);
  expect(outcome).toMatchObject({ status: "stalled", passes: 0, errors: [{ code: "POSTGRES_UNREACHABLE" }] });
  expect(events.map(({ type }) => type)).toEqual(["plan", "retry", "retry", "retry"]);
  expect(events[0]).toMatchObject({
    plan: {
      actions: [],
      deferred: [{ id: "role:reporting", reason: expect.stringContaining("no Postgres answers at 127.0.0.1:") }],
    },
  });
});

/** One volume on an engine that may forget at once what it made, and that is away for the first looks under the lock. */
async function convergeVolume({ away, forgets }: { readonly away: number; readonly forgets: boolean }) {
  const { endpoint: _server, ...rest } = await wish();
  const project = { project: "p", environment: "prod", root: "/", workingDirectory: "/", configFiles: [] };
  const volume: DesiredVolume = {
    ...{ id: resourceId("volume", "data"), name: "p_data", key: "data", to: "present", deleteData: false },
    ...{ isExternal: false, config: "", project, dependsOn: [], place },
    spec: { labels: new Map() },
  };
  const desired: Desired = {
    ...rest,
    scope: new Set(["volume"]),
    resources: { ...rest.resources, instance: [], role: [], volume: [volume] },
  };
  const volumes: unknown[] = [];
  const containers = {
    identify: () => Promise.resolve({ engine: "docker", address: "unix:///engine" }),
    volumes: () => Promise.resolve(forgets ? [] : volumes),
    createVolume: (name: string, spec: DesiredVolume["spec"]) => {
      const made = { name, driver: "local", driverOptions: new Map(), ...spec };
      volumes.push(made);
      return Promise.resolve(made);
    },
  };
  const state = { owner: "token", secrets: new Map() };
  const ports = {
    containers,
    clock: { ...clock, sleep: () => Promise.resolve() },
    state: { directory: "/", read: () => state, ensure: () => state, recordEngine: () => undefined },
    log: { debug: () => undefined },
  } as unknown as EnginePorts;
  const { signal } = new AbortController();
  let looks = 0;
  const load = (): Promise<Desired> => {
    const isAway = ++looks > 1 && looks <= 1 + away;
    const what = "the engine does not answer";
    return isAway ? Promise.reject(new PoststackError("ENGINE_UNREACHABLE", { what })) : Promise.resolve(desired);
  };
  const outcome = await converge(load, ports, {
    ...{ signal, stop: signal, maxPasses: 5, maxRetries: 10, lockTimeoutMs: 0, onRefusal: "stop" },
    approve: (plan) => Promise.resolve(plan),
    hostLock: { take: () => Promise.resolve({ release: () => Promise.resolve() }) },
    run: { id: "run", who: "me" },
    emit: () => undefined,
  });
  return { outcome, made: volumes.length };
}

test.each([
  ["is done in one pass", { away: 0, forgets: false }, { status: "converged" }, 1],
  ["is done, though more looks fail than there are passes", { away: 8, forgets: false }, { status: "converged" }, 1],
  ["is stalled where the engine stays away", { away: 99, forgets: false }, "ENGINE_UNREACHABLE", 0],
  ["does not converge where it has to be made in each pass", { away: 0, forgets: true }, "NOT_CONVERGED", 5],
  ["has all of these passes, though looks fail before them", { away: 8, forgets: true }, "NOT_CONVERGED", 5],
] as const)("a volume %s", async (_what, world, expected, times) => {
  const { outcome, made } = await convergeVolume(world);
  const stalled = { status: "stalled", errors: [{ code: expected }] };
  expect(outcome).toMatchObject(typeof expected === "string" ? stalled : expected);
  expect(made).toBe(times);
});

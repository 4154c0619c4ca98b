import { expect, test } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { Endpoint } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { converge, type ConvergeOptions, type EnginePorts } from "../../controller/engine/converge.ts";
import type { EngineEvent } from "../../controller/engine/events.ts";
import type { DesiredInstance } from "../../controller/resources/instance/model.ts";
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

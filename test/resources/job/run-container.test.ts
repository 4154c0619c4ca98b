import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { ownerMark } from "../../../controller/core/engine-labels.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { Result } from "../../../controller/core/resource.ts";
import { apply } from "../../../controller/resources/job/apply.ts";
import { diff } from "../../../controller/resources/job/diff.ts";
import type { ContainerJob } from "../../../controller/resources/job/model.ts";
import { observe } from "../../../controller/resources/job/observe.ts";
import { stage as hostStage } from "../../adapters/host/stage.ts";
import type { Program } from "../../support/fake-container.ts";
import { fakeEngine, type FakeEngine, type FakeOptions } from "../../support/fake-engine.ts";
import { test, type TestDatabase } from "../../support/postgres.ts";
import { portsOver } from "../process/stage.ts";

// One run of a job in a container, on an engine that keeps the contract of the real ones, with a ledger in a real Postgres.

interface RunStage {
  readonly engine: FakeEngine;
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly job: (more?: Partial<ContainerJob>) => ContainerJob;
  /** One pass: reasons of what it ran, and the results. */
  readonly pass: (wanted: readonly ContainerJob[], signal?: AbortSignal) => Promise<readonly (string | Result)[]>;
  /** `name state`, of every container. */
  readonly containers: () => Promise<readonly string[]>;
}

const token = "0123456789abcdef0123456789abcdef";

function stage(
  database: TestDatabase,
  program: Program,
  fault: NonNullable<FakeOptions["fault"]> = () => undefined,
): RunStage {
  const host = hostStage();
  const engine = fakeEngine({ clock, program: () => program, fault });
  engine.addImage("app:1");
  const base = portsOver(host.directory, host.host, host.log);
  const ports: Ports = {
    ...base,
    server: database.server,
    containers: engine,
    state: {
      ...base.state,
      directory: host.directory,
      read: () => ({ owner: token, secrets: new Map() }),
    },
  };
  return {
    engine,
    directory: host.directory,
    signal: host.signal,
    job: (more = {}) => ({
      id: resourceId("job", "seed"),
      name: "seed",
      when: "on_change",
      key: "k",
      keyParts: new Map(),
      timeoutMs: 30_000,
      dependsOn: [],
      after: [],
      helpers: [],
      container: {
        service: "seed",
        name: "app-dev-init-seed-run",
        spec: {
          image: "app:1",
          environment: new Map(),
          labels: new Map([["team", "a"]]),
          network: { mode: "none" },
          ports: [],
          expose: [],
          mounts: [],
        },
        files: [],
        config: "c",
        image: resourceId("image", "app:1"),
        project: { project: "app", environment: "dev", root: "/app", workingDirectory: "/app", configFiles: [] },
      },
      place: { file: "init.yml", line: 2, column: 3 },
      ...more,
    }),
    pass: async (wanted, signal = host.signal) => {
      const actions = diff(wanted, await observe(wanted, ports, signal));
      const results = await Promise.all(actions.map((action) => apply(action, ports, signal)));
      return actions.flatMap(({ reason }, index) => [reason, results[index] ?? {}]);
    },
    containers: async () =>
      (await engine.containers(host.signal)).map(({ names, state }) => `${names[0] ?? ""} ${state}`),
  };
}

const failure = async (promise: Promise<unknown>): Promise<PoststackError> => {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(PoststackError);
  return thrown as PoststackError;
};

const states = (database: TestDatabase): Promise<readonly unknown[]> =>
  database.column("select state from poststack.job_runs order by id");

test("it is made, runs to its end and is taken away; then its image's id is in its key", async ({ database }) => {
  await database.createLedger();
  const { job, pass, engine, containers } = stage(database, { exitsAfterMs: 20, output: ["one", "two"] });
  const [reason, result] = (await pass([job()])) as [string, Result];
  expect(reason).toBe("never ran: app:1");
  expect(result).toMatchObject({ exitCode: 0 });
  expect(readFileSync(result.logFile ?? "", "utf8")).toBe("one\ntwo\n");
  expect(engine.writes).toEqual([
    "createContainer app-dev-init-seed-run",
    "startContainer app-dev-init-seed-run",
    "stopContainer app-dev-init-seed-run",
    "removeContainer app-dev-init-seed-run",
  ]);
  expect(await containers()).toEqual([]);
  expect(await pass([job()])).toEqual([]);
  engine.addImage("app:1");
  expect((await pass([job()]))[0]).toMatch(/^image sha256:\w{12} → sha256:\w{12}$/);
});

test("Compose's tools list it as one that runs once, and it carries the owner's mark", async ({ database }) => {
  await database.createLedger();
  const one = stage(database, {});
  const controller = new AbortController();
  const running = one.pass([one.job()], controller.signal);
  await expect.poll(() => one.containers(), { timeout: 10_000 }).toEqual(["app-dev-init-seed-run running"]);
  const labels = (await one.engine.containers(one.signal))[0]?.labels;
  expect(Object.fromEntries(labels ?? [])).toMatchObject({
    team: "a",
    "com.docker.compose.oneoff": "True",
    "com.docker.compose.project": "app-dev",
    "com.docker.compose.service": "seed",
    "io.poststack.resource": "job:seed",
    "io.poststack.owner": expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  });
  controller.abort(new Error("Ctrl-C"));
  await expect(running).rejects.toThrow("Ctrl-C");
  expect(await one.containers()).toEqual([]);
  expect(await states(database)).toEqual(["running"]);
});

test("what an earlier command left of it is ended before it begins", async ({ database }) => {
  await database.createLedger();
  const one = stage(database, { exitsAfterMs: 20 });
  const { engine, signal } = one;
  const labels = new Map([
    ["io.poststack.owner", ownerMark(token)],
    ["io.poststack.resource", "job:seed"],
  ]);
  const { id } = await engine.createContainer("renamed", { ...one.job().container.spec, labels }, signal);
  await engine.startContainer(id, signal);
  await one.pass([one.job()]);
  expect(engine.writes.slice(2, 5)).toEqual([
    "stopContainer renamed",
    "removeContainer renamed",
    "createContainer app-dev-init-seed-run",
  ]);
});

test("a container of somebody else under its name stays", async ({ database }) => {
  await database.createLedger();
  const { job, pass, engine, signal, containers } = stage(database, {});
  const { spec } = job().container;
  await engine.createContainer("app-dev-init-seed-run", { ...spec, labels: new Map() }, signal);
  expect((await failure(pass([job()]))).facts).toMatchObject({ code: "NAME_TAKEN", where: { file: "init.yml" } });
  expect(await containers()).toEqual(["app-dev-init-seed-run created"]);
  expect(await states(database)).toEqual(["failed"]);
});

test("of a name that no container has the engine's own answer stands", async ({ database }) => {
  await database.createLedger();
  const taken = new PoststackError("NAME_TAKEN", { what: "storage has it", next: "podman rm --storage" });
  const one = stage(database, {}, (call) => (call === "createContainer" ? taken : undefined));
  expect(await failure(one.pass([one.job()]))).toBe(taken);
});

test("one that cannot be started is taken away again, and counts as failed", async ({ database }) => {
  await database.createLedger();
  const { job, pass, containers } = stage(database, { isMissing: true });
  expect((await failure(pass([job()]))).code).toBe("COMMAND_MISSING");
  expect(await containers()).toEqual([]);
  expect(await states(database)).toEqual(["failed"]);
});

test("a time limit ends it", async ({ database }) => {
  await database.createLedger();
  const { job, pass, containers } = stage(database, { output: ["working"] });
  const error = await failure(pass([job({ timeoutMs: 100 })]));
  expect(error.facts).toMatchObject({ code: "JOB_TIMEOUT", details: ["working"] });
  expect(await containers()).toEqual([]);
});

for (const call of ["createContainer", "startContainer"]) {
  test(`where the answer to ${call} is lost, the next pass runs it again, alone`, async ({ database }) => {
    await database.createLedger();
    let isLost = false;
    const one = stage(database, { exitsAfterMs: 50 }, (name, when) => {
      if (name !== call || when !== "after" || isLost) return undefined;
      isLost = true;
      return new PoststackError("ENGINE_CONNECTION_LOST", { what: "the answer was lost" });
    });
    expect((await failure(one.pass([one.job()]))).code).toBe("ENGINE_CONNECTION_LOST");
    expect(await states(database)).toEqual(["running"]);
    expect((await one.pass([one.job()]))[0]).toBe("interrupted run");
    expect(await one.containers()).toEqual([]);
    expect(await states(database)).toEqual(["running", "succeeded"]);
  });
}

for (const call of ["waitContainer", "inspectContainer"]) {
  test(`where the answer to ${call} is lost it goes on, and is asked for again`, async ({ database }) => {
    await database.createLedger();
    let lost = 0;
    const one = stage(database, { exitsAfterMs: 50, exitCode: 3 }, (name, when) =>
      name === call && when === "after" && lost++ < 2
        ? new PoststackError("ENGINE_CONNECTION_LOST", { what: "the answer was lost" })
        : undefined,
    );
    const error = await failure(one.pass([one.job()]));
    expect([error.code, error.facts.what]).toEqual(["JOB_FAILED", expect.stringContaining("exit code 3")]);
    expect(lost).toBeGreaterThan(2);
    expect(one.engine.writes.filter((line) => line.startsWith("create"))).toHaveLength(1);
    expect(await one.containers()).toEqual([]);
    expect(await states(database)).toEqual(["failed"]);
  });
}

test("one that is out of reach until its time is over stays, and its run is open", async ({ database }) => {
  await database.createLedger();
  let isAway = false;
  const one = stage(database, {}, (name, when) => {
    if (name === "startContainer" && when === "after") isAway = true;
    else if (isAway) return new PoststackError("ENGINE_UNREACHABLE", { what: "no answer" });
    return undefined;
  });
  expect((await failure(one.pass([one.job({ timeoutMs: 100 })]))).code).toBe("ENGINE_UNREACHABLE");
  isAway = false;
  expect(await one.containers()).toEqual(["app-dev-init-seed-run running"]);
  expect(await states(database)).toEqual(["running"]);
});

test.for([
  ["its wait ends", undefined, "JOB_FAILED"],
  ["there is nothing to wait for any more", "ENGINE_OBJECT_GONE", "ENGINE_OBJECT_GONE"],
] as const)("one that somebody takes away is waited for no longer: %s", async ([, answer, code], { database }) => {
  await database.createLedger();
  const one = stage(database, {}, (name, when) =>
    name === "waitContainer" && when === "after" && answer !== undefined
      ? new PoststackError(answer, { what: "no such container" })
      : undefined,
  );
  const running = failure(one.pass([one.job()]));
  await expect.poll(() => one.containers(), { timeout: 10_000 }).toEqual(["app-dev-init-seed-run running"]);
  await one.engine.removeContainer("app-dev-init-seed-run", { force: true, anonymousVolumes: false }, one.signal);
  expect((await running).code).toBe(code);
});

test("a log that breaks off is finished when the container has ended", async ({ database }) => {
  await database.createLedger();
  let isBroken = false;
  const one = stage(database, { exitsAfterMs: 50, output: ["one", "two"] }, (name, when) => {
    if (name !== "logs" || when !== "before" || isBroken) return undefined;
    isBroken = true;
    return new PoststackError("ENGINE_CONNECTION_LOST", { what: "the answer was lost" });
  });
  await one.pass([one.job()]);
  const [name = ""] = readdirSync(`${one.directory}/logs/jobs`);
  expect(readFileSync(`${one.directory}/logs/jobs/${name}`, "utf8")).toBe("one\ntwo\n");
});

import { readFileSync, readdirSync } from "node:fs";
import { expect } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { Secret, type Text } from "../../../controller/core/secret.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { Result } from "../../../controller/core/resource.ts";
import { apply } from "../../../controller/resources/job/apply.ts";
import { diff } from "../../../controller/resources/job/diff.ts";
import type { HostJob } from "../../../controller/resources/job/model.ts";
import { observe } from "../../../controller/resources/job/observe.ts";
import { somebody, test, type TestDatabase } from "../../support/postgres.ts";
import { stage as hostStage, type Stage } from "../../adapters/host/stage.ts";
import { portsOver } from "../process/stage.ts";

interface JobStage extends Stage {
  readonly ports: Ports;
  readonly job: (text: string, more?: Partial<HostJob>) => HostJob;
  /** One pass: reasons of what it ran, and the results. */
  readonly pass: (wanted: readonly HostJob[], signal?: AbortSignal) => Promise<readonly (string | Result)[]>;
}

function stage(database: TestDatabase): JobStage {
  const one = hostStage();
  const ports = { ...portsOver(one.directory, one.host, one.log), server: database.server };
  return {
    ...one,
    ports,
    job: (text, more = {}) => ({
      id: resourceId("job", more.name ?? "seed"),
      name: "seed",
      command: ["sh", "-c", text],
      cwd: one.directory,
      environment: new Map([["PATH", process.env["PATH"] ?? ""]]),
      when: "on_change",
      key: text,
      keyParts: new Map([["command", text]]),
      timeoutMs: 30_000,
      dependsOn: [],
      place: { file: ".poststack.yml", line: 9, column: 5 },
      ...more,
    }),
    pass: async (wanted, signal = one.signal) => {
      const actions = diff(wanted, await observe(wanted, ports, signal));
      const results = await Promise.all(actions.map((action) => apply(action, ports, signal)));
      return actions.flatMap(({ reason }, index) => [reason, results[index] ?? {}]);
    },
  };
}

const failure = async (promise: Promise<unknown>): Promise<PoststackError> => {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(PoststackError);
  return thrown as PoststackError;
};

const runs = (database: TestDatabase): Promise<readonly unknown[]> =>
  database.column(
    "select name || ' ' || key || ' ' || state || ' ' || coalesce(exit_code::text, '-') from poststack.job_runs order by id",
  );

test("before there is a ledger nothing ran, and no job costs no question", async ({ database }) => {
  const { ports, job, signal } = stage(database);
  expect(await observe([job("exit 0")], ports, signal)).toEqual([]);
  const without = { ...ports, server: { ...ports.server, database: () => Promise.reject(new Error("asked")) } };
  expect(await observe([], without, signal)).toEqual([]);
});

test("a job runs once for its key, and tells exit code, duration and log", async ({ database }) => {
  await database.createLedger();
  const { job, pass } = stage(database);
  const [reason, result] = (await pass([job("echo seeded")])) as [string, Result];
  expect(reason).toBe("never ran");
  expect(result).toMatchObject({ exitCode: 0, note: expect.stringMatching(/^exit code 0 in \d\.\d s$/) as string });
  expect(readFileSync(result.logFile ?? "", "utf8")).toBe("seeded\n");
  expect(await pass([job("echo seeded")])).toEqual([]);
  expect(
    await database.query("select state, exit_code, log_file, duration_ms >= 0 as timed from poststack.job_runs"),
  ).toEqual([{ state: "succeeded", exit_code: 0, log_file: result.logFile, timed: true }]);
});

test("another key runs it again, also one that it had before", async ({ database }) => {
  await database.createLedger();
  const { job, pass } = stage(database);
  await pass([job("echo a")]);
  expect((await pass([job("echo b")]))[0]).toBe("command changed");
  expect((await pass([job("echo a")]))[0]).toBe("command changed");
  expect(await pass([job("echo a")])).toEqual([]);
  expect(await runs(database)).toEqual([
    "seed echo a succeeded 0",
    "seed echo b succeeded 0",
    "seed echo a succeeded 0",
  ]);
});

test("always runs in each apply, and once in each", async ({ database }) => {
  await database.createLedger();
  const { job, pass } = stage(database);
  const inApply = (startedAfter: Date): HostJob[] => [job("echo a", { when: "always", startedAfter })];
  const first = new Date();
  expect((await pass(inApply(first)))[0]).toBe("never ran");
  expect(await pass(inApply(first))).toEqual([]);
  const second = new Date(Date.now() + 1);
  await expect.poll(() => Date.now()).toBeGreaterThan(second.getTime());
  expect((await pass(inApply(second)))[0]).toBe("runs on every apply");
  expect(await pass(inApply(second))).toEqual([]);
});

test("once runs until it has succeeded, and never again", async ({ database }) => {
  await database.createLedger();
  const { job, pass } = stage(database);
  for (const _ of [1, 2]) await failure(pass([job("exit 3", { when: "once" })]));
  expect((await pass([job("exit 0", { when: "once" })]))[0]).toBe("failed before with exit code 3");
  expect(await pass([job("exit 3", { when: "once" })])).toEqual([]);
});

test("a failing job is JOB_FAILED with its last words, and runs again", async ({ database }) => {
  await database.createLedger();
  const { job, pass, directory } = stage(database);
  const error = await failure(pass([job("seq 1 100; exit 3")]));
  expect(error.facts).toMatchObject({
    code: "JOB_FAILED",
    what: expect.stringMatching(/^job "seed" ended with exit code 3 after \d\.\d s$/) as string,
    where: { line: 9 },
    details: Array.from({ length: 20 }, (_, index) => String(81 + index)),
    next: expect.stringMatching(
      new RegExp(`^read its log: ${directory}/logs/jobs/seed-\\d{8}T\\d{9}Z\\.log$`),
    ) as string,
  });
  expect((await failure(pass([job("seq 1 100; exit 3")]))).code).toBe("JOB_FAILED");
  expect((await pass([job("exit 0")]))[0]).toBe("failed before with exit code 3");
});

test("a job that takes too long is JOB_TIMEOUT, and its whole group is ended", async ({ database }) => {
  await database.createLedger();
  const { job, pass, alive } = stage(database);
  const error = await failure(pass([job("echo working; sleep 1000 & sleep 1000", { timeoutMs: 300 })]));
  expect(error.facts).toMatchObject({ code: "JOB_TIMEOUT", details: ["working"] });
  expect(error.message).toBe('job "seed" ran longer than its timeout of 0.3 s and was ended');
  expect(alive()).toEqual([]);
  expect(await database.column("select state from poststack.job_runs")).toEqual(["failed"]);
});

test("a job without its program is COMMAND_MISSING at its place, and counts as failed", async ({ database }) => {
  await database.createLedger();
  const { job, pass } = stage(database);
  const error = await failure(pass([job("", { command: ["no-such-program"] })]));
  expect(error.facts).toMatchObject({ code: "COMMAND_MISSING", where: { line: 9 } });
  expect(await database.column("select state from poststack.job_runs")).toEqual(["failed"]);
});

test("an interrupted job is ended, stays at running, and is run again", async ({ database }) => {
  await database.createLedger();
  const one = stage(database);
  const controller = new AbortController();
  const running = one.pass([one.job("echo up; exec sleep 1000")], controller.signal);
  await expect.poll(() => one.alive("job:seed").length, { timeout: 10_000 }).toBeGreaterThan(0);
  controller.abort(new Error("Ctrl-C"));
  await expect(running).rejects.toThrow("Ctrl-C");
  expect(one.alive()).toEqual([]);
  expect(await database.column("select state from poststack.job_runs")).toEqual(["running"]);
  expect((await one.pass([one.job("exit 0")]))[0]).toBe("interrupted run");
});

test("secrets reach the job and nothing else", async ({ database }) => {
  await database.createLedger();
  const { job, pass } = stage(database);
  const environment = new Map<string, Text>([["DB_PASSWORD", new Secret("canary-4711")]]);
  const [, result] = (await pass([job('test "$DB_PASSWORD" = canary-"4711" && env | wc -l', { environment })])) as [
    string,
    Result,
  ];
  expect(result.exitCode).toBe(0);
  const rows = await database.query("select * from poststack.job_runs");
  expect(
    JSON.stringify(rows, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  ).not.toContain("canary-4711");
});

test("many jobs at once share one session, and a key part may be called __proto__", async ({ database }) => {
  await database.createLedger();
  const { job, pass, ports, signal } = stage(database);
  const keyParts = new Map([["__proto__", "1"]]);
  const jobs = ["a", "b", "c", "__proto__"].map((name) => job(`echo ${name}`, { name, keyParts }));
  expect((await pass(jobs)).filter((one) => one === "never ran").length).toBe(4);
  expect(await pass(jobs)).toEqual([]);
  const [changed] = jobs.map((one) => ({ ...one, key: "other", keyParts: new Map([["__proto__", "2"]]) }));
  const wanted = changed === undefined ? [] : [changed];
  expect(diff(wanted, await observe(wanted, ports, signal))[0]?.reason).toBe("__proto__ changed");
});

test("a writer that was asleep while another took over starts nothing", async ({ database }) => {
  await database.createLedger();
  const { job, pass, directory } = stage(database);
  await database.query("update poststack.system_info set value = '7' where key = 'fence'");
  expect((await failure(pass([job("touch ran")]))).code).toBe("FENCED");
  expect(readdirSync(directory)).toEqual([]);
  expect(await runs(database)).toEqual([]);
});

test("a writer that lost the environment during the job does not record its end", async ({ database }) => {
  await database.createLedger();
  const one = stage(database);
  const ended = failure(one.pass([one.job("while ! test -e go; do sleep 0.02; done")]));
  await expect.poll(() => runs(database), { timeout: 10_000 }).toHaveLength(1);
  await database.query("update poststack.system_info set value = '7' where key = 'fence'");
  await one.host.run(one.script("touch go", { resource: "job:other" }), 10_000, one.signal);
  expect((await ended).code).toBe("FENCED");
  expect(await database.column("select state from poststack.job_runs")).toEqual(["running"]);
});

test("what the ledger holds is input: a row of nonsense is a run that failed", async ({ database }) => {
  await database.createLedger();
  const { job, pass } = stage(database);
  await database.query(
    `insert into poststack.job_runs (name, key, key_parts, state, exit_code, started_at, fence)
     values ('seed', 'x', '["not", 1, null]', 'failed', null, 'infinity', 0)`,
  );
  expect((await pass([job("exit 0")]))[0]).toBe("failed before");
});

test("of each job the newest hundred runs are kept, and the one that last succeeded", async ({ database }) => {
  await database.createLedger();
  const { job, pass } = stage(database);
  await database.query(`insert into poststack.job_runs (name, key, key_parts, state, exit_code, fence)
    select name, 'k' || i, '{}', case i when 3 then 'succeeded' else 'failed' end, 1, 0
    from generate_series(1, 150) i, unnest(array['seed', 'other']) name order by name, i`);
  await pass([job("exit 0", { when: "always" })]);
  const keys = (name: string) =>
    database.column("select key from poststack.job_runs where name = $1 order by id", [name]);
  const newest = Array.from({ length: 99 }, (_, index) => `k${52 + index}`);
  expect(await keys("seed")).toEqual(["k3", ...newest, "exit 0"]);
  expect(await keys("other")).toHaveLength(150);
});

test("somebody else's lock on the ledger is waited for only so long, and named", async ({ database }) => {
  await database.createLedger();
  const { job, ports, signal } = stage(database);
  const told: string[] = [];
  const other = await database.server.login(somebody(database.endpoint), database.name, signal);
  await other.query("begin; lock table poststack.job_runs", [], signal);
  const running = apply(
    {
      kind: "job",
      verb: "run",
      id: resourceId("job", "seed"),
      dependsOn: [],
      reason: "",
      hazards: [],
      desired: job("exit 0"),
    },
    { ...ports, progress: (line: string) => void told.push(line) },
    signal,
  );
  await expect
    .poll(() => told.find((line) => line.startsWith("try 2 of 10: ")), { timeout: 30_000 })
    .toContain(`held by pid ${other.pid} `);
  await other.query("rollback", [], signal);
  expect(await running).toMatchObject({ exitCode: 0 });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster, type Cluster } from "../support/cluster.ts";
import { answerOf, type Ended } from "../support/command.ts";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";
import { silentProxy, type SilentProxy } from "../support/silent-proxy.ts";

// RELIABILITY 31: a peer that takes the connection and never answers, from the first byte or in the middle of its work.
const files = (database: string) => ({
  ".poststack.yml": `project: { name: far }
environments:
  prod:
    postgres:
      url: { file: admin.url }
      sslmode: disable
      database: ${database}
      user: ${database}
`,
  "migrations/001_a.sql": "create table a (id int);\ninsert into a values (1);\n",
});

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster.stop());

interface Stage {
  readonly project: Project;
  readonly proxy: SilentProxy;
  readonly sql: (text: string, database?: string) => ReturnType<Project["sql"]>;
}

/** A project whose server is reached through the proxy only. */
async function stage(database: string): Promise<Stage> {
  const proxy = await silentProxy(cluster.port);
  const project = await forThisTest(newProject(files(database)));
  project.write("admin.url", `postgres://postgres:${cluster.password}@127.0.0.1:${proxy.port}/postgres`, 0o600);
  const access = { port: cluster.port, password: cluster.password };
  return { project, proxy, sql: (text, name = database) => project.sql(text, { ...access, database: name }) };
}

const never = Number.POSITIVE_INFINITY;
const place = { file: ".poststack.yml", line: 4, column: 5 };
const made = (sql: Stage["sql"], name: string): Promise<unknown> =>
  sql(
    `select rolname as name from pg_roles where rolname = '${name}' union select datname from pg_database where datname = '${name}'`,
    "postgres",
  );

test("silent from the first byte: plan and status say so, test-connection fails, apply tries again until it is stopped", async () => {
  const { project, proxy, sql } = await stage("far_first");
  const [plan, status, tested] = await Promise.all([
    project.run("plan", "--detailed-exitcode", "--json"),
    project.run("status", "--json"),
    project.run("db", "test-connection", "--json"),
  ]);
  expect(plan.code, plan.text).toBe(2);
  const reason = `no Postgres answers at 127.0.0.1:${proxy.port} (timeout expired)`;
  expect(answerOf(plan)).toMatchObject({ actions: [], deferred: [{ reason }, { reason }, { reason }] });
  expect(status.code, status.text).toBe(0);
  expect(answerOf(status)).toMatchObject({
    environments: [{ server: { state: "down", error: { code: "POSTGRES_UNREACHABLE", where: place } } }],
  });
  // The owner's password is yet to be made; the admin is the one who is not answered.
  expect(tested.code, tested.text).toBe(1);
  expect(answerOf(tested)).toMatchObject({
    attempts: [
      { as: "owner", error: { code: "SECRET_UNREADABLE" } },
      { as: "admin", error: { code: "POSTGRES_UNREACHABLE", what: reason, where: place } },
    ],
  });

  const apply = project.start("apply", "--yes", "--json");
  await apply.until(({ type, attempt }) => type === "retry" && attempt === 2);
  apply.kill("SIGINT");
  expect((await apply.ended).code).toBe(130);
  expect(await made(sql, "far_first")).toEqual([]);
  proxy.beSilentAt(never);
  await project.ok("apply", "--yes");
});

const told = (ended: Ended): unknown => ({ code: ended.code, ...(answerOf(ended) as object), text: ended.text });

/** An environment that is in order, and a server that is silent from the first question on. */
async function silentQuestion(database: string): Promise<Project> {
  const { project, proxy } = await stage(database);
  proxy.beSilentAt(never);
  await project.ok("apply", "--yes");
  // What stands in between is the first statement's question.
  proxy.beSilentAt(2);
  return project;
}

test("silent in the middle of a question: TIMEOUT with its place; exit 3, and 1 where nobody tries again", async () => {
  const [one, other] = [await silentQuestion("far_plan"), await silentQuestion("far_test")];
  const [plan, tested] = await Promise.all([one.run("plan", "--json"), other.run("db", "test-connection", "--json")]);
  expect(told(plan)).toMatchObject({
    code: 3,
    errors: [{ code: "TIMEOUT", where: place, next: expect.stringMatching(/./) as unknown }],
  });
  const what = "an answer of the server took longer than 10 s";
  expect(told(tested)).toMatchObject({
    code: 1,
    attempts: [
      { as: "owner", error: { code: "TIMEOUT", what, where: place } },
      { as: "admin", error: { code: "POSTGRES_UNREACHABLE", where: place } },
    ],
  });
}, 60_000);

test("silent anywhere in an apply: it can be stopped at once, and the next one completes it", async () => {
  const { project, proxy } = await stage("far_count");
  proxy.beSilentAt(never);
  await project.ok("apply", "--yes");
  const all = proxy.statements();
  expect(all).toBeGreaterThan(20);
  // Every fifth, so that the run stays short: an action has several statements.
  const positions = Array.from({ length: Math.floor(all / 5) }, (_, index) => 1 + 5 * index);
  for (const some of chunks(positions, 8)) await Promise.all(some.map(stopAndGoOn));
}, 180_000);

async function stopAndGoOn(statement: number): Promise<void> {
  const { project, proxy, sql } = await stage(`far_${statement}`);
  proxy.beSilentAt(statement);
  const apply = project.start("apply", "--yes", "--json");
  await expect.poll(proxy.isSilent, { timeout: 20_000 }).toBe(true);
  // The first asks for the end at a safe point, which does not come; the second does not wait.
  apply.kill("SIGINT");
  await new Promise((resolve) => void setImmediate(resolve));
  apply.kill("SIGINT");
  const ended = await apply.ended;
  expect({ code: ended.code, signal: ended.signal }, `${statement}: ${ended.text}`).toEqual({
    code: 130,
    signal: undefined,
  });
  proxy.beSilentAt(never);
  const again = await project.run("apply", "--yes");
  expect(again.code, `${statement}: ${ended.text}${again.text}`).toBe(0);
  expect(await sql("select count(*)::int as rows from a"), String(statement)).toEqual([{ rows: 1 }]);
  expect(await project.plan(), String(statement)).toEqual([]);
}

const chunks = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));

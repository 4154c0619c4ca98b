import { somebody } from "../../support/postgres.ts";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import { apply } from "../../../controller/resources/migration/apply.ts";
import { checksumOf } from "../../../controller/resources/migration/text.ts";
import { ownCluster, type OwnCluster } from "./cluster-kit.ts";
import { failureOf, migrations, pass, planOf, render, world, type World } from "./kit.ts";

const signal = new AbortController().signal;
let cluster: OwnCluster;

beforeAll(async () => {
  cluster = await ownCluster(signal);
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  await cluster.query("drop schema public cascade");
  await cluster.query("create schema public authorization owner");
  await cluster.query("truncate poststack.schema_migrations");
  await cluster.query("update poststack.system_info set value = '0' where key = 'fence'");
});

const worldOf = (files: Readonly<Record<string, string>>, server = cluster.server()): World =>
  world({ signal } as World["database"], migrations(files), server);
const again = (it: World): World => world(it.database, it.project, cluster.server());

/** Waits until the backend that runs a statement with this word does so, and gives its pid. */
async function backend(word: string, wait: string): Promise<number> {
  for (;;) {
    const [row] = await cluster.query(
      `select pid from pg_stat_activity where query like '%${word}%' and wait_event_type = '${wait}' and pid <> pg_backend_pid()`,
    );
    if (row !== undefined) return Number(row["pid"]);
  }
}

const counter = "create table if not exists counter (n int); insert into counter values (1);";
const count = async (): Promise<unknown> =>
  (await cluster.query("select to_regclass('counter') is null as missing"))[0]?.["missing"] === true
    ? 0
    : (await cluster.query("select count(*)::int as n from counter"))[0]?.["n"];
const rows = async (): Promise<unknown> =>
  (await cluster.query("select state from poststack.schema_migrations")).map(({ state }) => state);

test("cut before COMMIT: nothing of it is there, and the next pass applies it once", async () => {
  const it = worldOf({ "001_counter.sql": `${counter} select pg_sleep(600);` });
  const running = failureOf(pass(it));
  await cluster.query(`select pg_terminate_backend(${await backend("pg_sleep", "Timeout")})`);
  expect((await running).errorClass).toMatch(/retryable|unknown/);
  expect([await count(), await rows()]).toEqual([0, []]);
  it.project.write("migrations/001_counter.sql", counter);
  await pass(again(it));
  expect([await count(), await rows()]).toEqual([1, ["applied"]]);
});

test("cut after COMMIT: the row tells, and neither the next pass nor the same action does it twice", async () => {
  const proxy = await answerlessAfter("COMMIT\0");
  const it = worldOf({ "001_counter.sql": counter }, cluster.server({ port: proxy.port }));
  const [action] = await planOf(it);
  if (action === undefined) throw new Error("nothing planned");
  const error = await failureOf(apply(action, it.ports, signal));
  proxy.close();
  expect(error.errorClass).toBe("unknown");
  expect([await count(), await rows()]).toEqual([1, ["applied"]]);
  expect(render(await planOf(again(it)))).toEqual([]);
  expect(await apply(action, again(it).ports, signal)).toEqual({ note: "applied already" });
  expect(await count()).toBe(1);
});

test("a rollback that is cut after COMMIT is not run twice", async () => {
  const it = worldOf({
    "001_counter.sql": "create table counter (n int)",
    "001_counter.rollback.sql": "drop table counter",
  });
  await pass(it);
  const proxy = await answerlessAfter("COMMIT\0");
  const cut = world(it.database, it.project, cluster.server({ port: proxy.port }));
  const [action] = await planOf(cut, { target: "0", rollback: true });
  if (action === undefined) throw new Error("nothing planned");
  expect((await failureOf(apply(action, cut.ports, signal))).errorClass).toBe("unknown");
  proxy.close();
  expect(await rows()).toEqual([]);
  expect(await apply(action, again(it).ports, signal)).toEqual({ note: "rolled back already" });
});

test("the server is killed in the middle: nothing of the file is there, then all of it, once", async () => {
  const it = worldOf({ "001_counter.sql": `${counter} select pg_sleep(600);` });
  const running = failureOf(pass(it));
  process.kill(await backend("pg_sleep", "Timeout"), "SIGKILL");
  expect((await running).errorClass).toMatch(/retryable|unknown/);
  expect([await count(), await rows()]).toEqual([0, []]);
  it.project.write("migrations/001_counter.sql", counter);
  await pass(again(it));
  expect([await count(), await rows()]).toEqual([1, ["applied"]]);
});

test("the server is killed among many that were told committed: what is lost is lost whole, and comes again", async () => {
  const total = 400;
  const files = Object.fromEntries(
    Array.from({ length: total }, (_, n) => [`${1000 + n}_t.sql`, `create table t${1000 + n} (n int); ${counter}`]),
  );
  const it = worldOf({ ...files, "1200_t.sql": `create table t1200 (n int); ${counter} select pg_sleep(0.001);` });
  const running = failureOf(pass(it));
  // Some commits are still in the server's memory at this moment, whichever it is.
  for (;;) {
    const [row] = await cluster.query("select count(*)::int as n from poststack.schema_migrations");
    if (Number(row?.["n"]) >= 50) break;
  }
  const [victim] = await cluster.query("select pid from pg_stat_activity where usename = 'owner'");
  process.kill(Number(victim?.["pid"]), "SIGKILL");
  await running;
  const tables = await cluster.query(
    "select substr(relname, 2) as name from pg_class where relname ~ '^t\\d+$' order by 1",
  );
  const applied = await cluster.query("select version as name, state from poststack.schema_migrations order by 1");
  expect(applied.length).toBeLessThan(total);
  expect(applied.map(({ name }) => name)).toEqual(tables.map(({ name }) => name));
  expect(applied.map(({ name }) => Number(name))).toEqual(applied.map((_, index) => 1000 + index));
  expect(await count()).toBe(applied.length);
  await pass(again(it));
  expect(await count()).toBe(total);
  expect(render(await planOf(again(it)))).toEqual([]);
});

test("server and command are killed while an index is built concurrently: it ends valid, once", async () => {
  const it = worldOf({
    "001_t.sql": "create table t (n int); insert into t select generate_series(1, 1000);",
    "002_i.sql": "-- poststack: no-transaction\ncreate index concurrently t_n on t (n);",
  });
  await pass(it, { target: "1" });
  // An older transaction with a snapshot: the build waits for its end, with the index there and not valid.
  const older = await cluster.server().login(somebody(cluster.endpoint), "app", signal);
  await older.query("begin isolation level repeatable read", [], signal);
  await older.query("select count(*) from t", [], signal);
  const running = failureOf(pass(it));
  process.kill(await backend("create index concurrently t_n", "Lock"), "SIGKILL");
  expect((await running).errorClass).toMatch(/retryable|unknown/);
  await older.close();
  const valid =
    "select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 't'::regclass";
  expect(await cluster.query(valid)).toEqual([{ name: "t_n", valid: false }]);
  await pass(again(it));
  expect(await cluster.query(valid)).toEqual([{ name: "t_n", valid: true }]);
  expect(render(await planOf(again(it)))).toEqual([]);
});

const repeatable = (checksum: string) => [
  {
    id: resourceId("migration", "repeatable/seen"),
    name: "seen",
    file: "migrations/repeatable/seen.sql",
    checksum,
    after: [],
  },
];
const seenText = "create or replace view seen as select 1 as n;";
const repeated = async (): Promise<unknown> =>
  (await cluster.query("select name, checksum from poststack.repeatable_migrations")).map(({ checksum }) => checksum);

test("a repeatable file that is cut before COMMIT left nothing, after COMMIT everything", async () => {
  await cluster.query("truncate poststack.repeatable_migrations");
  const slow = `${seenText} select pg_sleep(600);`;
  const it = worldOf({ "repeatable/seen.sql": slow });
  const running = failureOf(pass(it, { repeatable: repeatable(checksumOf(Buffer.from(slow))) }));
  process.kill(await backend("pg_sleep", "Timeout"), "SIGKILL");
  expect((await running).errorClass).toMatch(/retryable|unknown/);
  expect([await repeated(), await cluster.query("select to_regclass('seen') as view")]).toEqual([[], [{ view: null }]]);

  const checksum = checksumOf(Buffer.from(seenText));
  it.project.write("migrations/repeatable/seen.sql", seenText);
  const proxy = await answerlessAfter("COMMIT\0");
  const cut = world(it.database, it.project, cluster.server({ port: proxy.port }));
  const [action] = await planOf(again(it), { repeatable: repeatable(checksum) });
  if (action === undefined) throw new Error("nothing planned");
  expect((await failureOf(apply(action, cut.ports, signal))).errorClass).toBe("unknown");
  proxy.close();
  expect(await repeated()).toEqual([checksum]);
  expect(render(await planOf(again(it), { repeatable: repeatable(checksum) }))).toEqual([]);
});

test("a ledger that is taken over and cut after COMMIT is ours, and the same action does no harm", async () => {
  await cluster.query("create table schema_migrations (version varchar(128) primary key)");
  await cluster.query("insert into schema_migrations values ('001')");
  await cluster.query("truncate poststack.repeatable_migrations");
  const it = worldOf({ "001_counter.sql": counter, "002_more.sql": "create table more (n int)" });
  const takesOver = { format: "dbmate" } as const;
  const proxy = await answerlessAfter("COMMIT\0");
  const cut = world(it.database, it.project, cluster.server({ port: proxy.port }));
  const [action] = await planOf(again(it), { takesOver });
  if (action === undefined) throw new Error("nothing planned");
  expect(action.verb).toBe("import");
  expect((await failureOf(apply(action, cut.ports, signal))).errorClass).toBe("unknown");
  proxy.close();
  await apply(action, again(it).ports, signal);
  expect(await rows()).toEqual(["applied"]);
  expect(render(await planOf(again(it), { takesOver }))).toEqual(["apply migration:002_more"]);
  await cluster.query("drop table schema_migrations");
});

/** A proxy that passes everything on until the server says `word`; that answer and all later ones are lost. */
async function answerlessAfter(word: string): Promise<{ readonly port: number; readonly close: () => void }> {
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(cluster.endpoint.port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.on("data", (data) => upstream.write(data));
    client.on("close", () => upstream.destroy());
    let heard = "";
    upstream.on("data", (data) => {
      heard += data.toString("latin1");
      if (heard.includes(word)) client.destroy();
      else client.write(data);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

import { expect } from "vitest";
import type { Server, Session } from "../../../controller/core/ports/postgres.ts";
import type { Link } from "../../../controller/core/resource.ts";
import { quoteIdentifier } from "../../../controller/core/sql.ts";
import { chain } from "../../../controller/engine/chain.ts";
import { apply } from "../../../controller/resources/migration/apply.ts";
import type { MigrationAction } from "../../../controller/resources/migration/model.ts";
import { somebody, test, type TestDatabase } from "../../support/postgres.ts";
import { carryOut, failureOf, migrations, pass, planOf, world, type World } from "./kit.ts";

/** A server whose owner's session writes down which files are sent and which answers have come. */
function listening(database: TestDatabase): { readonly server: Server; readonly heard: readonly string[] } {
  const heard: string[] = [];
  const nameOf = (strings: readonly string[]): string => /\d{3}_[a-z]+/.exec(strings.join("\n"))?.[0] ?? "?";
  const listen = (session: Session): Session => ({
    ...session,
    pipeline: async (strings, signal) => {
      const name = nameOf(strings);
      heard.push(`${name} sent`);
      const answer = session.pipeline(strings, signal);
      await answer.then(
        () => heard.push(`${name} done`),
        () => heard.push(`${name} failed`),
      );
      return answer;
    },
  });
  let owner: Promise<Session> | undefined;
  return {
    server: { ...database.server, owner: (signal) => (owner ??= database.server.owner(signal).then(listen)) },
    heard,
  };
}

/** A first file that has been applied, with a sequence: what is rolled back leaves its trace there. */
async function begun(
  database: TestDatabase,
  files: Readonly<Record<string, string>>,
): Promise<World & { readonly heard: readonly string[] }> {
  await database.createLedger();
  const { server, heard } = listening(database);
  const project = migrations({ "001_base.sql": "create sequence ran; create table held (n int)", ...files });
  const it = world(database, project, server);
  await pass(it, { target: "1" });
  (heard as string[]).length = 0;
  return { ...it, heard };
}

const second = "create table second (n int); select nextval('ran');";

const state = async (database: TestDatabase): Promise<unknown> => ({
  applied: await database.column("select name from poststack.schema_migrations where state = 'applied' order by 1"),
  isSecond: (await database.column("select to_regclass('second') is not null"))[0],
  ran: (await database.column("select case when is_called then last_value else 0 end::int from ran"))[0],
});

test("a file is sent before the one ahead of it is answered, and no more than one", async ({ database }) => {
  const it = await begun(database, { "002_a.sql": "select 1", "003_b.sql": "select 1", "004_c.sql": "select 1" });
  await pass(it);
  expect(it.heard.slice(0, 3)).toEqual(["002_a sent", "003_b sent", "002_a done"]);
  expect(it.heard).toContain("004_c done");
});

test.for<[name: string, first: string, code: string]>([
  ["a statement fails", "create table first (n int); select 1 / 0;", "MIGRATION_FAILED"],
  ["it cannot be read", "create table first (n int);;; no sql", "MIGRATION_FAILED"],
  [
    "its commit fails, and leaves no transaction that could refuse anything",
    "create table first (n int unique deferrable initially deferred); insert into first values (1), (1);",
    "MIGRATION_FAILED",
  ],
  ["it tries to end the transaction", "do $$ begin commit; end $$", "MIGRATION_TRANSACTION"],
])("%s: the file that was sent behind it never runs", async ([, first, code], { database }) => {
  const it = await begun(database, { "002_first.sql": first, "003_second.sql": second });
  expect((await failureOf(pass(it))).code).toBe(code);
  expect(it.heard.slice(0, 2)).toEqual(["002_first sent", "003_second sent"]);
  // The answer to the second, which nobody waits for, has come before the first's failure was told.
  expect(it.heard).toContain("003_second failed");
  expect(await state(database)).toEqual({ applied: ["001_base"], isSecond: false, ran: 0 });

  it.project.write("migrations/002_first.sql", "select 1");
  await pass(it);
  expect(await state(database)).toEqual({ applied: ["001_base", "002_first", "003_second"], isSecond: true, ran: 1 });
});

test("where a file gets its locks at the second try, the one that was sent behind it runs once", async ({
  database,
}) => {
  const it = await begun(database, {
    "002_first.sql": "set local lock_timeout = '50ms'; alter table held add column m int;",
    "003_second.sql": second,
  });
  const holder = await database.server.login(somebody(database.endpoint), database.endpoint.database, database.signal);
  await holder.pipeline(["begin", "lock table held"], database.signal);
  const clock = {
    ...it.ports.clock,
    sleep: async (ms: number, signal: AbortSignal) => {
      // Between two tries; else it is the look at who stands in the way.
      if (it.heard.includes("002_first failed")) await holder.close();
      await it.ports.clock.sleep(ms, signal);
    },
  };
  await pass({ ...it, ports: { ...it.ports, clock } });
  expect(it.heard).toEqual([
    "002_first sent",
    "003_second sent",
    "002_first failed",
    "003_second failed",
    "002_first sent",
    "003_second sent",
    "002_first done",
    "003_second done",
  ]);
  expect(await state(database)).toEqual({ applied: ["001_base", "002_first", "003_second"], isSecond: true, ran: 1 });
});

test("the same actions once more find all of it applied", async ({ database }) => {
  const it = await begun(database, { "002_first.sql": "select 1", "003_second.sql": second });
  const plan = await planOf(it);
  await carryOut(it, plan);
  expect(await carryOut(it, plan)).toEqual([{ note: "applied already" }, { note: "applied already" }]);
  expect(await state(database)).toEqual({ applied: ["001_base", "002_first", "003_second"], isSecond: true, ran: 1 });
});

test("a file that ends its own transaction, where quotes are read in another way: the one behind it never runs", async ({
  database,
}) => {
  await database.query(`alter role ${quoteIdentifier(database.owner)} set standard_conforming_strings = off`);
  const it = await begun(database, {
    "002_first.sql": "select '\\''; commit; create table first (n int); --'",
    "003_second.sql": second,
  });
  expect((await failureOf(pass(it))).code).toBe("MIGRATION_INTERRUPTED");
  expect(it.heard.slice(0, 2)).toEqual(["002_first sent", "003_second sent"]);
  expect(it.heard).toContain("003_second failed");
  expect(await state(database)).toEqual({ applied: ["001_base"], isSecond: false, ran: 0 });
});

test("a file that is not ready before the one ahead has failed is not sent", async ({ database }) => {
  const it = await begun(database, {
    "002_first.sql": "select 1 / 0",
    "003_second.sql": `${second} do $$ begin end $$`,
  });
  // What the plan reads of a text is known from an earlier one.
  await planOf(it);
  const { parser } = it.ports;
  let release = (): void => undefined;
  const failed = new Promise<void>((resolve) => (release = resolve));
  let parsed: Promise<unknown> = Promise.resolve();
  const slow: typeof parser = {
    parse: async (text) => {
      if (text.includes("second")) await (parsed = failed);
      return parser.parse(text);
    },
  };
  await failureOf(pass({ ...it, ports: { ...it.ports, parser: slow } }));
  release();
  await parsed;
  // Whatever it would send would be answered before this.
  await parser.parse("select 1");
  await database.query("select 1");
  expect(it.heard).toEqual(["002_first sent", "002_first failed"]);
});

test.for<[name: string, first: string, isWithdrawn: boolean]>([
  ["has not begun, and never does", "select pg_advisory_xact_lock(7)", true],
  ["has begun, and is done", "select 1", false],
])("a file that is taken back %s", async ([, first, isWithdrawn], { database }) => {
  const it = await begun(database, {
    "002_first.sql": first,
    "003_second.sql": `${second} select pg_advisory_xact_lock(7)`,
  });
  const { endpoint, signal } = database;
  const gate = await database.server.login(somebody(endpoint), endpoint.database, signal);
  await gate.query("select pg_advisory_lock(7)", [], signal);
  const actions = await planOf(it);
  const stop = new AbortController();
  const one = (action: MigrationAction, link: Link<MigrationAction>) => apply(action, it.ports, signal, link);
  const { run, withdraw, hasBegun } = chain(actions, one as never, () => !stop.signal.aborted);
  const [ahead, behind] = actions;
  if (ahead === undefined || behind === undefined) throw new Error("two are planned");
  const running = run(ahead);
  const waiting = "select from pg_locks where locktype = 'advisory' and not granted and objid = 7";
  while ((await database.query(waiting)).length === 0);
  stop.abort();
  withdraw();
  const begins = hasBegun(behind.id);
  const held = `select from pg_locks where locktype = 'advisory' and classid = x'706f7374'::int and mode = 'ExclusiveLock'`;
  if (isWithdrawn) while ((await database.query(held)).length === 0);
  else expect(await begins).toBe(true);
  await gate.close();
  await running;
  expect(await begins).toBe(!isWithdrawn);
  if (!isWithdrawn) await run(behind);
  const applied = ["001_base", "002_first", ...(isWithdrawn ? [] : ["003_second"])];
  expect(await state(database)).toEqual({ applied, isSecond: !isWithdrawn, ran: isWithdrawn ? 0 : 1 });
  // Nothing is held back for longer.
  await pass(it);
  expect(await state(database)).toMatchObject({ applied: ["001_base", "002_first", "003_second"], ran: 1 });
});

test("what one file sets does not reach the one that is sent behind it", async ({ database }) => {
  const it = await begun(database, {
    "002_first.sql": "create schema other; set search_path = other; set default_transaction_isolation = serializable;",
    "003_second.sql": `${second} do $$ begin
      if current_setting('transaction_isolation') <> 'read committed' then raise 'leaked'; end if;
    end $$`,
  });
  await pass(it);
  expect(await state(database)).toMatchObject({ isSecond: true });
});

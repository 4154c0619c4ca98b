import { describe, expect } from "vitest";
import { invalidIndexes } from "../../../controller/resources/migration/indexes.ts";
import {
  catalogQuestions,
  readInvalidIndexes,
  remedyFor,
  type CatalogFault,
} from "../../../controller/resources/migration/catalog-faults.ts";
import { quoteIdentifier } from "../../../controller/core/sql.ts";
import { somebody, test, type TestDatabase } from "../../support/postgres.ts";
import type { Server } from "../../../controller/core/ports/postgres.ts";
import { failureOf, migrations, pass, planOf, render, world } from "./kit.ts";

const faults = async (database: TestDatabase): Promise<readonly string[]> => {
  const found: CatalogFault[] = [];
  for (const [sql, read] of catalogQuestions) found.push(...(await database.query(sql)).map(read));
  return found.map((fault) => `${fault.kind} ${fault.name} on ${fault.table}: ${remedyFor(fault) ?? "by hand"}`);
};

const invalidate = (database: TestDatabase, ...names: readonly string[]): Promise<unknown> =>
  database.query("update pg_index set indisvalid = false where indexrelid = any($1::text[]::regclass[])", [names]);

test("what the catalog tells is found, with the statement that makes it good", async ({ database }) => {
  await database.query(
    `create table t (n int, m int); create index "By N" on t (n); create index t_m_ccnew on t (m); create index fine on t (m);
     create table p (n int) partition by range (n); create table p1 partition of p for values from (1) to (2);
     create index on only p (n);
     alter table t add constraint "is set" check (n > 0) not valid;
     alter table t add constraint checked check (m > 0)`,
  );
  await invalidate(database, `"By N"`, "t_m_ccnew");
  expect(await faults(database)).toEqual([
    `invalid index public."By N" on public.t: reindex index concurrently public."By N";`,
    "invalid index public.p_n_idx on public.p: by hand",
    "invalid index public.t_m_ccnew on public.t: drop index concurrently public.t_m_ccnew;",
    `unchecked constraint "is set" on public.t: alter table public.t validate constraint "is set";`,
  ]);
});

test("an index that is being built is no fault", async ({ database }) => {
  const { endpoint, signal } = database;
  await database.query("create table t (n int)");
  const writer = await database.server.login(somebody(endpoint), database.name, signal);
  const builder = await database.server.login(somebody(endpoint), database.name, signal);
  await writer.pipeline(["begin", "insert into t values (1)"], signal);
  const building = builder.query("create index concurrently on t (n)", [], signal);
  await expect.poll(() => database.column("select count(*)::int from pg_index where not indisvalid")).toEqual([1]);
  expect(await faults(database)).toEqual([]);
  await writer.close();
  await building;
  await builder.close();
});

/** While an index is built on `t`, by an admin, which waits for a writer. */
async function whileBuilding(database: TestDatabase, statement: string, look: () => Promise<void>): Promise<void> {
  const { endpoint, signal } = database;
  const writer = await database.server.login(somebody(endpoint), database.name, signal);
  const builder = await database.server.login(somebody(endpoint), database.name, signal);
  await writer.pipeline(["begin", "insert into t values (1)"], signal);
  const building = builder.query(statement, [], signal);
  await expect
    .poll(() => database.column("select count(*)::int from pg_stat_progress_create_index where relid = 't'::regclass"))
    .toEqual([1]);
  await look();
  await writer.close();
  await building;
  await builder.close();
}

test("nor for a login that does not see who builds it", async ({ database }) => {
  await database.query(`create table t (n int); alter table t owner to ${quoteIdentifier(database.owner)}`);
  const owner = await database.server.owner(database.signal);
  const seen = async (): Promise<readonly string[]> =>
    (await readInvalidIndexes(owner, database.signal)).map(({ name }) => name);
  await whileBuilding(database, "create index concurrently t_n_ccnew on t (n)", async () =>
    expect(await seen()).toEqual([]),
  );
  await invalidate(database, "t_n_ccnew");
  expect(await seen()).toEqual(["public.t_n_ccnew"]);
});

describe("what a build without a name has left", () => {
  const build = { is: "build-index", table: "t", ifNotExists: false } as const;

  test("is what the server would have called so, and nobody else's", async ({ database }) => {
    const long = "n".repeat(60);
    await database.query(
      `create table t (n int, "${long}" int); create index on t (n); create index on t (n); create index on t (lower(n::text));
       create index on t ("${long}"); create index mine on t (n); create index other_n_idx on t (n); create index fine on t (n)`,
    );
    const all = ["t_n_idx", "t_n_idx1", "t_lower_idx", `t_${"n".repeat(57)}_idx`, "mine", "other_n_idx"];
    await invalidate(database, ...all);
    const found = await invalidIndexes(database.admin, build, database.signal);
    expect(found.toSorted()).toEqual(
      all
        .slice(0, 4)
        .map((name) => `public.${name}`)
        .toSorted(),
    );
  });

  test("is left alone while somebody else builds one there", async ({ database }) => {
    await database.query(`create table t (n int); alter table t owner to ${quoteIdentifier(database.owner)}`);
    const owner = await database.server.owner(database.signal);
    await whileBuilding(database, "create index concurrently on t (n)", async () => {
      for (const session of [database.admin, owner]) {
        expect(await invalidIndexes(session, build, database.signal)).toEqual([]);
      }
    });
  });
});

test("repair builds what is not valid again, drops what is left over, and then nothing is left to do", async ({
  database,
}) => {
  await database.createLedger();
  const it = world(
    database,
    migrations({
      "001_t.sql": "create table t (n int, m int); create index t_n on t (n); create index t_n_ccnew on t (m)",
    }),
  );
  await pass(it);
  await invalidate(database, "t_n", "t_n_ccnew");
  expect(render(await planOf(it))).toEqual([]);
  const plan = await pass(it, { repair: true });
  expect(render(plan)).toEqual(["rebuild migration:index public.t_n", "rebuild migration:index public.t_n_ccnew"]);
  expect(
    await database.query(
      "select indexrelid::regclass::text as name, indisvalid from pg_index where indrelid = 't'::regclass",
    ),
  ).toEqual([{ name: "t_n", indisvalid: true }]);
  expect(await planOf(it, { repair: true })).toEqual([]);
  // The same actions once more find nothing to do.
  const { carryOut } = await import("./kit.ts");
  expect(await carryOut(it, plan)).toEqual([{ note: "valid, or being built" }, { note: "valid, or being built" }]);
});

test("one that cannot be built again says why, and leaves nothing more behind", async ({ database }) => {
  await database.createLedger();
  const it = world(
    database,
    migrations({ "001_t.sql": "create table t (n int); create unique index t_n on t (n); insert into t values (1)" }),
  );
  await pass(it);
  await database.query("update pg_index set indisvalid = false, indisready = false where indexrelid = 't_n'::regclass");
  await database.query(`set role ${quoteIdentifier(database.owner)}; insert into t values (1); reset role`);
  const { facts } = await failureOf(pass(it, { repair: true }));
  expect(facts.code).toBe("MIGRATION_FAILED");
  expect(facts.what).toMatch(/^index public\.t_n could not be rebuilt: could not create unique index/);
  expect(facts.details).toContain("detail: Key (n)=(1) is duplicated.");
  expect(
    await database.column("select indexrelid::regclass::text from pg_index where indrelid = 't'::regclass"),
  ).toEqual(["t_n"]);
  await database.query("delete from t where ctid = (select max(ctid) from t)");
  await pass(it, { repair: true });
  expect(await faults(database)).toEqual([]);
});

describe("after a rebuild that failed", () => {
  const long = "i".repeat(63);
  const names = "select indexrelid::regclass::text from pg_index where indrelid = 't'::regclass order by 1";

  /** Its REINDEX fails, and what this tells happens meanwhile. @param sent what was asked of the server */
  const failing = (database: TestDatabase, meanwhile: () => Promise<unknown>, sent: string[]): Server => ({
    ...database.server,
    owner: async (signal) => {
      const session = await database.server.owner(signal);
      return {
        ...session,
        query: async (sql, ...given) => {
          sent.push(sql);
          if (!sql.startsWith("reindex")) return session.query(sql, ...given);
          await meanwhile();
          return session.query("select 1 / 0", [], signal);
        },
      };
    },
  });

  const prepared = async (database: TestDatabase, meanwhile: () => Promise<unknown>, sent: string[] = []) => {
    await database.createLedger();
    const project = migrations({ "001_t.sql": `create table t (n int, m int); create index ${long} on t (n)` });
    await pass(world(database, project));
    await invalidate(database, long);
    return world(database, project, failing(database, meanwhile, sent));
  };

  test("its own copies are dropped, and no index of somebody else's", async ({ database }) => {
    const copies = ["_ccnew", "_ccnew12"].map((end) => `${long.slice(0, 63 - end.length)}${end}`);
    const others = ["t_m", "t_m_ccnew", "i_ccnew", `${long.slice(0, 57)}_ccnow`];
    const it = await prepared(database, async () => {
      for (const name of [...copies, ...others]) await database.query(`create index ${name} on t (m)`);
      await database.query(
        `do $$ declare i text; begin for i in select indexrelid::regclass from pg_index where indrelid = 't'::regclass loop
           execute format('alter index %I owner to ${database.owner}', i); end loop; end $$`,
      );
      await invalidate(database, ...copies, ...others);
    });
    expect((await failureOf(pass(it, { repair: true }))).code).toBe("MIGRATION_FAILED");
    expect(await database.column(names)).toEqual([long, ...others].sort());
  });

  test("what another session is building stays", async ({ database }) => {
    const { endpoint, signal } = database;
    const writer = await database.server.login(somebody(endpoint), database.name, signal);
    const builder = await database.server.login(somebody(endpoint), database.name, signal);
    const name = `${long.slice(0, 56)}_ccnew1`;
    let building: Promise<unknown> = Promise.resolve();
    const sent: string[] = [];
    const build = async (): Promise<void> => {
      await writer.pipeline(["begin", "insert into t values (1)"], signal);
      building = builder.query(`create index concurrently ${name} on t (m)`, [], signal);
      await expect.poll(() => database.column(names)).toContain(name);
    };
    const it = await prepared(database, build, sent);
    expect((await failureOf(pass(it, { repair: true }))).code).toBe("MIGRATION_FAILED");
    await writer.close();
    await building;
    await builder.close();
    expect(await database.column(names)).toContain(name);
    expect(sent.filter((sql) => sql.startsWith("drop index"))).toEqual([]);
  });
});

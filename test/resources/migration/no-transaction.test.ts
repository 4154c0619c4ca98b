import { describe, expect } from "vitest";
import { renderPlace } from "../../../controller/core/place.ts";
import type { Server, Session } from "../../../controller/core/ports/postgres.ts";
import { test, type TestDatabase } from "../../support/postgres.ts";
import { failureOf, migrations, pass, planOf, render, world } from "./kit.ts";

const header = "-- poststack: no-transaction\n";
const setup = `create table t (n int, m int); insert into t select i, i % 10 from generate_series(1, 100) i;`;

const ledger = (database: TestDatabase) =>
  database.query(
    `select state, statements_done as done, statement_begun as begun from poststack.schema_migrations where "order" = 2`,
  );
const indexes = (database: TestDatabase) =>
  database.query(
    "select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = to_regclass('t') order by 1",
  );

async function prepared(database: TestDatabase, second: string, rollback = "") {
  await database.createLedger();
  const it = world(
    database,
    migrations({ "001_t.sql": setup, "002_x.sql": header + second, "002_x.rollback.sql": header + rollback }),
  );
  await pass(it, { target: "1" });
  return it;
}

test("each statement by itself, and the row at the end", async ({ database }) => {
  const it = await prepared(
    database,
    `set search_path = public;
create index concurrently t_n on t (n);
create unique index concurrently "T m" on t (n, m);
vacuum t;
create type mood as enum ('a');
alter type mood add value 'b';
create table moods as select 'b'::mood;
drop index concurrently t_n;
create table made (n int);
do $$ begin insert into made values (1); commit; insert into made values (2); end $$;
analyze made`,
  );
  await pass(it);
  expect(await indexes(database)).toEqual([{ name: '"T m"', valid: true }]);
  expect(await database.column("select n from made order by 1")).toEqual([1, 2]);
  expect(await ledger(database)).toEqual([{ state: "applied", done: 11, begun: null }]);
  expect(render(await planOf(it))).toEqual([]);
  expect(it.progress).toContain("statement 2 of 11: create index concurrently t_n on t (n)");
});

test("a failing first statement leaves nothing, neither row nor invalid index, and may be corrected", async ({
  database,
}) => {
  const it = await prepared(database, "create unique index concurrently t_m on t (m);");
  const error = await failureOf(pass(it));
  expect(error.code).toBe("MIGRATION_FAILED");
  expect(error.facts.where && renderPlace(error.facts.where)).toBe("migrations/002_x.sql:2:1");
  expect(String(error.facts.details)).toMatch(/detail: Key \(m\)=\(\d\) is duplicated/);
  expect(await indexes(database)).toEqual([]);
  expect(await ledger(database)).toEqual([]);
  it.project.write("migrations/002_x.sql", `${header}create index concurrently t_m on t (m);`);
  await pass(it);
  expect(await indexes(database)).toEqual([{ name: "t_m", valid: true }]);
});

describe("a later statement fails", () => {
  const first = "set search_path = public;\ncreate table a (n int);\ninsert into a values (1);\n";

  test("what is done stays recorded, the rest may be corrected, and nothing runs twice", async ({ database }) => {
    const it = await prepared(database, `${first}select nothing_there;`);
    const error = await failureOf(pass(it));
    expect(error.facts.where && renderPlace(error.facts.where)).toBe("migrations/002_x.sql:5:8");
    expect(error.facts.next).toContain("its first 3 statements are done");
    expect(await ledger(database)).toEqual([{ state: "started", done: 3, begun: null }]);
    expect(render(await planOf(it))).toEqual(["apply migration:002_x"]);
    it.project.write(
      "migrations/002_x.sql",
      `${header}${first}create table b as select current_setting('search_path') as path;`,
    );
    await pass(it);
    expect(await database.column("select n from a")).toEqual([1]);
    // The settings that came before are there again.
    expect(await database.column("select path from b")).toEqual(["public"]);
    expect(await ledger(database)).toEqual([{ state: "applied", done: 4, begun: null }]);
    expect(render(await planOf(it))).toEqual([]);
  });

  test("a statement that has run may not be edited, which the plan says", async ({ database }) => {
    const it = await prepared(database, `${first}select nothing_there;`);
    await failureOf(pass(it));
    it.project.write("migrations/002_x.sql", `${header}${first.replace("(1)", "(2)")}select 1;`);
    const plan = await planOf(it);
    expect(render(plan)).toEqual(["refuse migration:002_x MIGRATION_EDITED"]);
    expect(plan[0]?.place && renderPlace(plan[0].place)).toBe("migrations/002_x.sql:4:1");
    expect(await database.column("select n from a")).toEqual([1]);
    it.project.write("migrations/002_x.sql", `${header}${first}select 1;`);
    expect(render(await planOf(it))).toEqual(["apply migration:002_x"]);
  });
});

describe("a procedure or block that commits, and fails later", () => {
  const batches = `create table batches (n int);
create procedure load() language plpgsql as $$ begin
  insert into batches values (1); commit; insert into batches values (2); commit; FAIL;
end $$;
`;

  test.for([
    ["a procedure", `${batches}call load();`, "perform 1 / 0", 3],
    ["a procedure that did not get a lock", `${batches}call load();`, "raise exception using errcode = '55P03'", 3],
    [
      "a block as the only statement",
      "do $$ begin insert into t values (1); commit; insert into t values (2); commit; FAIL; end $$;",
      "perform 1 / 0",
      1,
    ],
  ] as const)("%s: what it committed is told, and never doubled", async ([, sql, failure, begun], { database }) => {
    const it = await prepared(database, sql.replace("FAIL", failure));
    const rows = () => database.column(begun === 1 ? "select n from t where m is null" : "select n from batches");
    const error = await failureOf(pass(it));
    expect(error.code).toBe("MIGRATION_INTERRUPTED");
    expect(error.facts.what).toContain("what it had committed before stays");
    expect(error.facts.next).toContain("db resolve 002_x --as applied");
    expect(await ledger(database)).toEqual([{ state: "started", done: begun - 1, begun }]);
    expect(await rows()).toEqual([1, 2]);
    expect((await failureOf(pass(it))).code).toBe("MIGRATION_INTERRUPTED");
    expect(await rows()).toEqual([1, 2]);
    expect(render(await pass(it, { repair: true }))).toEqual([]);
    expect(await ledger(database)).toEqual([{ state: "started", done: begun - 1, begun }]);
    await pass(it, { resolve: { version: "2", as: "applied" } });
    expect(await ledger(database)).toMatchObject([{ state: "applied", begun: null }]);
    expect(render(await planOf(it))).toEqual([]);
    expect(await rows()).toEqual([1, 2]);
  });
});

test("transaction control is refused before anything runs", async ({ database }) => {
  const it = await prepared(database, "create table a (n int);\nbegin; commit;");
  const error = await failureOf(pass(it));
  expect(error.code).toBe("MIGRATION_TRANSACTION");
  expect(error.facts.where && renderPlace(error.facts.where)).toBe("migrations/002_x.sql:3:1");
  expect(await ledger(database)).toEqual([]);
});

/** A server whose owner session is cut just before, or just after, a statement that contains `word` has run. */
function cutting(database: TestDatabase, word: string, when: "before" | "after"): Server {
  let armed = true;
  const cut = async (session: Session): Promise<never> => {
    armed = false;
    const gone = new Promise((resolve) => session.lost.addEventListener("abort", resolve, { once: true }));
    await database.query("select pg_terminate_backend($1)", [session.pid]);
    await gone;
    await database.server.reset();
    throw new Error("cut");
  };
  return {
    ...database.server,
    owner: async (signal) => {
      const session = await database.server.owner(signal);
      return {
        ...session,
        pipeline: async (strings, signal) => {
          const isIt = armed && strings.some((text) => text.includes(word) && !text.includes("poststack."));
          if (isIt && when === "before") return cut(session);
          const rows = await session.pipeline(strings, signal);
          return isIt ? cut(session) : rows;
        },
      };
    },
  };
}

describe("the connection is cut", () => {
  const rows: readonly { name: string; sql: string; word: string; when: "before" | "after"; end: string }[] = [
    {
      name: "before an index is built",
      sql: "create index concurrently t_n on t (n);",
      word: "t_n",
      when: "before",
      end: "applied",
    },
    {
      name: "after an index is built",
      sql: "create index concurrently t_n on t (n);",
      word: "t_n",
      when: "after",
      end: "applied",
    },
    {
      name: "before VACUUM",
      sql: "vacuum t; create index t_n on t (n);",
      word: "vacuum",
      when: "before",
      end: "applied",
    },
    {
      name: "after VACUUM",
      sql: "vacuum t; create index t_n on t (n);",
      word: "vacuum",
      when: "after",
      end: "applied",
    },
    {
      name: "before a statement of a transaction",
      sql: "create index t_n on t (n);",
      word: "t_n",
      when: "before",
      end: "applied",
    },
    {
      name: "after a statement of a transaction",
      sql: "create index t_n on t (n);",
      word: "t_n",
      when: "after",
      end: "applied",
    },
  ];
  test.for(rows.map((row) => [row.name, row] as const))(
    "%s: the next pass finishes it, once",
    async ([, row], { database }) => {
      const { sql, word, when, end } = row;
      const it = await prepared(database, sql);
      await expect(pass(world(database, it.project, cutting(database, word, when)))).rejects.toThrow("cut");
      expect(await ledger(database)).toMatchObject([{ state: "started" }]);
      await pass(it);
      expect(await indexes(database)).toEqual([{ name: "t_n", valid: true }]);
      expect(await ledger(database)).toMatchObject([{ state: end }]);
      expect(render(await planOf(it))).toEqual([]);
    },
  );

  test.for(["before", "after"] as const)(
    "%s an index is dropped: the next pass finds out",
    async (when, { database }) => {
      const it = await prepared(database, "drop index concurrently t_n;");
      await database.query("create index t_n on t (n)");
      await database.query(`alter table t owner to ${database.owner}`);
      await expect(pass(world(database, it.project, cutting(database, "t_n", when)))).rejects.toThrow("cut");
      await pass(it);
      expect(await indexes(database)).toEqual([]);
      expect(render(await planOf(it))).toEqual([]);
    },
  );

  test("where the catalog tells nothing, a person looks, and answers", async ({ database }) => {
    const it = await prepared(
      database,
      "create table a (n int);\ndo $$ begin insert into a values (1); commit; end $$;\ncreate table b (n int);",
    );
    const server = cutting(database, "do $$", "after");
    // The first try, inside a transaction, is refused by the server; the second one is cut.
    await expect(pass(world(database, it.project, server))).rejects.toThrow("cut");
    const error = await failureOf(pass(it));
    expect(error.code).toBe("MIGRATION_INTERRUPTED");
    expect(error.facts.where && renderPlace(error.facts.where)).toBe("migrations/002_x.sql:3:1");
    expect(error.facts.next).toContain("db resolve 002_x --as applied");
    expect(await database.column("select n from a")).toEqual([1]);
    await database.query("create table b (n int)");
    await pass(it, { resolve: { version: "2", as: "applied" } });
    expect(render(await planOf(it))).toEqual([]);
  });
});

/** A server whose owner session is cut once it has been called so often: nothing of the next call arrives. */
function cuttingAfter(database: TestDatabase, calls: number) {
  let made = 0;
  const counted = async <T>(session: Session, send: () => Promise<T>): Promise<T> => {
    const answer = await send();
    if (++made !== calls) return answer;
    const gone = new Promise((resolve) => session.lost.addEventListener("abort", resolve, { once: true }));
    await database.query("select pg_terminate_backend($1)", [session.pid]);
    await gone;
    await database.server.reset();
    throw new Error("cut");
  };
  const server: Server = {
    ...database.server,
    owner: async (signal) => {
      const session = await database.server.owner(signal);
      return {
        ...session,
        query: (...given) => counted(session, () => session.query(...given)),
        pipeline: (...given) => counted(session, () => session.pipeline(...given)),
      };
    },
  };
  return { server, wasCut: () => made >= calls };
}

// Each moment at which the client can die: between two calls. What dies in the middle of one is in crash.test.ts.
test("cut after each call that is made for a file of every kind of statement: the same end, and nothing twice", async ({
  database,
}) => {
  const it = await prepared(
    database,
    `set search_path = public;
create table log (n int);
create unique index concurrently if not exists t_nm on t (n, m);
vacuum t;
insert into log values (1);
drop index concurrently old;
insert into log values (2);`,
  );
  const names =
    "select indexrelid::regclass::text || ' ' || indisvalid from pg_index where indrelid = 't'::regclass order by 1";
  for (let calls = 1; ; calls++) {
    await database.query(
      `drop table if exists log; drop index if exists t_nm, old; create index old on t (m);
       alter table t owner to ${database.owner}; delete from poststack.schema_migrations where "order" = 2`,
    );
    const { server, wasCut } = cuttingAfter(database, calls);
    await pass(world(database, it.project, server)).catch(() => undefined);
    if (!wasCut()) break;
    await pass(it);
    expect({
      calls,
      log: await database.column("select n from log order by 1"),
      indexes: await database.column(names),
      ledger: await ledger(database),
    }).toEqual({
      calls,
      log: [1, 2],
      indexes: ["t_nm true"],
      ledger: [{ state: "applied", done: 7, begun: null }],
    });
  }
}, 180_000);

describe("what nobody but a person can tell", () => {
  const sql = "create table a (n int);\ndo $$ begin insert into a values (1); commit; end $$;\ncreate table b (n int);";
  const interrupted = async (database: TestDatabase) => {
    const it = await prepared(database, sql);
    await expect(pass(world(database, it.project, cutting(database, "do $$", "after")))).rejects.toThrow("cut");
    expect((await failureOf(pass(it))).facts.next).toContain("db resolve 002_x --as rolled-back");
    return it;
  };

  test("is resolved as applied", async ({ database }) => {
    const it = await interrupted(database);
    await database.query("create table b (n int)");
    await pass(it, { resolve: { version: "2", as: "applied" } });
    expect(await ledger(database)).toMatchObject([{ state: "applied", begun: null }]);
    expect(render(await planOf(it))).toEqual([]);
  });

  test("is resolved as rolled back, and runs from its beginning", async ({ database }) => {
    const it = await interrupted(database);
    await database.query("drop table a");
    for (const _ of [1, 2]) await pass(it, { resolve: { version: "2", as: "rolled-back" } });
    expect(await ledger(database)).toEqual([]);
    await pass(it);
    expect(await database.column("select n from a")).toEqual([1]);
    expect(await ledger(database)).toMatchObject([{ state: "applied" }]);
  });
});

test("an index that is not valid is no index: IF NOT EXISTS builds it again", async ({ database }) => {
  const it = await prepared(database, "create index concurrently if not exists t_n on t (n);");
  await database.query("create index t_n on t (n)");
  await database.query("update pg_index set indisvalid = false where indexrelid = 't_n'::regclass");
  const [oid] = await database.column("select 't_n'::regclass::oid");
  await pass(it);
  expect(await indexes(database)).toEqual([{ name: "t_n", valid: true }]);
  expect(await database.column("select 't_n'::regclass::oid")).not.toEqual([oid]);
});

describe("rolling back", () => {
  test("statement by statement, and the row goes", async ({ database }) => {
    const it = await prepared(database, "create index concurrently t_n on t (n);", "drop index concurrently t_n;");
    await pass(it);
    await pass(it, { target: "1", rollback: true });
    expect(await indexes(database)).toEqual([]);
    expect(await ledger(database)).toEqual([]);
  });

  test("interrupted: forward is refused, backward finishes", async ({ database }) => {
    const it = await prepared(
      database,
      "create index concurrently t_n on t (n); create table a (n int)",
      "drop table a;\ndrop index concurrently t_n;",
    );
    await pass(it);
    const cut = world(database, it.project, cutting(database, "drop index", "after"));
    await expect(pass(cut, { target: "1", rollback: true })).rejects.toThrow("cut");
    expect(await ledger(database)).toEqual([{ state: "reverting", done: 1, begun: 2 }]);
    expect(render(await planOf(it))).toEqual(["refuse migration:002_x MIGRATION_INTERRUPTED"]);
    await pass(it, { target: "1", rollback: true });
    expect(await ledger(database)).toEqual([]);
    expect(render(await planOf(it))).toEqual(["apply migration:002_x"]);
  });

  test("one that fails halfway goes on from there once it is corrected, and forward waits for it", async ({
    database,
  }) => {
    const it = await prepared(
      database,
      "create table a (n int); create table b (n int)",
      "drop table a;\ndrop table wrong;",
    );
    await pass(it);
    const { facts } = await failureOf(pass(it, { target: "1", rollback: true }));
    expect(facts.where && renderPlace(facts.where)).toBe("migrations/002_x.rollback.sql:3:1");
    expect(facts.next).toContain("its first 1 statements are done");
    expect(await ledger(database)).toEqual([{ state: "reverting", done: 1, begun: null }]);
    expect(render(await planOf(it))).toEqual(["refuse migration:002_x MIGRATION_INTERRUPTED"]);
    it.project.write("migrations/002_x.rollback.sql", `${header}drop table a;\ndrop table b;`);
    await pass(it, { target: "1", rollback: true });
    expect(await ledger(database)).toEqual([]);
    expect(await database.column("select to_regclass('b') is null")).toEqual([true]);
  });

  test("a first statement that fails leaves the migration applied", async ({ database }) => {
    const it = await prepared(database, "create index concurrently t_n on t (n);", "drop index concurrently wrong;");
    await pass(it);
    const error = await failureOf(pass(it, { target: "1", rollback: true }));
    expect(error.code).toBe("MIGRATION_FAILED");
    expect(error.facts.where && renderPlace(error.facts.where)).toBe("migrations/002_x.rollback.sql:2:1");
    expect(await ledger(database)).toMatchObject([{ state: "applied" }]);
    expect(render(await planOf(it))).toEqual([]);
  });
});

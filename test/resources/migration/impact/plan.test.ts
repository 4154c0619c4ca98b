import { describe, expect } from "vitest";
import type { StatementImpact } from "../../../../controller/core/impact.ts";
import { postgres } from "../../../../controller/adapters/postgres.ts";
import type { Session } from "../../../../controller/core/ports/postgres.ts";
import { somebody, test, type TestDatabase } from "../../../support/postgres.ts";
import { migrations, pass, planOf, world, type World } from "../kit.ts";
import { resourceId } from "../../../../controller/core/id.ts";
import { checksumOf } from "../../../../controller/resources/migration/text.ts";

const first = `
create table customers (id bigint primary key);
create table orders (id bigint primary key, customer_id bigint references customers (id), note varchar(10), code text);
insert into customers values (1);
insert into orders select n, 1, 'a' from generate_series(1, 2000) as n;
create table nobody (id int, note text);
create table events (id int) partition by range (id);
create table events_1 partition of events for values from (1) to (1000);
create table events_2 partition of events for values from (1000) to (9000);
insert into events select n from generate_series(1, 3000) as n;
create index events_id on events (id);
`;

/** A database in which the first file has run, and the others are to. */
async function used(database: TestDatabase, files: Readonly<Record<string, string>>): Promise<World> {
  await database.createLedger();
  const it = world(database, migrations({ "001_first.sql": first }));
  await pass(it);
  for (const [name, text] of Object.entries(files)) it.project.write(`migrations/${name}`, text);
  return it;
}

/** `orders ACCESS EXCLUSIVE moment` of every statement of the plan. */
const told = (statements: readonly StatementImpact[] = []): readonly (readonly string[])[] =>
  statements.map(({ relations }) => relations.map(({ name, lock, work }) => `${name} ${lock} ${work}`));

async function asSomebody(database: TestDatabase, run: (session: Session) => Promise<void>): Promise<void> {
  const { endpoint, signal } = database;
  const session = await postgres("nightly report").connect(endpoint, somebody(endpoint), endpoint.database, signal);
  try {
    await run(session);
  } finally {
    await session.close();
  }
}

describe("the plan of a pending migration", () => {
  test("says what each statement does to what is there, with how large that is", async ({ database }) => {
    const it = await used(database, {
      "002_more.sql":
        "alter table orders alter note type text;\ncreate table fresh (id int);\ncreate index on nobody (id);",
    });
    await database.query("analyze");
    const [action] = await planOf(it);
    expect(action?.statements).toMatchObject([
      {
        statement: "alter table orders alter note type text",
        place: { file: "migrations/002_more.sql", line: 1, column: 1 },
        relations: [{ name: "orders", kind: "table", rows: 2000, indexes: 1, inTheWay: [] }],
      },
      { statement: "create table fresh (id int)", relations: [] },
      { relations: [{ name: "nobody", bytes: 0, lock: "SHARE", blocks: "writes", work: "build" }] },
    ]);
    expect(action?.statements?.[0]?.relations[0]?.bytes).toBeGreaterThanOrEqual(8192 * 10);
    expect(action?.hazards).toEqual([]);
  });

  test("has the hazards of what others feel", async ({ database }) => {
    const it = await used(database, { "002_more.sql": "alter table orders alter note type varchar(5);" });
    const [action] = await planOf(it);
    expect(action?.hazards).toEqual(["lock", "rewrite"]);
  });

  test("a partitioned table is as large as its partitions", async ({ database }) => {
    const it = await used(database, { "002_more.sql": "alter table events add column note text;" });
    await database.query("analyze");
    const [action] = await planOf(it);
    const sizes = action?.statements?.[0]?.relations.map(({ name, rows }) => `${name} ${rows}`);
    expect(sizes?.toSorted()).toEqual(["events 3000", "events_1 999", "events_2 2001"]);
  });

  test("a name means what the statements before it have left", async ({ database }) => {
    const it = await used(database, {
      "002_rename.sql": "alter table orders rename to purchases;\ncreate table orders (id int);",
      "003_both.sql": "alter table orders add a int;\nalter table purchases add a int;\ndrop table nobody;",
      "004_gone.sql": "create table nobody (id int);\ncreate index on nobody (id);",
    });
    const plan = await planOf(it);
    expect(plan.map(({ statements }) => told(statements))).toEqual([
      [["orders ACCESS EXCLUSIVE moment"], []],
      [[], ["orders ACCESS EXCLUSIVE moment"], ["nobody ACCESS EXCLUSIVE moment"]],
      [[], []],
    ]);
  });

  test("a name without a schema is looked for where the file says", async ({ database }) => {
    const path =
      "-- poststack: search-path shop, public\n-- poststack: allow-file domain-constraint because rows are few\n";
    const it = await used(database, {
      "002_shop.sql": `${path}alter table orders alter note type text;\nalter table customers add a int;\nalter domain code add check (value <> '');`,
      "003_rename.sql": `${path}alter table orders rename to purchases;\nalter table orders add b int;`,
      "004_names.sql": "alter table shop.purchases add c int;\nalter table orders add d int;",
    });
    await database.query("create schema shop");
    await database.query("create domain shop.code as text");
    await database.query("create table shop.orders (id int, note char(3), of shop.code)");
    await database.query("insert into shop.orders values (1)");
    const plan = await planOf(it);
    expect(plan.map(({ statements }) => told(statements))).toEqual([
      [["shop.orders ACCESS EXCLUSIVE rewrite"], ["customers ACCESS EXCLUSIVE moment"], ["shop.orders SHARE scan"]],
      [["shop.orders ACCESS EXCLUSIVE moment"], ["orders ACCESS EXCLUSIVE moment"]],
      [["shop.orders ACCESS EXCLUSIVE moment"], ["orders ACCESS EXCLUSIVE moment"]],
    ]);
    expect(plan[0]?.hazards).toEqual(["lock", "rewrite"]);
  });

  test("a CHECK that is there, or comes before, spares SET NOT NULL its scan", async ({ database }) => {
    const it = await used(database, {
      "002_check.sql": "alter table orders add constraint c check (code is not null or id > 0) not valid;",
      "003_check.sql": "alter table orders add constraint d check (customer_id is not null) not valid;",
      "004_validate.sql": "alter table orders validate constraint d;",
      "005_set.sql": "alter table orders alter customer_id set not null;\nalter table orders alter code set not null;",
    });
    const plan = await planOf(it);
    expect(told(plan.at(-1)?.statements)).toEqual([
      ["orders ACCESS EXCLUSIVE moment"],
      ["orders ACCESS EXCLUSIVE scan"],
    ]);
  });

  test("what rules find weighs as much as the table", async ({ database }) => {
    const it = await used(database, {
      "002_small.sql": "create index on nobody (id);\nalter table orders alter note type varchar(20);",
    });
    // Unknown, the index would be a warning; and a longer varchar is no rewrite.
    const [action] = await planOf(it);
    expect(action?.verb).toBe("apply");
    expect(action?.notes).toBeUndefined();
  });

  test("so does that of a repeatable file, and one that cannot run says nothing", async ({ database }) => {
    const it = await used(database, {});
    await database.query("create view notes as select note from orders");
    await database.query(`alter view notes owner to ${database.owner}`);
    const texts = { notes: "create or replace view notes as select note, id from orders;", broken: "commit;" };
    const files = Object.entries(texts).map(([name, text]) => {
      const file = `migrations/repeatable/${name}.sql`;
      it.project.write(file, text);
      return { name, file, id: resourceId("migration", name), checksum: checksumOf(Buffer.from(text)), after: [] };
    });
    const all = await planOf(it, { repeatable: files });
    const plan = all.filter(({ id }) => files.some((file) => file.id === id));
    expect(plan.map(({ verb, statements }) => [verb, told(statements)])).toEqual([
      ["refuse", []],
      ["repeat", [["notes ACCESS EXCLUSIVE moment", "orders ACCESS SHARE moment"]]],
    ]);
  });

  test("a new database is asked nothing, nor one in which nothing is pending", async ({ database }) => {
    await database.createLedger();
    const it = world(database, migrations({ "001_first.sql": first }));
    const asked = await countQuestions(it);
    const [action] = await planOf(it);
    expect(action?.statements).toBeUndefined();
    await pass(it);
    expect(await planOf(it)).toEqual([]);
    expect(asked()).toBe(0);
    it.project.write("migrations/002_more.sql", "alter table orders add a int; alter table nobody add a int;");
    it.project.write("migrations/003_more.sql", "drop table events;");
    await planOf(it);
    expect(asked()).toBe(1);
  });
});

/** How often the live catalog was asked. */
async function countQuestions({ database }: World): Promise<() => number> {
  let count = 0;
  const admin = await database.server.admin(database.signal);
  const query = admin.query.bind(admin);
  Object.assign(admin, {
    query: (...args: Parameters<Session["query"]>) => {
      if (args[0].includes("pg_locks")) count++;
      return query(...args);
    },
  });
  return () => count;
}

describe("who is in the way", () => {
  test("is named, with a lock that conflicts, and without the texts of its statement", async ({ database }) => {
    const it = await used(database, {
      "002_more.sql": "alter table orders add a int;\ncreate index on customers (id);\ncreate index on nobody (id);",
    });
    await asSomebody(database, async (session) => {
      const { signal } = database;
      await session.pipeline(
        ["begin", "select from customers", "-- isn't\nupdate orders set code = 'it''s secret' where id = 1"],
        signal,
      );
      const [action] = await planOf(it);
      const [alter, index, other] = action?.statements ?? [];
      expect(alter?.relations[0]?.inTheWay).toMatchObject([
        {
          pid: session.pid,
          application: "nightly report",
          state: "idle in transaction",
          query: "update orders set code = '…' where id = 1",
        },
      ]);
      // It reads, which an index does not mind.
      expect(index?.relations[0]?.inTheWay).toEqual([]);
      expect(other?.relations[0]?.inTheWay).toEqual([]);
      expect(action?.hazards).toEqual(["lock"]);
    });
  });

  test("the look itself waits for nobody", async ({ database }) => {
    const it = await used(database, { "002_more.sql": "alter table orders add check (id > 0);" });
    await database.query("analyze orders");
    await asSomebody(database, async (session) => {
      await session.pipeline(["begin", "lock table orders"], database.signal);
      const [action] = await planOf(it);
      // As the last analyse left it.
      expect(action?.statements?.[0]?.relations[0]).toMatchObject({ name: "orders", rows: 2000 });
      expect(action?.statements?.[0]?.relations[0]?.bytes).toBeGreaterThanOrEqual(8192 * 10);
      expect(action?.statements?.[0]?.relations[0]?.inTheWay).toMatchObject([{ pid: session.pid }]);
    });
  });

  test.for(["its index", "its TOAST table's index", "all of them"])(
    "nor where REINDEX locks %s",
    async (what, { database }) => {
      const it = await used(database, {
        "002_more.sql": "alter table orders alter customer_id set not null;\nalter table customers add a int;",
      });
      await database.query("alter table orders add check (customer_id is not null)");
      await database.query("analyze");
      const [toast] = await database.column(
        "select indexrelid::regclass::text from pg_index where indrelid = (select reltoastrelid from pg_class where oid = 'orders'::regclass)",
      );
      const reindex =
        { "its index": "index orders_pkey", "all of them": "table orders" }[what] ?? `index ${String(toast)}`;
      const [before] = await planOf(it);
      await asSomebody(database, async (session) => {
        await session.pipeline(["begin", `reindex ${reindex}`], database.signal);
        const [action] = await planOf(it);
        // The table itself is open: what its CHECK says is still known.
        expect(told(action?.statements)[0]).toEqual(["orders ACCESS EXCLUSIVE moment"]);
        const [orders] = action?.statements?.[0]?.relations ?? [];
        expect(orders?.bytes).toBeGreaterThanOrEqual(8192 * 10);
        expect(orders?.indexBytes).toBe(before?.statements?.[0]?.relations[0]?.indexBytes);
        // Nobody keeps that one from being measured.
        expect(action?.statements?.[1]).toEqual(before?.statements?.[1]);
      });
    },
  );

  test("nor where a lock comes after it has looked for locks", async ({ database }) => {
    const it = await used(database, { "002_more.sql": "alter table orders add a int;" });
    await database.query("analyze orders");
    const { admin } = database;
    const query = admin.query.bind(admin);
    const sawNone = (sql: string): string => sql.replace("locktype = 'relation'", "locktype = 'none yet'");
    Object.assign(admin, {
      query: (...[sql, ...rest]: Parameters<Session["query"]>) => query(sawNone(sql), ...rest),
    });
    await asSomebody(database, async (session) => {
      await session.pipeline(["begin", "lock table orders"], database.signal);
      const [action] = await planOf(it);
      const [orders] = action?.statements?.[0]?.relations ?? [];
      expect(orders).toMatchObject({ name: "orders", rows: 2000 });
      expect(orders?.bytes).toBeGreaterThanOrEqual(8192 * 10);
      expect(await database.column("show lock_timeout")).toEqual(["0"]);
    });
  });
});

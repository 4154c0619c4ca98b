// Each tool's ledger, made as that tool's source has it, is taken over: after that the first plan is empty.
import { describe, expect, test as plainTest } from "vitest";
import { createHash } from "node:crypto";
import { projectFiles } from "../../../../controller/adapters/files.ts";
import { listForeign } from "../../../../controller/config/migration-formats/formats.ts";
import { rewritten } from "../../../../controller/config/migration-formats/rewrite.ts";
import { readMigrations, readTexts } from "../../../../controller/config/migrations.ts";
import { namesOfRepeatables, readRepeatables } from "../../../../controller/config/desired/repeatable.ts";
import { gatherProblems } from "../../../../controller/config/problems.ts";
import type { ForeignFormat } from "../../../../controller/resources/migration/import/formats.ts";
import { flywayChecksum, judge, ledgerShapes } from "../../../../controller/resources/migration/import/ledgers.ts";
import { resourceId } from "../../../../controller/core/id.ts";
import { diff } from "../../../../controller/resources/migration/diff.ts";
import type {
  DesiredMigrations,
  MigrationAction,
  NamedMigration,
} from "../../../../controller/resources/migration/model.ts";
import { readForward, readRollback, readSource } from "../../../../controller/resources/migration/source.ts";
import { test, type TestDatabase } from "../../../support/postgres.ts";
import { observe } from "../../../../controller/resources/migration/observe.ts";
import { corpusPath, hasCorpus } from "../../../support/corpus.ts";
import { projectWith } from "../../../support/project.ts";
import { carryOut, migrations, render, world, type World } from "../kit.ts";

const place = { file: ".poststack.yml", line: 2, column: 3 };
const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

interface Case {
  readonly files: Readonly<Record<string, string>>;
  /** What the tool's own runs have left, also in the schema. */
  readonly ledger: string;
  /** The first plan, and what is in the database when all is applied. */
  readonly plan: readonly string[];
}

const users = "create table users (id int);\n";
const posts = "create table posts (id int);\n";
const deployed = `BEGIN;\n${users}COMMIT;\n`;
const ran = "create table users (id int);";

const cases: Readonly<Record<ForeignFormat, Case>> = {
  dbmate: {
    files: {
      "001_users.sql": `-- migrate:up\n${users}\n-- migrate:down\ndrop table users;\n`,
      "002_posts.sql": `-- migrate:up transaction:false\n${posts}\n-- migrate:down\ndrop table posts;\n`,
    },
    ledger: `${ran} create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values ('001')`,
    plan: ["import migration:all", "apply migration:002_posts"],
  },
  "golang-migrate": {
    files: {
      "1_users.up.sql": users,
      "1_users.down.sql": "drop table users;",
      "2_posts.up.sql": "create index concurrently users_id on users (id);",
      "2_posts.down.sql": "",
    },
    ledger: `${ran} create table schema_migrations (version bigint not null primary key, dirty boolean not null); insert into schema_migrations values (1, false)`,
    plan: ["import migration:all", "apply migration:2_posts"],
  },
  flyway: {
    files: {
      "V1__users.sql": users,
      "V1.9__old.sql": "select 1;",
      "more/V1.10__posts.sql": posts,
      "R__Active_users.sql": "create or replace view active as select id from users;\n",
      "R__Later.sql": "create or replace view later as select id from active;\n",
    },
    ledger: `${ran} create view active as select id from users;
create table flyway_schema_history (installed_rank int primary key, version varchar(50), description varchar(200) not null,
  type varchar(20) not null, script varchar(1000) not null, checksum int, installed_by varchar(100) not null,
  installed_on timestamp not null default now(), execution_time int not null, success boolean not null);
create index flyway_schema_history_s_idx on flyway_schema_history (success);
insert into flyway_schema_history values
  (0, null, '<< Flyway Schema Creation >>', 'SCHEMA', '"app"', null, 'x', now(), 0, true),
  (1, '1', 'users', 'SQL', 'V1__users.sql', ${flywayChecksum(users)}, 'x', now(), 1, true),
  (2, '1.9', 'old', 'SQL', 'V1.9__old.sql', ${flywayChecksum("select 1;")}, 'x', now(), 1, true),
  (3, '1.10', 'posts', 'SQL', 'V1.10__posts.sql', ${flywayChecksum(posts)}, 'x', now(), 1, true),
  (4, '1.10', 'posts', 'UNDO_SQL', 'U1.10__posts.sql', 1, 'x', now(), 1, true),
  (5, null, 'Active users', 'SQL', 'R__Active_users.sql', ${flywayChecksum("create or replace view active as select id from users;\n")}, 'x', now(), 1, true)`,
    plan: ["import migration:all", "apply migration:V1.10__posts", "repeat migration:repeatable/Later"],
  },
  "node-pg-migrate": {
    files: {
      "1600000000000_users.sql": `-- Up Migration\n${users}\n-- Down Migration\ndrop table users;\n`,
      "1600000000001_posts.up.sql": posts,
      "1600000000001_posts.down.sql": "drop table posts;",
    },
    ledger: `${ran} create table pgmigrations (id serial primary key, name varchar(255) not null, run_on timestamp not null); insert into pgmigrations (name, run_on) values ('1600000000000_users', now())`,
    plan: ["import migration:all", "apply migration:1600000000001_posts"],
  },
  sqitch: {
    files: {
      "sqitch.plan":
        "%syntax-version=1.0.0\n%project=shop\n\nusers 2024-01-01T00:00:00Z A <a@b> # first\n@v1 2024-01-01T00:00:00Z A <a@b>\nposts [users] 2024-01-02T00:00:00Z A <a@b>\nusers [users@v1] 2024-01-03T00:00:00Z A <a@b>\n",
      "deploy/users@v1.sql": deployed,
      "revert/users@v1.sql": "BEGIN;\ndrop table users;\nCOMMIT;\n",
      "deploy/posts.sql": posts,
      "deploy/users.sql": "BEGIN;\nalter table users add name text;\nCOMMIT;\n",
      "revert/users.sql": "alter table users drop name;",
    },
    // Deployed: users, posts. Reverted: users as it was reworked, which only the events remember; so do failures.
    ledger: `${ran} ${posts} create schema sqitch;
create table sqitch.projects (project text primary key, uri text unique, created_at timestamptz not null default clock_timestamp(),
  creator_name text not null, creator_email text not null);
create table sqitch.changes (change_id text primary key, script_hash text, change text not null,
  project text not null references sqitch.projects (project) on update cascade, note text not null default '',
  committed_at timestamptz not null default clock_timestamp(), committer_name text not null default 'A', committer_email text not null default 'a@b',
  planned_at timestamptz not null default now(), planner_name text not null default 'A', planner_email text not null default 'a@b',
  unique (project, script_hash));
create table sqitch.tags (tag_id text primary key, tag text not null, project text not null references sqitch.projects (project) on update cascade,
  change_id text not null references sqitch.changes (change_id) on update cascade, note text not null default '', unique (project, tag));
create table sqitch.dependencies (change_id text not null references sqitch.changes (change_id) on update cascade on delete cascade,
  type text not null, dependency text not null, dependency_id text references sqitch.changes (change_id) on update cascade,
  primary key (change_id, dependency));
create table sqitch.events (event text not null check (event in ('deploy', 'revert', 'fail', 'merge')), change_id text not null, change text not null,
  project text not null references sqitch.projects (project) on update cascade, note text not null default '',
  requires text[] not null default '{}', conflicts text[] not null default '{}', tags text[] not null default '{}',
  committed_at timestamptz not null default clock_timestamp(), primary key (change_id, committed_at));
insert into sqitch.projects values ('shop', null, now(), 'A', 'a@b'), ('other', null, now(), 'A', 'a@b');
insert into sqitch.changes (change_id, script_hash, change, project) values
  ('a1', '${sha1(deployed)}', 'users', 'shop'), ('a2', '${sha1(posts)}', 'posts', 'shop'), ('b1', 'h1', 'posts', 'other');
insert into sqitch.tags values ('t1', '@v1', 'shop', 'a1');
insert into sqitch.dependencies values ('a2', 'require', 'users', 'a1');
insert into sqitch.events (event, change_id, change, project) values ('deploy', 'a1', 'users', 'shop'), ('deploy', 'a2', 'posts', 'shop'),
  ('fail', 'a3', 'users', 'shop'), ('deploy', 'a3', 'users', 'shop'), ('revert', 'a3', 'users', 'shop')`,
    plan: ["import migration:all", "apply migration:users"],
  },
  diesel: {
    files: {
      "2024-01-01-000000_users/up.sql": users,
      "2024-01-01-000000_users/down.sql": "drop table users;",
      "2024-01-02-000000-0000_posts/up.sql": "create index concurrently users_id on users (id);",
      "2024-01-02-000000-0000_posts/down.sql": "",
      "2024-01-02-000000-0000_posts/metadata.toml": "run_in_transaction = false\n",
    },
    ledger: `${ran} create table __diesel_schema_migrations (version varchar(50) primary key, run_on timestamp not null default current_timestamp); insert into __diesel_schema_migrations (version) values ('20240101000000')`,
    plan: ["import migration:all", "apply migration:2024-01-02-000000-0000_posts"],
  },
  prisma: {
    files: {
      "0_init/migration.sql": users,
      "20240102000000_posts/migration.sql": posts,
      "migration_lock.toml": 'provider = "postgresql"\n',
    },
    ledger: `${ran} create table _prisma_migrations (id varchar(36) primary key, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
  logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0);
insert into _prisma_migrations values ('1', '${sha256(users)}', now(), '0_init', null, null, now(), 1), ('2', 'x', null, '20240102000000_posts', 'failed', now(), now(), 0)`,
    plan: ["import migration:all", "apply migration:20240102000000_posts"],
  },
};

const common = {
  ...{ folder: "migrations", rollback: false, replay: false, repair: false, rehearse: false },
  dependsOn: [],
  place,
};

/** What the files of another tool wish, as the configuration would have it. */
function wishOf({ ports }: World, format: ForeignFormat): DesiredMigrations {
  const listing = listForeign(ports.files, "migrations", format);
  const { migrations: files, errors } = readTexts(ports.files, listing.migrations, place);
  expect([...listing.errors, ...errors]).toEqual([]);
  const problems = gatherProblems();
  const repeatable = readRepeatables(ports.files, "migrations", listing.repeatable, problems);
  problems.throwAny();
  const project = listing.project === undefined ? {} : { project: listing.project };
  const common = {
    folder: "migrations",
    rollback: false,
    replay: false,
    repair: false,
    rehearse: false,
    dependsOn: [],
    place,
  };
  return { ...common, files, repeatable, takesOver: { format, ...project } };
}

async function planOf(it: World, format: ForeignFormat): Promise<readonly MigrationAction[]> {
  const desired = wishOf(it, format);
  return diff([desired], await observe([desired], it.ports, it.database.signal));
}

/** As the environment's owner, who would have run that tool. */
async function staged(database: TestDatabase, files: Readonly<Record<string, string>>, sql: string): Promise<World> {
  const it = world(database, migrations(files));
  await database.createLedger();
  const session = await database.server.owner(database.signal);
  await session.pipeline([sql], database.signal);
  return it;
}

describe("a ledger is taken over, what remains runs, and then nothing is to be done", () => {
  for (const [name, { files, ledger, plan }] of Object.entries(cases)) {
    const format = name as ForeignFormat;
    test(format, async ({ database }) => {
      const it = await staged(database, files, ledger);
      const { table: name, schema = "public" } = ledgerShapes[format];
      const table = `${schema}.${name}`;
      const before = await database.column(`select json_agg(t)::text from ${table} t`);
      const first = await planOf(it, format);
      expect(render(first)).toEqual(plan);
      await carryOut(it, first);
      expect(render(await planOf(it, format))).toEqual([]);
      expect(await database.column(`select json_agg(t)::text from ${table} t`), "their ledger is as it was").toEqual(
        before,
      );
    });
  }
});

test("a record is read by the admin, and nothing that users have written runs with that", async ({ database }) => {
  const { files, ledger, plan } = cases.diesel;
  const trap = `create type trap as enum ('x');
    create function spring(trap) returns json language plpgsql as $$ begin raise 'ran as %', current_user; end $$;
    create cast (trap as json) with function spring(trap)`;
  const it = await staged(
    database,
    files,
    `${trap}; ${ledger}; alter table __diesel_schema_migrations add note trap default 'x'`,
  );
  const actions = await planOf(it, "diesel");
  expect(render(actions)).toEqual(plan);
  await carryOut(it, actions);
  expect(render(await planOf(it, "diesel"))).toEqual([]);
});

// CRC-32 of "ab", as any other program gives it, in the signed number that Java has.
plainTest.each(["ab", "a\nb\n", "a\n\nb"])("Flyway's checksum of %j knows no line ends", (text) => {
  expect(flywayChecksum(text)).toBe(-1635563411);
});

plainTest.each<[name: string, hash: string | null, isTaken: boolean]>([
  ["of the script as it is", sha1(users), true],
  ["of the script with line ends of Windows", sha1(users.replaceAll("\n", "\r\n")), true],
  ["that is none", null, true],
  ["that is the change's id, from before there was one", "c1", true],
  ["of another script", sha1(posts), false],
])("Sqitch's script_hash %s", (_name, hash, isTaken) => {
  const file: NamedMigration = {
    id: resourceId("migration", "users"),
    version: "1",
    order: "1",
    name: "users",
    file: "users.sql",
  };
  const digests = [sha1(users), sha1(users.replaceAll("\n", "\r\n"))];
  const texts = new Map([["1", { text: users, digests }]]);
  const rows = [{ change_id: "c1", change: "users", project: "shop", script_hash: hash }];
  const { applied, problems } = judge("sqitch", rows, { files: [file], texts, repeatable: [], place, folder: "m" });
  expect([[...applied], problems.map(({ code }) => code)]).toEqual(isTaken ? [["1"], []] : [[], ["MIGRATION_EDITED"]]);
});

describe("what cannot be believed is refused, with its place, and nothing is recorded", () => {
  type Refused = readonly [string, ForeignFormat, Readonly<Record<string, string>>, string, readonly string[]];
  const table: readonly Refused[] = [
    [
      "a row without a file",
      "dbmate",
      cases.dbmate.files,
      `${cases.dbmate.ledger}; insert into schema_migrations values ('000')`,
      ["MIGRATION_MISSING .poststack.yml 000"],
    ],
    [
      "a failed run of golang-migrate",
      "golang-migrate",
      cases["golang-migrate"].files,
      `${cases["golang-migrate"].ledger}; update schema_migrations set dirty = true`,
      ["MIGRATION_INTERRUPTED migrations/1_users.up.sql 1_users"],
    ],
    [
      "a head without a file",
      "golang-migrate",
      cases["golang-migrate"].files,
      `${cases["golang-migrate"].ledger}; update schema_migrations set version = 7`,
      ["MIGRATION_MISSING .poststack.yml 7"],
    ],
    [
      "a failed run of Flyway",
      "flyway",
      cases.flyway.files,
      `${cases.flyway.ledger}; update flyway_schema_history set success = false where installed_rank = 2`,
      ["MIGRATION_INTERRUPTED migrations/V1.9__old.sql V1.9__old"],
    ],
    [
      "an edited file of Flyway",
      "flyway",
      { ...cases.flyway.files, "V1__users.sql": "select 2;" },
      cases.flyway.ledger,
      ["MIGRATION_EDITED migrations/V1__users.sql V1__users"],
    ],
    [
      "a failed run of Prisma",
      "prisma",
      cases.prisma.files,
      `${cases.prisma.ledger}; update _prisma_migrations set rolled_back_at = null`,
      ["MIGRATION_INTERRUPTED migrations/20240102000000_posts/migration.sql 20240102000000_posts"],
    ],
    [
      "an edited file of Prisma",
      "prisma",
      { ...cases.prisma.files, "0_init/migration.sql": "select 2;" },
      cases.prisma.ledger,
      ["MIGRATION_EDITED migrations/0_init/migration.sql 0_init"],
    ],
    [
      "a change that the plan does not have",
      "sqitch",
      cases.sqitch.files,
      `${cases.sqitch.ledger}; insert into sqitch.changes (change_id, script_hash, change, project) values ('z', 'z', 'gone', 'shop')`,
      ["MIGRATION_MISSING .poststack.yml gone"],
    ],
    [
      "an edited script of Sqitch",
      "sqitch",
      { ...cases.sqitch.files, "deploy/posts.sql": "select 2;" },
      cases.sqitch.ledger,
      ["MIGRATION_EDITED migrations/deploy/posts.sql posts"],
    ],
    [
      "two tables that could be it",
      "diesel",
      cases.diesel.files,
      `${cases.diesel.ledger}; create schema other; create table other.__diesel_schema_migrations (version text, run_on timestamp)`,
      ["BASELINE_REQUIRED .poststack.yml other.__diesel_schema_migrations"],
    ],
  ];
  for (const [name, format, files, ledger, expected] of table) {
    test(name, async ({ database }) => {
      const it = await staged(database, files, ledger);
      const plan = await planOf(it, format);
      expect(
        plan.flatMap((action) =>
          action.verb === "refuse"
            ? [`${action.error.code} ${action.error.where?.file ?? ""} ${action.error.what.split(" ")[0] ?? ""}`]
            : [],
        ),
      ).toEqual(expected);
      expect(plan.every(({ verb }) => verb === "refuse")).toBe(true);
    });
  }
});

describe("written as ordinary files", () => {
  for (const [name, { files, ledger, plan }] of Object.entries(cases)) {
    const format = name as ForeignFormat;
    test(`${format}: their ledger is taken over as well, and one that was taken over before still fits`, async ({
      database,
    }) => {
      const it = await staged(database, files, ledger);
      const written = world(database, projectWith(Object.fromEntries(writtenFiles(it, format))));
      expect((await oursOf(written, format)).map(({ verb }) => verb)).toEqual(plan.map((line) => line.split(" ")[0]));
      await carryOut(it, await planOf(it, format));
      expect(render(await oursOf(written, format))).toEqual([]);
    });
  }

  function writtenFiles({ ports: { files } }: World, format: ForeignFormat): ReadonlyMap<string, string> {
    const { migrations: named, repeatable } = listForeign(files, "migrations", format);
    return rewritten(
      "migrations",
      named.map((migration) => ({
        migration,
        forward: readForward(migration, files).text,
        back: readRollback(migration, files)?.text,
      })),
      repeatable.map(({ name, path }) => ({ name, text: readSource(`migrations/${path}`, files).text })),
    );
  }

  async function oursOf(it: World, format: ForeignFormat): Promise<readonly MigrationAction[]> {
    const { files: from } = it.ports;
    const problems = gatherProblems();
    const repeatable = readRepeatables(from, "migrations", namesOfRepeatables(from, "migrations"), problems);
    problems.throwAny();
    const files = readMigrations(from, "migrations", place);
    const project = format === "sqitch" ? { project: "shop" } : {};
    const desired = { ...common, files, repeatable, takesOver: { format, ...project } };
    return diff([desired], await observe([desired], it.ports, it.database.signal));
  }
});

describe("the corpora, with every row that the tool would have left", () => {
  const rowOf: Readonly<Record<"diesel" | "prisma", (file: NamedMigration, text: string) => string>> = {
    // diesel: the version is what stands before `_`, without hyphens.
    diesel: ({ version }) => `('${version.replaceAll("-", "")}')`,
    prisma: ({ name }, text) =>
      `('${sha256(name).slice(0, 36)}', '${sha256(text)}', now(), '${name}', null, null, now(), 1)`,
  };
  const tables = {
    diesel:
      "create table __diesel_schema_migrations (version varchar(50) primary key, run_on timestamp not null default current_timestamp); insert into __diesel_schema_migrations (version) values",
    prisma: `${/create table _prisma_migrations[^;]*;/.exec(cases.prisma.ledger)?.[0] ?? ""} insert into _prisma_migrations values`,
  };
  for (const [name, format, count] of [
    ["crates-io", "diesel", 285],
    ["langfuse", "prisma", 434],
  ] as const) {
    test.runIf(hasCorpus)(`${name}: ${count} versions of ${format} are taken over at once`, async ({ database }) => {
      await database.createLedger();
      const base = world(database, migrations({}));
      const it = { ...base, ports: { ...base.ports, files: projectFiles(corpusPath(`migrations/${name}/sql`)) } };
      const { migrations: named } = listForeign(it.ports.files, ".", format);
      const rows = named.map((file) => rowOf[format](file, it.ports.files.read(file.file, { limitBytes: 1e8 })));
      const session = await database.server.owner(database.signal);
      await session.pipeline([`${tables[format]} ${rows.join(", ")}`], database.signal);
      const desired = { ...common, folder: ".", files: readTexts(it.ports.files, named, place).migrations };
      const planned = async (): Promise<readonly MigrationAction[]> => {
        const wish = { ...desired, takesOver: { format } };
        return diff([wish], await observe([wish], it.ports, database.signal));
      };
      const plan = await planned();
      expect(plan.map(({ id, reason }) => `${id} ${reason}`)).toEqual([
        expect.stringMatching(new RegExp(`^migration:all take over ${count} versions from ${format}'s public\\.`)),
      ]);
      await carryOut(it, plan);
      expect(await planned()).toEqual([]);
      expect(
        await database.column("select count(*)::int from poststack.schema_migrations where sql is not null"),
      ).toEqual([count]);
    });
  }
});

// A column gets another name while a program uses it: by an expand, a backfill and a contract, in front of two releases of the
// program, with commands that are killed and a deployment that goes back in between.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Rehearsal } from "../../controller/core/rehearsal.ts";
import { projectRoot } from "../support/build.ts";
import { newProject, planAnswer, type Project } from "../support/scenario.ts";

const rows = 400;
const config = `project: { name: renamed, default_environment: dev }
environments:
  dev:
    postgres: { port: PORT0 }
    deployment:
      procfile: Procfile
      processes:
        web: { ready: { http: "http://127.0.0.1:\${PORT}/" } }
    variables: { PORT: "PORT1" }
`;

/** Writes and reads by the column that its release knows. */
const program = (release: number, column: string): string => `import { createServer } from "node:http";
import pg from "pg";
const pool = new pg.Pool({ connectionString: process.env.POSTSTACK_DATABASE_URL });
pool.on("error", () => undefined);
createServer(async (request, response) => {
  try {
    await pool.query("insert into users (${column}) values ('by release ${release}')");
    const { rows } = await pool.query("select ${column} as name from users order by id limit 1");
    response.end("release ${release}: " + rows[0].name);
  } catch (error) {
    response.statusCode = 500;
    response.end(error.message);
  }
}).listen(process.env.PORT);
`;

const files = {
  ".poststack.yml": config,
  Procfile: "web: node release1.mjs\n",
  "release1.mjs": program(1, "name"),
  "release2.mjs": program(2, "full_name"),
  "migrations/001_users.sql": `create table users (id bigint generated always as identity primary key, name text not null, filled int not null default 0);
insert into users (name) select 'user ' || i from generate_series(1, ${rows}) i;
`,
};
const change = {
  "migrations/002_full_name.expand.sql": `alter table users add full_name text;
create function same_name() returns trigger language plpgsql as $$ begin
  new.full_name := coalesce(new.full_name, new.name);
  new.name := coalesce(new.name, new.full_name);
  return new;
end $$;
create trigger same_name before insert or update on users for each row execute function same_name();
`,
  "migrations/002_full_name.backfill.sql": `-- poststack: batch 25 rate 250/s
update users set full_name = name, filled = filled + 1 where id between $1 and $2;
`,
  "migrations/002_full_name.contract.sql": `drop trigger same_name on users;
drop function same_name();
alter table users drop name, alter full_name set not null;
`,
};

let project: Project;
beforeAll(async () => {
  project = await newProject(files);
  symlinkSync(join(projectRoot, "node_modules"), project.path("node_modules"));
  await project.ok("apply", "--yes");
}, 60_000);
afterAll(() => project.dispose(), 60_000);

const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${project.ports[1]}/`)).text();
const release = (number: number): void => project.edit("Procfile", /release\d/, `release${number}`);
const columns = async (): Promise<unknown> =>
  (
    await project.sql(
      "select attname from pg_attribute where attrelid = 'users'::regclass and attnum > 2 and not attisdropped order by 1",
    )
  ).map(({ attname }) => attname);

/** Verbs and ids; what waits; both without the digests. */
async function planned(): Promise<{ readonly actions: readonly string[]; readonly held: readonly string[] }> {
  const { actions, held = [] } = (await planAnswer(project)) as Awaited<ReturnType<typeof planAnswer>> & {
    readonly held?: readonly { readonly id: string; readonly reason: string }[];
  };
  const told = (text: string): string => text.replaceAll(/release [0-9a-f]{8}/g, "release …");
  return {
    actions: actions.map(({ verb, id }) => `${verb} ${id}`),
    held: held.map(({ id, reason }) => `${id} held: ${told(reason)}`),
  };
}

/** An apply that is killed as soon as it says this. */
async function applyUntil(
  isMoment: (line: { readonly type?: string; readonly id?: string; readonly line?: string }) => boolean,
) {
  const command = project.start("apply", "--yes", "--json");
  command.onLine((line) => {
    if (isMoment(line)) command.kill("SIGKILL");
  });
  const { signal, text } = await command.ended;
  if (signal !== "SIGKILL") throw new Error(`that moment did not come\n${text}`);
}

test("a rename over two releases, killed, gone back and carried to its end", async () => {
  expect(await ask()).toBe("release 1: user 1");
  for (const [path, text] of Object.entries(change)) project.write(path, text);
  release(2);
  expect(await planned()).toEqual({
    actions: [
      "hold migration:002_full_name.contract",
      "apply migration:002_full_name.expand",
      "apply migration:002_full_name.backfill",
      "replace process:web",
    ],
    held: [],
  });

  // On a copy, which has no rows, the backfill is tried, too; and the contract, as it will run behind them.
  const rehearsed = (await planAnswer(project, "--rehearse")) as { readonly rehearsal?: Rehearsal };
  expect(rehearsed.rehearsal?.migrations.map(({ id }) => id)).toEqual([
    "migration:002_full_name.expand",
    "migration:002_full_name.backfill",
    "migration:002_full_name.contract",
  ]);

  // In the middle of the backfill: the program goes on as it was, on both schemas at once.
  await applyUntil(
    ({ id, line }) => id === "migration:002_full_name.backfill" && line?.startsWith("batch 5:") === true,
  );
  const [progress] = await project.sql("select batches, done_to::int as done from poststack.backfills");
  expect(Number(progress?.["batches"])).toBeGreaterThanOrEqual(5);
  expect(Number(progress?.["done"])).toBeLessThan(rows);
  expect(await ask()).toBe("release 1: user 1");
  expect(await planned()).toEqual({
    actions: ["apply migration:002_full_name.backfill", "replace process:web"],
    held: ["migration:002_full_name.contract held: process web still runs release …"],
  });

  // When the new release has taken over, and before the contract.
  await applyUntil(({ type, id }) => type === "end" && id === "process:web");
  expect(await ask()).toBe("release 2: user 1");
  expect(await project.sql(`select filled, count(*)::int as rows from users where id <= ${rows} group by 1`)).toEqual([
    { filled: 1, rows },
  ]);
  expect(await planned()).toEqual({ actions: ["apply migration:002_full_name.contract"], held: [] });

  // Somebody goes back to the release before: the files ask for it, and the contract waits all the same.
  release(1);
  const back = await project.ok("apply", "--yes");
  expect(back.text).toMatch(
    /‖ migration:002_full_name\.contract {2}held: process web runs release [0-9a-f]{8} again, which is older than this/,
  );
  expect(await ask()).toBe("release 1: user 1");
  expect((await planned()).actions).toEqual([]);
  // It is no drift, and no secret either.
  const why = /process web runs release [0-9a-f]{8} again, which is older than this/;
  const status = await project.ok("status");
  expect(status.stdout).toMatch(/, 0 pending, 1 held$/m);
  expect(status.stdout).toMatch(why);
  expect(status.stdout).toContain("No drift");
  const listed = await project.ok("db", "status");
  expect(listed.stdout).toMatch(/002_full_name\.contract +held .*process web runs release/);
  for (const command of [["status"], ["db", "status"]] as const) {
    expect((await project.ok(...command, "--json")).stdout).toMatch(why);
  }

  release(2);
  await project.ok("apply", "--yes");
  expect(await ask()).toBe("release 2: user 1");
  expect(await columns()).toEqual(["filled", "full_name"]);
  expect(await planned()).toEqual({ actions: [], held: [] });
  expect(await project.sql("select count(*)::int as missing from users where full_name is null")).toEqual([
    { missing: 0 },
  ]);
  expect(await project.sql('select name, state from poststack.schema_migrations order by "order"')).toEqual(
    ["001_users", ...["expand", "backfill", "contract"].map((phase) => `002_full_name.${phase}`)].map((name) => ({
      name,
      state: "applied",
    })),
  );
}, 120_000);

test("a process whose program was only changed in its folder is started anew before a contract runs", async () => {
  project.write("migrations/003_filled.sql", "-- poststack: phase contract\nalter table users drop filled;\n");
  await project.ok("apply", "--yes");
  expect(await planned()).toEqual({
    actions: [],
    held: [
      "migration:003_filled held: process web was started before this was in the files: `poststack restart` makes sure of its program",
    ],
  });
  await project.ok("restart", "web", "--yes");
  expect((await planned()).actions).toEqual(["apply migration:003_filled"]);
  await project.ok("apply", "--yes");
  expect(await columns()).toEqual(["full_name"]);
  expect(await ask()).toBe("release 2: user 1");
  // All of it from nothing gives the same schema.
  await project.ok("db", "drift", "--detailed-exitcode");
}, 60_000);

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Missing, type Case } from "../case.ts";
import { poststack, program } from "../poststack.ts";
import { projectRoot } from "../server.ts";
import { database, databaseUrl, forget, migrationProject } from "./migrations.ts";

const tables = 200;

/** With what tables usually have: a key, a foreign key, indexes, a check, defaults. */
const table = (number: number): string => `create table wide_${number} (
  id bigint generated always as identity primary key,
  parent_id bigint ${number === 1 ? "" : `references wide_${number - 1} on delete cascade`},
  name text not null check (name <> ''),
  kind text not null default 'plain',
  price numeric(12, 2) not null default 0,
  made_at timestamptz not null default now(),
  facts jsonb not null default '{}',
  unique (parent_id, name)
);
create index on wide_${number} (made_at);
`;

export const rehearsal: Case = {
  id: "rehearsal",
  title: "one new migration rehearsed on a schema of 200 tables, against copying that schema",
  goal: 1.5,
  rounds: { warmUp: 1, rounds: 9 },
  async set({ folder, home, server }) {
    if (spawnSync("psql", ["--version"]).status !== 0) throw new Missing("psql is not on PATH");
    migrationProject(folder, 0);
    // Of an earlier case.
    await forget(folder, server);
    mkdirSync(join(folder, "migrations"), { recursive: true });
    const all = Array.from({ length: tables }, (_, index) => table(index + 1)).join("");
    writeFileSync(join(folder, "migrations", "001_tables.sql"), all);
    const environment = databaseUrl(server);
    const asked = poststack(["plan", "--rehearse"], { cwd: folder, home });
    const ours = { ...asked, environment: { ...asked.environment, ...environment } };
    const options = { cwd: folder, env: { ...process.env, ...environment } };
    const applied = spawnSync(process.execPath, [program, "apply", "--yes"], options);
    if (applied.status !== 0) throw new Error(String(applied.stderr).slice(-2_000));
    writeFileSync(join(folder, "migrations", "002_new.sql"), "alter table wide_7 add note text;\n");
    writeFileSync(join(folder, "migrations", "002_new.rollback.sql"), "alter table wide_7 drop note;\n");
    return {
      ours,
      other: {
        name: "poststack db dump, psql",
        command: [
          process.execPath,
          join(projectRoot, "bench", "copy-schema.mjs"),
          server.url("postgres"),
          `${database}_copy`,
          join(folder, "copy.sql"),
          program,
        ],
        cwd: folder,
        environment: ours.environment,
      },
    };
  },
};

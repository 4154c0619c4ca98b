import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Missing, type Case } from "../case.ts";
import { poststack } from "../poststack.ts";
import { projectRoot } from "../server.ts";
import { database, databaseUrl, migrationProject } from "./migrations.ts";

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
  set({ folder, home, server }) {
    for (const program of ["pg_dump", "psql"]) {
      if (spawnSync(program, ["--version"]).status !== 0) throw new Missing(`${program} is not on PATH`);
    }
    migrationProject(folder, 0);
    mkdirSync(join(folder, "migrations"), { recursive: true });
    const all = Array.from({ length: tables }, (_, index) => table(index + 1)).join("");
    writeFileSync(join(folder, "migrations", "001_tables.sql"), all);
    const environment = databaseUrl(server);
    const ours = poststack(["plan", "--rehearse"], { cwd: folder, home });
    const [node, program] = ours.command;
    const options = { cwd: folder, env: { ...process.env, ...environment } };
    const applied = spawnSync(node, [program ?? "", "apply", "--yes"], options);
    if (applied.status !== 0) throw new Error(String(applied.stderr));
    writeFileSync(join(folder, "migrations", "002_new.sql"), "alter table wide_7 add note text;\n");
    writeFileSync(join(folder, "migrations", "002_new.rollback.sql"), "alter table wide_7 drop note;\n");
    return Promise.resolve({
      ours: { ...ours, environment: { ...ours.environment, ...environment } },
      other: {
        name: "pg_dump --schema-only, psql",
        command: [
          process.execPath,
          join(projectRoot, "bench", "copy-schema.mjs"),
          server.url("postgres"),
          database,
          join(folder, "copy.sql"),
        ],
        cwd: folder,
      },
    });
  },
};

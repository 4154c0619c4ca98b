import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "../server.ts";

export const database = "bench";
const role = "bench_owner";

/** A project with an external server and so many small migrations, in files that dbmate takes as well. */
export function migrationProject(root: string, count: number): void {
  mkdirSync(join(root, "migrations"), { recursive: true });
  const width = String(count).length;
  for (let number = 1; number <= count; number++) {
    const version = String(number).padStart(width, "0");
    writeFileSync(
      join(root, "migrations", `${version}_table_${version}.sql`),
      `-- migrate:up\ncreate table t_${version} (id bigint primary key, name text not null, made_at timestamptz);\n\n-- migrate:down\n`,
    );
  }
  writeFileSync(
    join(root, ".poststack.yml"),
    `project: { name: bench }
environments:
  production:
    postgres:
      provider: external
      url: { env: BENCH_DATABASE_URL }
      database: ${database}
      user: ${role}
      sslmode: disable
`,
  );
}

/** For the configuration's `url`: the superuser of the bench's server. */
export const databaseUrl = (server: Server): Readonly<Record<string, string>> => ({
  BENCH_DATABASE_URL: server.url("postgres"),
});

let moved = 0;

/**
 * Nothing is there: no database, no role, no state. What an earlier run has made moves out of the way: dropping it deletes
 * thousands of files, and ext4 looks at every one of them again for minutes when new ones are made.
 */
export async function forget(root: string, server: Server): Promise<void> {
  rmSync(join(root, ".poststack"), { recursive: true, force: true });
  const [found] = await server.query(`select 1 from pg_database where datname = '${database}'`);
  if (found !== undefined) await server.query(`alter database ${database} rename to ${database}_${++moved}`);
  const [owner] = await server.query(`select 1 from pg_roles where rolname = '${role}'`);
  if (owner !== undefined) await server.query(`alter role ${role} rename to ${role}_${++moved}`);
}

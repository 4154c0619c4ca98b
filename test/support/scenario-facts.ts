import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";
import type { Project, SqlOptions } from "./scenario.ts";

/**
 * Everything below a folder: path, mode and content. What a running server does by itself in its data directory and its
 * log is left out.
 */
export function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const visit = (path: string): readonly string[] => {
    const stats = lstatSync(path);
    const name = relative(folder, path);
    if (/(?:^|\/)(?:postgres|postgres\.log|socket)$/.test(name)) return [name];
    const head = `${name} ${(stats.mode & 0o777).toString(8)}`;
    if (stats.isSymbolicLink()) return [`${head} → ${readlinkSync(path)}`];
    if (!stats.isDirectory())
      return [`${head} ${createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 12)}`];
    return [
      head,
      ...readdirSync(path)
        .toSorted()
        .flatMap((one) => visit(join(path, one))),
    ];
  };
  return visit(folder);
}

/** What a pass could change in a server: its objects, roles, databases, our ledger, and the rows of every table. */
export async function databaseFacts(project: Project, options: SqlOptions = {}): Promise<readonly unknown[]> {
  const facts = await project.sql(
    `select format('%s %s %s %s', c.oid, c.relfilenode, c.oid::regclass, c.relacl) as fact from pg_class c
       join pg_namespace n on n.oid = c.relnamespace where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
     union all select format('role %s %s %s', r.oid, r.rolname, a) from pg_roles r, lateral (select md5(x::text) as a from pg_authid x where x.oid = r.oid) y
     union all select format('database %s %s %s', oid, datname, shobj_description(oid, 'pg_database')) from pg_database
     union all select to_jsonb(m)::text from poststack.schema_migrations m
     union all select to_jsonb(j)::text from poststack.job_runs j
     order by 1`,
    options,
  );
  return facts.map(({ fact }) => fact);
}

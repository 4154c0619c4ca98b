import type { Ports } from "../../core/ports.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import { sqlFailure } from "../../core/sql.ts";
import type { DesiredExtension, ObservedExtension } from "./model.ts";

/**
 * The installed extensions that are desired or ours; and, when one is desired that is not installed as wished, every
 * extension that the server could install. Listing those reads files on the server, so it is not done without need.
 */
export async function observe(
  desired: readonly DesiredExtension[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedExtension[]> {
  const database = await ports.server.database(signal);
  if (database === undefined) {
    if (desired.length === 0) return [];
    return [...(await available(await ports.server.admin(signal), signal))].map(([name, availableVersions]) => ({
      name,
      availableVersions,
    }));
  }
  const names = desired.map(({ name }) => name);
  const installed = await installedExtensions(database, names, signal);
  const asWished = ({ name, version }: DesiredExtension): boolean => {
    const there = installed.get(name);
    return there !== undefined && (version === undefined || version === there.version);
  };
  const versions = desired.every(asWished) ? new Map<string, readonly string[]>() : await available(database, signal);
  return [...new Set([...installed.keys(), ...versions.keys()])].map((name) => {
    const there = installed.get(name);
    return { name, ...(there === undefined ? {} : { installed: there }), availableVersions: versions.get(name) ?? [] };
  });
}

type Installed = NonNullable<ObservedExtension["installed"]>;

const installedSql = (isOurs: string): string => `
select e.extname as name, e.extversion as version, n.nspname as schema, e.oid::int8 as oid, e.extrelocatable as relocatable,
  ${isOurs} as ours,
  (
    select coalesce(json_agg(distinct other.extname), '[]') from pg_catalog.pg_depend d
      join pg_catalog.pg_extension other on other.oid = d.objid
    where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = e.oid
      and d.classid = 'pg_catalog.pg_extension'::regclass
  ) as needed_by
from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
where e.extname = any($1) or ${isOurs}`;

const inLedger = `exists (select from poststack.objects o where o.kind = 'extension' and o.name = e.extname and o.oid = e.oid)`;

async function installedExtensions(
  session: Session,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Installed>> {
  const rows = await session.query(installedSql(inLedger), [names], signal).catch((error: unknown) => {
    // undefined_table, invalid_schema_name, insufficient_privilege: no ledger of ours, so nothing is ours.
    if (!["42P01", "3F000", "42501"].includes(sqlFailure(error)?.sqlState ?? "")) throw error;
    return session.query(installedSql("false"), [names], signal);
  });
  return new Map(rows.map((row) => [String(row.name), installedExtension(row)]));
}

const installedExtension = (row: Row): Installed => ({
  version: String(row.version),
  schema: String(row.schema),
  oid: Number(row.oid),
  ours: row.ours === true,
  relocatable: row.relocatable === true,
  neededBy: Array.isArray(row.needed_by) ? row.needed_by.filter((name) => typeof name === "string").sort() : [],
});

async function available(session: Session, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await session.query(
    "select name, json_agg(version order by version) as versions from pg_catalog.pg_available_extension_versions group by name",
    [],
    signal,
  );
  return new Map(
    rows.map((row) => [String(row.name), Array.isArray(row.versions) ? row.versions.map((one) => String(one)) : []]),
  );
}

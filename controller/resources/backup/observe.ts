import { fromFacts, PoststackError, type ErrorFacts } from "../../core/errors.ts";
import { isMarked } from "../../core/mark.ts";
import type { Ports } from "../../core/ports.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import { askedOnCatalogPath, quoteLiteral, sqlFailure } from "../../core/sql.ts";
import { backupsIn } from "./folder.ts";
import { parseManifest } from "./manifest.ts";
import type { Candidate, DesiredBackup, ObservedBackup, ObservedCluster, Programs, Restored } from "./model.ts";
import { clusterSql } from "./physical/online.ts";
import { discardedBeside, leftBeside, namesIn } from "./restore/beside.ts";

/** Where the ledger keeps which backup the database came from. */
export const restoredKey = "restored";

/** The files, the database, and what could make a backup of it. */
export function observe(
  desired: readonly DesiredBackup[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedBackup[]> {
  return Promise.all(desired.map((one) => observeOne(one, ports, signal)));
}

async function observeOne(desired: DesiredBackup, ports: Ports, signal: AbortSignal): Promise<ObservedBackup> {
  const session = await ports.server.admin(signal);
  const { wish } = desired;
  const isAsked = wish.type !== "none" || desired.gate !== "never";
  const tools = isAsked ? programsFor(desired, session.version, ports) : undefined;
  const mayBeCopied = desired.embedded !== undefined && isAsked && (tools === undefined || wish.type === "restore");
  const [[row = {}], [identity], ledger, cluster] = await Promise.all([
    session.query(askedOnCatalogPath(databaseSql(desired)), [], signal),
    systemIdentifier(session, signal),
    ledgerFacts(session, signal),
    mayBeCopied ? clusterFacts(desired, session, signal) : undefined,
  ]);
  const [occupied] = wish.type === "take" && wish.output !== undefined ? ports.backups.occupied(wish.output) : [];
  const candidate = wish.type === "restore" ? await candidateAt(wish.file, ports, signal) : undefined;
  return {
    id: desired.id,
    serverVersion: session.version,
    ...(typeof identity?.["id"] === "string" ? { systemIdentifier: identity["id"] } : {}),
    database: row["ours"] === true ? "ours" : row["there"] === true ? "foreign" : "absent",
    ...ledger,
    sessions: sessionsIn(row["sessions"]),
    leftovers: namesIn(row["leftovers"]),
    discarded: namesIn(row["discarded"]),
    unpacked: desired.embedded === undefined ? [] : ports.embedded.copies.leftovers(),
    tools,
    ...(cluster === undefined ? {} : { cluster }),
    backups: backupsIn(desired, ports),
    ...(candidate === undefined ? {} : { candidate }),
    ...(occupied === undefined ? {} : { occupied }),
  };
}

/** What goes and comes with a copy of the whole server, and whether there can be one. */
async function clusterFacts(
  { endpoint: { database } }: DesiredBackup,
  session: Session,
  signal: AbortSignal,
): Promise<ObservedCluster> {
  const [row = {}] = await session.query(askedOnCatalogPath(clusterSql(database)), [], signal);
  const { obstacle, databases, roles } = row;
  return {
    databases: Array.isArray(databases) ? databases.map(String) : [],
    roles: Array.isArray(roles) ? roles.map(String) : [],
    sessions: sessionsIn(row["sessions"]),
    ...(typeof obstacle === "string" ? { obstacle } : {}),
  };
}

function programsFor({ container }: DesiredBackup, version: number, { backups }: Ports): Programs | undefined {
  if (container !== undefined) return { on: "container", name: container };
  const found = backups.programs(Math.floor(version / 10_000));
  return found === undefined ? undefined : { on: "machine", bin: found.bin, major: found.major };
}

/** Sessions of other commands of ours are told too: whoever ends them wants to know. */
const databaseSql = ({ endpoint: { database }, mark }: DesiredBackup): string => {
  const name = quoteLiteral(database);
  const isOurs = isMarked("pg_catalog.shobj_description(d.oid, 'pg_database')", mark, "d.oid");
  return `select
  exists (select from pg_catalog.pg_database where datname = ${name}) as there,
  exists (select from pg_catalog.pg_database d where d.datname = ${name} and ${isOurs}) as ours,
  (select coalesce(json_agg(s order by s.application), '[]') from (
    select coalesce(nullif(application_name, ''), usename, 'unknown') as application, count(*)::int as count
    from pg_catalog.pg_stat_activity where datname = ${name} and backend_type = 'client backend' and pid <> pg_catalog.pg_backend_pid()
    group by 1
  ) s) as sessions,
  ${leftBeside(database, mark)} as leftovers,
  ${discardedBeside(database, mark)} as discarded`;
};

/** Poolers and managed servers may keep it to themselves. */
async function systemIdentifier(session: Session, signal: AbortSignal): Promise<readonly Row[]> {
  return session
    .query(askedOnCatalogPath("select system_identifier::text as id from pg_catalog.pg_control_system()"), [], signal)
    .catch((error: unknown) => {
      if (sqlFailure(error) === undefined) throw error;
      return [];
    });
}

/** The head of the schema and where the database came from; nothing where there is no ledger yet. */
async function ledgerFacts(
  session: Session,
  signal: AbortSignal,
): Promise<Pick<ObservedBackup, "schemaHead" | "restored">> {
  try {
    const [row] = await session.query(
      askedOnCatalogPath(`select (select version from poststack.schema_migrations where state = 'applied' order by "order" desc limit 1) as head,
         (select value from poststack.system_info where key = '${restoredKey}') as restored`),
      [],
      signal,
    );
    const restored = restoredIn(row?.["restored"]);
    return {
      ...(typeof row?.["head"] === "string" ? { schemaHead: row["head"] } : {}),
      ...(restored === undefined ? {} : { restored }),
    };
  } catch (error) {
    // undefined_table, invalid_schema_name, undefined_column, insufficient_privilege
    if (["42P01", "3F000", "42703", "42501"].includes(sqlFailure(error)?.sqlState ?? "")) return {};
    throw error;
  }
}

export const renderRestored = ({ sha256, at }: Restored): string => JSON.stringify({ sha256, at: at.toISOString() });

/** Total: a row of the ledger is input. */
function restoredIn(value: unknown): Restored | undefined {
  const [, sha256, text] = /^\{"sha256":"([0-9a-f]{64})","at":"([0-9TZ:.-]{20,30})"\}$/.exec(String(value)) ?? [];
  const at = new Date(text ?? "");
  return sha256 === undefined || Number.isNaN(at.getTime()) ? undefined : { sha256, at };
}

function sessionsIn(value: unknown): ObservedBackup["sessions"] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Readonly<Record<string, unknown>>[]).map(({ application, count }) => ({
    application: String(application),
    count: Number(count),
  }));
}

/** Bytes of a file without a manifest that a look reads: about a second. */
const unknownLimitBytes = 1024 ** 3;

/**
 * What somebody wants to restore, without reading it where its manifest tells what it is: a look has seconds, and a
 * terabyte takes an hour. Whoever restores it reads it first.
 */
export async function candidateAt(
  path: string,
  { backups }: Pick<Ports, "backups">,
  signal: AbortSignal,
): Promise<Candidate> {
  const none = { path, sizeBytes: 0, sha256: "" };
  const file = backups.find(path);
  if (file === undefined) return { ...none, error: missing(path) };
  const { sizeBytes } = file;
  const manifest = parseManifest(file.manifest);
  if (manifest !== undefined) {
    const isSame = manifest.sizeBytes === sizeBytes;
    return { path, sizeBytes, sha256: manifest.sha256, manifest, ...(isSame ? {} : { error: changed(path) }) };
  }
  if (sizeBytes > unknownLimitBytes) return { ...none, error: unknownAndLarge(path) };
  try {
    return { path, ...(await backups.measure(path, signal)) };
  } catch (error) {
    if (!(error instanceof PoststackError) || signal.aborted) throw error;
    return { ...none, error: error.facts };
  }
}

/** Reads all of it. @throws PoststackError `BACKUP_BROKEN`: it is not what was verified, or what a plan was made for */
export async function checkContent(
  { path, sha256 }: Candidate,
  { backups }: Pick<Ports, "backups">,
  signal: AbortSignal,
): Promise<void> {
  if ((await backups.measure(path, signal)).sha256 !== sha256) throw fromFacts(changed(path));
}

const missing = (path: string): ErrorFacts => ({
  code: "BACKUP_MISSING",
  what: `there is no backup ${path}`,
  next: "`poststack backup list` shows those that there are",
});

const unknownAndLarge = (path: string): ErrorFacts => ({
  code: "BACKUP_BROKEN",
  what: `${path} has no manifest, and is larger than what a plan reads (1 GiB)`,
  next: "restore it with pg_restore into a database of its own, or use one that Poststack has taken",
});

const changed = (path: string): ErrorFacts => ({
  code: "BACKUP_BROKEN",
  what: `${path} is not the file that was verified: its size or its checksum is another`,
  next: "use another backup; this one was changed or cut",
});

import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Session } from "../../../core/ports/postgres.ts";
import { quoteIdentifier, sqlFailure } from "../../../core/sql.ts";
import { restorable } from "../contents.ts";
import type { DesiredBackup } from "../model.ts";
import type { Archive } from "../tools.ts";
import { carryLedger } from "./ledger.ts";

export interface Filling {
  readonly archive: Archive;
  /** The empty database. */
  readonly sibling: string;
  readonly withPrivileges: boolean;
  readonly sha256: string;
  readonly desired: DesiredBackup;
}

/** What came of it. */
export interface Filled {
  /** The newest migration that is recorded. */
  readonly head: string | undefined;
  readonly tables: number;
}

/**
 * What an archive holds becomes the content of a database: extensions first, since they may take a superuser; then
 * everything as the owner; then the ledger, which is the admin's.
 *
 * @throws PoststackError `BACKUP_FAILED`, `BACKUP_UNFIT`, `DISK_FULL`
 */
export async function fill(filling: Filling, ports: Ports, signal: AbortSignal): Promise<Filled> {
  const { archive, sibling, withPrivileges, desired, sha256 } = filling;
  const { endpoint } = desired;
  const there = await installed(ports, signal);
  const fence = ports.server.fence();
  const admin = await ports.server.login(endpoint.admin, sibling, signal);
  try {
    // What the archive holds may be called as what is used here.
    await admin.query("set search_path = pg_catalog, pg_temp", [], signal);
    const schemas = await install(there, endpoint.owner.user, admin, signal);
    const extensions = new Set(there.map(({ name }) => name));
    const list = restorable(archive.list, { owner: endpoint.owner.user, extensions, schemas });
    await archive.restore({ database: sibling, list, withPrivileges });
    const owner = await ports.server.login(endpoint.owner, sibling, signal);
    try {
      const restored = { sha256, at: ports.clock.date() };
      await carryLedger({ owner, admin, ownerName: endpoint.owner.user, mark: desired.mark, fence, restored }, signal);
    } finally {
      await owner.close();
    }
    return await lookedAt(admin, signal);
  } catch (error) {
    throw sqlFailure(error) === undefined ? error : explained(error as PoststackError);
  } finally {
    await admin.close();
  }
}

interface Extension {
  readonly name: string;
  readonly schema: string;
}

/** What the environment's database has now, which somebody with the power for it has let in: no archive decides that. */
async function installed({ server }: Ports, signal: AbortSignal): Promise<readonly Extension[]> {
  const session = await server.admin(signal);
  const rows = await session.query(
    `select e.extname as name, n.nspname as schema from pg_catalog.pg_extension e
     join pg_catalog.pg_namespace n on n.oid = e.extnamespace order by e.oid`,
    [],
    signal,
  );
  return rows.map(({ name, schema }) => ({ name: String(name), schema: String(schema) }));
}

/** @returns the schemas that are there then besides those of every database */
async function install(
  extensions: readonly Extension[],
  owner: string,
  admin: Session,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const schemas = new Set(extensions.map(({ schema }) => schema).filter((name) => !/^(?:public$|pg_)/.test(name)));
  const statements = [
    ...[...schemas].map((name) => `create schema ${quoteIdentifier(name)} authorization ${quoteIdentifier(owner)}`),
    ...extensions.map(
      ({ name, schema }) =>
        `create extension if not exists ${quoteIdentifier(name)} schema ${quoteIdentifier(schema)} cascade`,
    ),
  ];
  if (statements.length > 0) await admin.pipeline(statements, signal);
  return schemas;
}

/** Counting is reading: a catalog or a ledger that cannot be read is no database to go on with. */
async function lookedAt(admin: Session, signal: AbortSignal): Promise<Filled> {
  const [row] = await admin.query(
    `select (select version from poststack.schema_migrations where state = 'applied' order by "order" desc limit 1) as head,
       (select count(*)::int from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'poststack')) as tables`,
    [],
    signal,
  );
  return { head: typeof row?.["head"] === "string" ? row["head"] : undefined, tables: Number(row?.["tables"] ?? 0) };
}

/** A statement of ours that the restored objects made fail. */
const explained = (error: PoststackError): PoststackError =>
  new PoststackError(
    "BACKUP_FAILED",
    {
      what: `what was restored cannot be taken over: ${error.facts.what}`,
      details: error.facts.details ?? [],
      next: "the environment's database is as it was; use another backup",
    },
    { cause: sqlFailure(error) },
  );

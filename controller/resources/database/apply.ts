import { ask } from "../../core/deadline.ts";
import { PoststackError, fromFacts } from "../../core/errors.ts";
import { isMarked } from "../../core/mark.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { done, type Result } from "../../core/resource.ts";
import { quoteIdentifier, quoteLiteral, sqlFailure, unlessSqlState } from "../../core/sql.ts";
import { block, checkFence, runAlone, transact, unlessReplaced } from "../../core/transaction.ts";
import { unreachable } from "../../core/unreachable.ts";
import { ledgerPrivileges } from "../../core/ledger.ts";
import { overwritten } from "./diff.ts";
import { handOver } from "./hand-over.ts";
import { upgradeLedger } from "./ledger.ts";
import { isWitnessed, writeMark, writeWitness } from "./mark.ts";
import type { DatabaseAction, DesiredDatabase } from "./model.ts";

type Of<V extends DatabaseAction["verb"]> = Extract<DatabaseAction, { readonly verb: V }>;

/** @throws PoststackError `NOT_PERMITTED`, `ROLE_MISSING`, `FENCED`, and what a refused action says */
export function apply(action: DatabaseAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "create":
      return createDatabase(action.desired, ports, signal);
    case "update":
      return updateDatabase(action, ports, signal);
    case "drop":
      return dropDatabase(action, ports, signal);
    case "refuse":
      return Promise.reject(fromFacts(action.error));
    default:
      return unreachable(action);
  }
}

/**
 * CREATE DATABASE cannot run in a transaction, so three steps follow each other: the database, its mark, the ledger.
 * A pass that dies in between leaves what the next observe takes for ours, and an update completes it.
 */
async function createDatabase(desired: DesiredDatabase, ports: Ports, signal: AbortSignal): Promise<Result> {
  const session = await ports.server.admin(signal);
  await transact(session, [becomeMember(desired.owner, session.version)], ports, signal, {
    where: desired.place,
  }).catch(roleMissing(desired));
  const owner = quoteIdentifier(desired.owner);
  // template0: what an administrator may have put into template1 is not part of an environment.
  const sql = `create database ${quoteIdentifier(desired.name)} owner ${owner} template template0 encoding 'UTF8'`;
  const outcome = await runAlone(session, sql, ports, signal, { where: desired.place }).then(
    () => "made",
    (error: unknown) => {
      // 42P04 duplicate_database, 23505 for two at once: it may be anybody's. The next observe decides.
      unlessSqlState("42P04", "23505")(error);
      return "there";
    },
  );
  if (outcome === "there") return madeByAnother(desired, session, ports, signal);
  await transact(session, [writeMark(desired, "d.datname = " + quoteLiteral(desired.name))], ports, signal);
  await ports.server.reset();
  const inside = await insideOf(desired, ports, signal);
  await upgradeLedger(inside, desired, ports, signal);
  await transact(inside, [checkFence(ports.server.fence()), writeWitness(desired)], ports, signal);
  return done;
}

/**
 * Somebody was faster: a pass that marks it next, one that was killed and whose statement the server still finished, or a
 * stranger. What depends on the database may go on in the first case only; in the others the next pass looks at it.
 */
async function madeByAnother(
  { name, mark }: DesiredDatabase,
  session: Session,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const isOurs = isMarked("pg_catalog.shobj_description(oid, 'pg_database')", mark, "oid");
  for (let looks = 1; looks <= 10; looks++) {
    const [row] = await ask(
      session,
      `select ${isOurs} as ours, pg_catalog.pg_sleep(0.1) from pg_catalog.pg_database where datname = $1`,
      [name],
      ports.clock,
      signal,
    );
    if (row?.ours === true) return { note: "made meanwhile by another hand" };
  }
  throw new PoststackError("POSTGRES_CONFLICT", { what: `database "${name}" appeared while this pass ran` });
}

async function updateDatabase(action: Of<"update">, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { desired, oid, ownerRole, handsOver: isHandedOver, drift } = action;
  const fields = new Set(drift.map(({ field }) => field));
  const session = await insideOf(desired, ports, signal);
  const name = quoteIdentifier(desired.name);
  const statements = [
    checkFence(ports.server.fence()),
    ...drift.filter(({ field }) => field === "mark").map(({ from }) => writeMark(desired, mayMark(oid, desired, from))),
    stillOurs(desired.name, oid, desired.mark),
    ...(fields.has("owner")
      ? [
          becomeMember(desired.owner, session.version),
          ...(isHandedOver ? [becomeMember(ownerRole, session.version)] : []),
          `alter database ${name} owner to ${quoteIdentifier(desired.owner)}`,
          ...(isHandedOver ? [handOver(ownerRole, desired.owner)] : []),
        ]
      : []),
    ...(fields.has("owner") || fields.has("ledger access") ? [ledgerAccess(desired.owner, ownerRole)] : []),
  ];
  await transact(session, statements, ports, signal, { where: desired.place }).catch(roleMissing(desired));
  if (fields.has("ledger")) await upgradeLedger(session, desired, ports, signal);
  if (fields.has("ledger") || fields.has("mark in its ledger")) {
    await transact(session, [checkFence(ports.server.fence()), writeWitness(desired)], ports, signal);
  }
  return done;
}

/** SQL: what made us take the database (d) for ours, without a mark in its comment (c), still holds. */
const mayMark = (oid: number, { mark }: DesiredDatabase, from: string): string =>
  `d.oid = ${oid} and ${from === overwritten ? isWitnessed(mark) : "c.description is null"}`;

/** With FORCE: the consumers of an environment that goes away may hold connections. Not there already is success. */
async function dropDatabase({ name, oid, mark }: Of<"drop">, ports: Ports, signal: AbortSignal): Promise<Result> {
  await ports.server.reset();
  const session = await ports.server.maintenance(signal);
  try {
    const [row] = await ask(
      session,
      `select ${ours(name, oid, mark)} as ours, exists (select from pg_catalog.pg_database where datname = ${quoteLiteral(name)}) as exists`,
      [],
      ports.clock,
      signal,
    );
    if (row?.exists !== true) return done;
    if (row.ours !== true) {
      throw new PoststackError("POSTGRES_CONFLICT", { what: `database "${name}" was changed while this pass ran` });
    }
    // 3D000 invalid_catalog_name: gone meanwhile.
    await runAlone(session, `drop database ${quoteIdentifier(name)} with (force)`, ports, signal).catch(
      unlessSqlState("3D000"),
    );
  } finally {
    await session.close();
  }
  return done;
}

async function insideOf(desired: DesiredDatabase, ports: Ports, signal: AbortSignal): Promise<Session> {
  const session = await ports.server.database(signal);
  if (session !== undefined) return session;
  throw new PoststackError("POSTGRES_CONFLICT", { what: `database "${desired.name}" vanished while this pass ran` });
}

/**
 * A superuser acts for every role. A lesser admin gives a database only to a role that it is a member of, and needs its
 * privileges later to grant on the objects inside; since 16 both are options of a membership.
 */
function becomeMember(owner: string, version: number): string {
  const literal = quoteLiteral(owner);
  const [suffix, modes] = version >= 160_000 ? [" with inherit true, set true", ["usage", "set"]] : ["", ["usage"]];
  const able = modes.map((mode) => `pg_catalog.pg_has_role(current_user, ${literal}, '${mode}')`).join(" and ");
  return block(`begin
    if not (${able}) then execute format('grant %I to %I${suffix}', ${literal}, current_user); end if;
  end`);
}

/** The ledger's privileges follow the database's owner; the role that the ledger belongs to keeps its own. */
function ledgerAccess(owner: string, before: string): string {
  const old = quoteIdentifier(before);
  return block(`begin
    if pg_catalog.to_regclass('poststack.schema_migrations') is null then return; end if;
    if ${quoteLiteral(before)} not in (${quoteLiteral(owner)}, (
      select pg_catalog.pg_get_userbyid(nspowner) from pg_catalog.pg_namespace where nspname = 'poststack'
    )) then
      revoke all on all tables in schema poststack from ${old};
      revoke all on all functions in schema poststack from ${old};
      revoke all on schema poststack from ${old};
    end if;
    ${ledgerPrivileges(owner)}
  end`);
}

const ours = (name: string, oid: number, mark: string): string =>
  `exists (select from pg_catalog.pg_database where datname = ${quoteLiteral(name)} and oid = ${oid}
     and ${isMarked("pg_catalog.shobj_description(oid, 'pg_database')", mark, "oid")})`;

const stillOurs = (name: string, oid: number, mark: string): string =>
  unlessReplaced(ours(name, oid, mark), `database "${name}"`);

/** 42704 undefined_object: the owner does not exist. */
const roleMissing =
  ({ name, owner, place }: DesiredDatabase) =>
  (error: unknown): never => {
    const failure = sqlFailure(error);
    if (failure?.sqlState !== "42704") throw error;
    throw new PoststackError(
      "ROLE_MISSING",
      { what: `database "${name}" is to belong to "${owner}", which does not exist`, where: place },
      { cause: failure },
    );
  };

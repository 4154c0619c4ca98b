import { PoststackError, fromFacts } from "../../core/errors.ts";
import { isMarked, unmarkedPart } from "../../core/mark.ts";
import type { Place } from "../../core/place.ts";
import type { Ports } from "../../core/ports.ts";
import { done, type Result } from "../../core/resource.ts";
import { quoteIdentifier, quoteLiteral, sqlFailure, unlessSqlState } from "../../core/sql.ts";
import { block, checkFence, transact, unlessReplaced } from "../../core/transaction.ts";
import { unreachable } from "../../core/unreachable.ts";
import { expiry } from "./attributes.ts";
import type { DesiredRole, RoleAction } from "./model.ts";

type Of<V extends RoleAction["verb"]> = Extract<RoleAction, { readonly verb: V }>;

/** @throws PoststackError `NOT_PERMITTED`, `ROLE_OWNS_OBJECTS`, `ROLE_MISSING`, and what a refused action says */
export function apply(action: RoleAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "create":
      return createRole(action.desired, ports, signal);
    case "update":
      return updateRole(action, ports, signal);
    case "drop":
      return dropRole(action, ports, signal);
    case "refuse":
      return Promise.reject(fromFacts(action.error));
    default:
      return unreachable(action);
  }
}

/** Role, memberships and mark in one transaction: a role without a mark would be foreign to the next pass. */
async function createRole(desired: DesiredRole, ports: Ports, signal: AbortSignal): Promise<Result> {
  const session = await ports.server.admin(signal);
  const role = quoteIdentifier(desired.name);
  const statements = [
    checkFence(ports.server.fence()),
    `create role ${role} ${attributes(desired, undefined, ports)}`,
    ...desired.inRoles.map((parent) => membership(parent, desired, session.version)),
    writeMark(desired, desired.inRoles),
  ];
  await transact(session, statements, ports, signal, { where: desired.place })
    // 42710 duplicate_object, 23505 for two at once: made by an earlier pass or another hand. The next observe decides.
    .catch(unlessSqlState("42710", "23505"))
    .catch(roleMissing(desired));
  return done;
}

async function updateRole(action: Of<"update">, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { desired, drift, memberships, oid } = action;
  const session = await ports.server.admin(signal);
  const role = quoteIdentifier(desired.name);
  const altered = attributes(desired, new Set(drift.map(({ field }) => field)), ports);
  const statements = [
    checkFence(ports.server.fence()),
    stillOurs(desired.name, oid, desired.mark),
    ...(altered === "" ? [] : [`alter role ${role} ${altered}`]),
    ...memberships.grant.map((parent) => membership(parent, desired, session.version)),
    ...memberships.revoke.map((parent) => `revoke ${quoteIdentifier(parent)} from ${role}`),
    writeMark(desired, memberships.ours),
  ];
  await transact(session, statements, ports, signal, { where: desired.place }).catch(roleMissing(desired));
  return done;
}

/**
 * Never DROP OWNED: between looking and doing the role may have come to own something. Privileges that we granted are
 * revoked before, as grants that nobody wishes; those of others stop the drop.
 */
async function dropRole({ name, oid, mark, place }: Of<"drop">, ports: Ports, signal: AbortSignal): Promise<Result> {
  const session = await ports.server.admin(signal);
  const role = quoteIdentifier(name);
  const gone = `not exists (select from pg_catalog.pg_roles where oid = ${oid})`;
  const code = `begin if ${gone} then return; end if; ${guard(name, oid, mark)} drop role ${role}; end`;
  await transact(session, [checkFence(ports.server.fence()), block(code)], ports, signal).catch((error: unknown) => {
    const failure = sqlFailure(error);
    // 2BP01 dependent_objects_still_exist
    if (failure?.sqlState !== "2BP01") throw error;
    throw new PoststackError(
      "ROLE_OWNS_OBJECTS",
      {
        what: `role "${name}" is not dropped: others gave it privileges, or it owns something`,
        ...(place === undefined ? {} : { where: place }),
        details: (failure.detail ?? failure.message).split("\n"),
        next: `in each database named above: reassign owned by ${role} to another_role; drop owned by ${role};`,
      },
      { cause: failure },
    );
  });
  return done;
}

const ours = (name: string, oid: number, mark: string): string =>
  `exists (select from pg_catalog.pg_roles where rolname = ${quoteLiteral(name)} and oid = ${oid}
     and ${isMarked("pg_catalog.shobj_description(oid, 'pg_authid')", mark, "oid")})`;

const stillOurs = (name: string, oid: number, mark: string): string =>
  unlessReplaced(ours(name, oid, mark), `role "${name}"`);

/** The same guard, inside another block. */
const guard = (name: string, oid: number, mark: string): string => {
  const what = quoteLiteral(`role "${name}" was changed while this pass ran`);
  return `if not (${ours(name, oid, mark)}) then raise exception using errcode = 'PS003', message = ${what}; end if;`;
};

/**
 * Only what differs is written, from what is there or (nothing drifted) from what CREATE ROLE gives without a word: naming SUPERUSER, REPLICATION or BYPASSRLS takes a superuser, even to deny it (manual:
 * ALTER ROLE, before 16).
 */
function attributes(desired: DesiredRole, drifted: ReadonlySet<string> | undefined, ports: Ports): string {
  const { attributes: wanted, password } = desired;
  const differs = (field: string, isDefault: boolean): boolean => drifted?.has(field) ?? !isDefault;
  const flags = (["login", "superuser", "createdb", "createrole", "replication", "bypassrls"] as const)
    .filter((name) => differs(name, !wanted[name]))
    .map((name) => (wanted[name] ? name : `no${name}`));
  const until = expiry(wanted.validUntil);
  return [
    ...flags,
    ...(differs("inherit", wanted.inherit) ? [wanted.inherit ? "inherit" : "noinherit"] : []),
    ...(differs("connection_limit", wanted.connectionLimit < 0)
      ? [`connection limit ${Math.max(-1, Math.trunc(wanted.connectionLimit))}`]
      : []),
    ...(differs("valid_until", until === "never")
      ? [`valid until ${quoteLiteral(until === "never" ? "infinity" : until)}`]
      : []),
    ...(password !== undefined && differs("password", false)
      ? [`password ${quoteLiteral(ports.passwords.verifier(password))}`]
      : []),
  ].join(" ");
}

/** Since 16 each membership keeps an INHERIT of its own, taken from the role when it is granted: so it is said. */
const membership = (parent: string, { name, attributes: { inherit } }: DesiredRole, version: number): string =>
  `grant ${quoteIdentifier(parent)} to ${quoteIdentifier(name)}${version >= 160_000 ? ` with inherit ${String(inherit)}` : ""}`;

/** The mark, with the oids of the memberships that we made; words of people before it stay. */
function writeMark({ name, mark }: DesiredRole, memberships: readonly string[]): string {
  const names = `array[${memberships.map(quoteLiteral).join(", ")}]::name[]`;
  const comment = "pg_catalog.shobj_description(r.oid, 'pg_authid')";
  return block(`declare note text;
  begin
    select concat(${unmarkedPart(comment, mark)}, ${quoteLiteral(mark)}, ' ', r.oid,
      (select ' memberships ' || string_agg(p.oid::text, ',' order by p.oid) from pg_catalog.pg_roles p where p.rolname = any(${names})))
      into note from pg_catalog.pg_roles r where r.rolname = ${quoteLiteral(name)};
    execute format('comment on role %I is %L', ${quoteLiteral(name)}, note);
  end`);
}

/** 42704 undefined_object: a role that it is to be a member of does not exist. */
const roleMissing =
  ({ name, place }: { readonly name: string; readonly place: Place }) =>
  (error: unknown): never => {
    const failure = sqlFailure(error);
    if (failure?.sqlState !== "42704") throw error;
    throw new PoststackError(
      "ROLE_MISSING",
      {
        what: `role "${name}" cannot be made a member: ${failure.message}`,
        where: place,
        next: "correct the name, or add the role under roles:",
      },
      { cause: failure },
    );
  };

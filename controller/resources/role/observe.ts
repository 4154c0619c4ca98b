import { readMark, markedPart } from "../../core/mark.ts";
import type { Ports } from "../../core/ports.ts";
import type { Row, Session } from "../../core/ports/postgres.ts";
import { askedOnCatalogPath, quoteTexts, sqlFailure } from "../../core/sql.ts";
import type { DesiredRole, ObservedRole } from "./model.ts";

/**
 * The roles that the files name, those that they are to be members of, ours, and the one that Poststack logs in as: so
 * that an empty answer means "not asked" and nothing else. Two queries; the second only where passwords may be read.
 *
 * Without a desired role there is no mark to look for, and nothing is ours.
 */
export async function observe(
  desired: readonly DesiredRole[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedRole[]> {
  const [first] = desired;
  if (first === undefined) return [];
  const session = await ports.server.admin(signal);
  const names = [...new Set(desired.flatMap((role) => [role.name, ...role.inRoles]))];
  const staying = desired.filter(({ ensure }) => ensure === "present").map(({ name }) => name);
  const rows = await session.query(
    askedOnCatalogPath(rolesSql({ names, staying }, first.mark, session.version)),
    [],
    signal,
  );
  const verifiers = rows.some((row) => row.reads_passwords === true)
    ? await readVerifiers(desired, session, signal)
    : undefined;
  return Promise.all(
    rows.map(async (row) => {
      const role = observedRole(row, first.mark);
      const wanted = desired.find(({ name, ensure }) => name === role.name && ensure === "present");
      return { ...role, password: await passwordOf(role, wanted, verifiers, text(row.database), ports, signal) };
    }),
  );
}

interface Asked {
  readonly names: readonly string[];
  readonly staying: readonly string[];
}

const rolesSql = ({ names, staying }: Asked, mark: string, version: number): string => `
select r.rolname as name, r.oid::int8 as oid, r.rolname = current_user as is_admin,
  r.rolcanlogin, r.rolinherit, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolreplication, r.rolbypassrls,
  r.rolconnlimit,
  case when isfinite(r.rolvaliduntil)
    then to_char(r.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') else r.rolvaliduntil::text end as valid_until,
  ${markedPart("d.description", mark)} as marked,
  coalesce(m.memberships, '[]') as memberships, o.owned, coalesce(o.databases, '[]') as databases,
  coalesce(o.own_databases, '[]') as own_databases,
  current_database() as database, has_table_privilege('pg_catalog.pg_authid', 'select') as reads_passwords
from pg_catalog.pg_roles r
left join pg_catalog.pg_shdescription d on d.objoid = r.oid and d.classoid = 'pg_catalog.pg_authid'::regclass
left join lateral (
  select json_agg(json_build_object('name', g.name, 'oid', g.oid, 'inherits', g.inherits)) as memberships
  from (
    select parent.rolname as name, parent.oid::int8 as oid,
      bool_or(${version >= 160_000 ? "a.inherit_option" : "r.rolinherit and a.member = r.oid"}) as inherits
    from pg_catalog.pg_auth_members a join pg_catalog.pg_roles parent on parent.oid = a.roleid
    where a.member = r.oid group by parent.rolname, parent.oid
  ) g
) m on true
left join lateral (
  -- What a role owns matters when it is to go; the owner of the migrations owns ten thousand tables, and stays.
  -- Databases are shared objects: their dbid is 0.
  select count(*)::int8 as owned, json_agg(distinct coalesce(own.datname, self.datname)) as databases,
    json_agg(distinct self.datname) as own_databases
  from pg_catalog.pg_shdepend s
  left join pg_catalog.pg_database own on own.oid = s.dbid
  left join pg_catalog.pg_database self on s.classid = 'pg_catalog.pg_database'::regclass and self.oid = s.objid
  where s.refclassid = 'pg_catalog.pg_authid'::regclass and s.refobjid = r.oid and s.deptype = 'o'
    and r.rolname <> all(${quoteTexts(staying)}) and r.rolname <> current_user
) o on true
where r.rolname = any(${quoteTexts(names)}) or r.rolname = current_user or ${markedPart("d.description", mark)} is not null`;

/** Parses one row; total, since anybody may comment on anything. */
function observedRole(row: Row, mark: string): Omit<ObservedRole, "password"> {
  const oid = Number(row.oid);
  const found = readMark(row.marked, mark, oid);
  const memberships = objects(row.memberships);
  const validUntil = text(row.valid_until);
  return {
    name: text(row.name),
    oid,
    owner: found?.of === "self" ? "ours" : "foreign",
    strayMark: found?.of === "another",
    isAdmin: row.is_admin === true,
    attributes: {
      login: row.rolcanlogin === true,
      inherit: row.rolinherit === true,
      superuser: row.rolsuper === true,
      createdb: row.rolcreatedb === true,
      createrole: row.rolcreaterole === true,
      replication: row.rolreplication === true,
      bypassrls: row.rolbypassrls === true,
      connectionLimit: Number(row.rolconnlimit ?? -1),
      ...(validUntil === "" || validUntil === "infinity" ? {} : { validUntil }),
    },
    inRoles: memberships.map(({ name }) => text(name)).sort(),
    ourMemberships: memberships
      .filter((one) => found?.of === "self" && found.memberships.includes(Number(one.oid)))
      .map(({ name }) => text(name))
      .sort(),
    inheriting: memberships
      .filter(({ inherits }) => inherits === true)
      .map(({ name }) => text(name))
      .sort(),
    ownedObjects: Number(row.owned ?? 0),
    ownsIn: names(row.databases),
    ownsDatabases: names(row.own_databases),
  };
}

async function readVerifiers(
  desired: readonly DesiredRole[],
  session: Session,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string | null> | undefined> {
  const names = desired.filter(({ password }) => password !== undefined).map(({ name }) => name);
  if (names.length === 0) return undefined;
  const rows = await session.query(
    "select rolname, rolpassword from pg_catalog.pg_authid where rolname = any($1)",
    [names],
    signal,
  );
  return new Map(rows.map((row) => [text(row.rolname), typeof row.rolpassword === "string" ? row.rolpassword : null]));
}

async function passwordOf(
  role: Omit<ObservedRole, "password">,
  wanted: DesiredRole | undefined,
  verifiers: ReadonlyMap<string, string | null> | undefined,
  database: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<ObservedRole["password"]> {
  if (wanted?.password === undefined) return "unknown";
  const verifier = verifiers?.get(role.name);
  if (verifier === null) return "none";
  if (verifier !== undefined) return (await ports.passwords.matches(wanted.password, verifier)) ? "matches" : "differs";
  if (role.owner === "foreign" || !role.attributes.login || !wanted.attributes.login) return "unknown";
  // An expired password is refused with the words of a wrong one.
  if (role.attributes.validUntil !== undefined) return "unknown";
  try {
    const session = await ports.server.login({ user: role.name, password: wanted.password }, database, signal);
    await session.close();
    return "matches";
  } catch (error) {
    if (signal.aborted) throw error;
    switch (sqlFailure(error)?.sqlState) {
      case "28P01": // invalid_password
        return "differs";
      case "42501": // no CONNECT on the database: asked after the password was accepted
        return "matches";
      default:
        return "unknown";
    }
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const names = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === "string").sort() : [];

const objects = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];

import type { Row, Session } from "../ports/postgres.ts";
import { sqlFailure } from "../sql.ts";
import { plainName, type Catalog, type CatalogObject, type Grant } from "./model.ts";
import { relationName, signature } from "./queries/object-rows.ts";

/** What the configuration makes beside the migrations, as the ledger in schema `poststack` tells it. */
export interface Ours {
  /** Names, not quoted. */
  readonly extensions: ReadonlySet<string>;
  readonly privileges: readonly OurPrivilege[];
}

interface OurPrivilege {
  /** `table`, `sequence`, `function`, `schema`, `database`; `default table` … */
  readonly type: string;
  /** As the catalog names it; of a default privilege the schema; of the database nothing. */
  readonly name: string;
  readonly to: string;
  readonly privilege: string;
}

const privilegeQuery = `
select p.type, p.privilege, case when p.grantee = 0 then 'public' else quote_ident(r.rolname) end as "to",
  case
    when p.type in ('table', 'sequence') then ${relationName("p.object")}
    when p.type = 'function' then (select ${signature("f", "n")} from pg_proc f join pg_namespace n on n.oid = f.pronamespace where f.oid = p.object)
    when p.type = 'database' then ''
    else (select quote_ident(n.nspname) from pg_namespace n where n.oid = p.object)
  end as name
from poststack.privileges p left join pg_roles r on r.oid = p.grantee
where p.ours`;

const extensionQuery = `select x.extname as name from poststack.objects o join pg_extension x on x.oid = o.oid where o.kind = 'extension'`;

/** Nothing where the database has no ledger. */
export async function readOurs(session: Session, signal: AbortSignal): Promise<Ours> {
  try {
    const begin = "begin read only; set local search_path = ''";
    const [, privileges = [], extensions = []] = await session.pipeline(
      [begin, privilegeQuery, extensionQuery, "rollback"],
      signal,
    );
    const text = (row: Row, column: string): string => (typeof row[column] === "string" ? row[column] : "");
    return {
      extensions: new Set(extensions.map((row) => text(row, "name"))),
      privileges: privileges.map((row) => ({
        type: text(row, "type"),
        name: text(row, "name"),
        to: text(row, "to"),
        privilege: text(row, "privilege"),
      })),
    };
  } catch (error) {
    // 42P01 undefined_table, 3F000 invalid_schema_name
    if (!["42P01", "3F000"].includes(sqlFailure(error)?.sqlState ?? "")) throw error;
    return { extensions: new Set(), privileges: [] };
  }
}

/**
 * The catalog without what is the configuration's business: its extensions, and privileges that it grants, also by way of
 * default privileges.
 */
export function withoutOurs(catalog: Catalog, { extensions, privileges }: Ours): Catalog {
  const known = new Set(privileges.map(({ type, name, to, privilege }) => keyOf(type, name, to, privilege)));
  const isOurs = (object: CatalogObject, { to, privilege, revoked }: Grant): boolean =>
    !revoked && placesOf(object).some(([type, name]) => known.has(keyOf(type, name, to, privilege)));
  const objects = catalog.objects.flatMap((object): readonly CatalogObject[] => {
    if (object.kind === "extension" && extensions.has(plainName(object.name))) return [];
    const grants = object.grants.filter((grant) => !isOurs(object, grant));
    if (object.kind === "default privileges" && grants.length === 0) return [];
    return [grants.length === object.grants.length ? object : { ...object, grants }];
  });
  return { ...catalog, objects };
}

const keyOf = (...words: readonly string[]): string => JSON.stringify(words);

/** Under which type and name the ledger would have a privilege on this object: its own, and the default of its schema. */
function placesOf(object: CatalogObject): readonly (readonly [type: string, name: string])[] {
  const [, schema = ""] = /^("(?:[^"]|"")*"|[^".]+)\./.exec(object.name) ?? [];
  const inSchema = (type: string): readonly (readonly [string, string])[] => [
    [type, object.name],
    [`default ${type}`, schema],
  ];
  switch (object.kind) {
    case "table":
    case "view":
    case "materialized view":
    case "foreign table":
      return inSchema("table");
    case "sequence":
      return inSchema("sequence");
    case "function":
    case "procedure":
    case "aggregate":
      return inSchema("function");
    case "schema":
    case "database":
      return [[object.kind, object.name]];
    case "default privileges":
      return [[`default ${String(object.facts["objects"]).replace(/s$/, "")}`, String(object.facts["schema"] ?? "")]];
    default:
      return [];
  }
}

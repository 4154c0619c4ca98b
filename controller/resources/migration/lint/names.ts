import { quoteIdentifier } from "../../../core/sql.ts";

/** A table, index, view or type as a statement names it. */
export interface Name {
  readonly schema?: string;
  readonly name: string;
}

/** A name as a person writes it: in quotes only where SQL needs them. */
export const plain = (identifier: string): string =>
  /^[a-z_][a-z0-9_$]*$/.test(identifier) && !reserved.has(identifier) ? identifier : quoteIdentifier(identifier);

/** `orders`, `shop.orders`, `"Order"`: as a person writes it. */
export const show = ({ schema, name }: Name): string =>
  schema === undefined ? plain(name) : `${plain(schema)}.${plain(name)}`;

/**
 * What two names of one object have in common. A name without a schema is one of `public`: the search path of the session
 * is not known here, and hardly any migration has two tables of one name.
 */
export const keyOf = ({ schema, name }: Name): string => keyIn(schema, name);

/** The same of its two parts. */
export const keyIn = (schema: string | undefined, name: string): string => `${schema ?? "public"}\0${name}`;

/**
 * What a name may mean, in the order in which it is looked for.
 *
 * @param path of the file, where it sets one
 */
export const meanings = ({ schema, name }: Name, path: readonly string[] | undefined): readonly Name[] =>
  schema === undefined && path !== undefined
    ? path.map((one) => ({ schema: one, name }))
    : [schema === undefined ? { name } : { schema, name }];

/** Words that are no name without quotes (manual: appendix C, "reserved" and "reserved (can be function or type)"). */
const reserved = new Set(
  (
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation " +
    "column concurrently constraint create cross current_catalog current_date current_role current_schema current_time " +
    "current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze " +
    "from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit " +
    "localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references " +
    "returning right select session_user similar some symmetric system_user table tablesample then to trailing true " +
    "union unique user using variadic verbose when where window with"
  ).split(" "),
);

import { quoteLiteral } from "../../sql.ts";
import { parentName, type CatalogObject, type Grant, type ObjectKind } from "../model.ts";
import { onDatabase } from "./database.ts";

/** What SQL calls a kind in CREATE, DROP, COMMENT and ALTER … OWNER, where that is not its own name. */
const keywords: Partial<Record<ObjectKind, string>> = {
  "domain constraint": "constraint",
  "foreign key": "constraint",
};

export const keyword = (kind: ObjectKind): string => keywords[kind] ?? kind;

/** ` with (a, b)`, or nothing for an empty list. */
export const listed = (before: string, items: readonly string[], after = ")"): string =>
  items.length === 0 ? "" : ` ${before}${items.join(", ")}${after}`;

/** ` before text after`, or nothing without a text. */
export const optional = (before: string, text: string | undefined, after = ""): string =>
  text === undefined ? "" : ` ${before}${text}${after}`;

/** All facts as `name = value`. @param names other names; undefined leaves one out */
export const settings = (
  { facts }: CatalogObject,
  names: ReadonlyMap<string, string | undefined> = new Map(),
): string =>
  Object.entries(facts)
    .filter(([name]) => !names.has(name) || names.get(name) !== undefined)
    .map(([name, value]) => `${names.get(name) ?? name} = ${String(value)}`)
    .join(", ");

/** Several lines in parentheses; `()` for none. */
export const block = (lines: readonly string[]): string =>
  lines.length === 0 ? "()" : `(\n${lines.map((line) => `  ${line}`).join(",\n")}\n)`;

export const setOwner = ({ kind, name }: CatalogObject, owner: string): string =>
  `alter ${keyword(kind)} ${name} owner to ${owner}`;

/** Without a text: takes the comment away. */
export const setComment = ({ kind, name }: CatalogObject, comment: string | undefined): string =>
  `comment on ${keyword(kind)} ${name} is ${comment === undefined ? "null" : quoteLiteral(comment).trimStart()}`;

/** How GRANT names an object; undefined for what has no privileges. */
function grantTarget(object: CatalogObject): string | undefined {
  const { kind, name } = object;
  switch (kind) {
    case "table":
    case "view":
    case "materialized view":
    case "foreign table":
      return `table ${name}`;
    case "column":
      return `table ${parentName(object)}`;
    case "sequence":
    case "schema":
    case "procedure":
    case "language":
    case "foreign data wrapper":
      return `${kind} ${name}`;
    case "function":
      return `function ${name}`;
    case "aggregate":
      return `function ${name.replace(/\(\*\)$/, "()")}`;
    case "type":
    case "domain":
      return `type ${name}`;
    case "server":
      return `foreign server ${name}`;
    default:
      return undefined;
  }
}

/** The statements that bring a bare object to these privileges, one for each role and option. */
function grantStatements(object: CatalogObject, grants: readonly Grant[]): readonly string[] {
  const groups = new Map<string, Grant[]>();
  for (const grant of grants) {
    const key = `${grant.revoked ? 0 : 1} ${grant.grantable ? 1 : 0} ${grant.to}`;
    groups.set(key, [...(groups.get(key) ?? []), grant]);
  }
  return [...groups.keys()].sort().map((key) => grantStatement(object, groups.get(key) ?? []));
}

function grantStatement(object: CatalogObject, grants: readonly Grant[]): string {
  const { to = "public", revoked = false, grantable = false } = grants[0] ?? {};
  const column = object.kind === "column" ? ` (${String(object.facts["name"])})` : "";
  const privileges = grants.map(({ privilege }) => `${privilege}${column}`).join(", ");
  const words = revoked ? ["revoke", "from", ""] : ["grant", "to", grantable ? " with grant option" : ""];
  const [verb, preposition, suffix] = words;
  if (object.kind === "default privileges") {
    const { role, schema, objects } = object.facts;
    const scope = `${role === undefined ? "" : ` for role ${String(role)}`}${schema === undefined ? "" : ` in schema ${String(schema)}`}`;
    return `alter default privileges${scope} ${verb} ${privileges} on ${String(objects)} ${preposition} ${to}${suffix}`;
  }
  if (object.kind === "database") {
    return onDatabase(`${verb} ${privileges} on database %I ${preposition} ${to.replaceAll("%", "%%")}${suffix}`);
  }
  return `${verb} ${privileges} on ${grantTarget(object) ?? object.identity} ${preposition} ${to}${suffix}`;
}

/** From these privileges to those of the object. */
export const changeGrants = (object: CatalogObject, from: readonly Grant[]): readonly string[] => [
  ...grantStatements(object, inverse(grantsBeyond(from, object.grants))),
  ...grantStatements(object, grantsBeyond(object.grants, from)),
];

/** The way back from some privileges. */
const inverse = (grants: readonly Grant[]): readonly Grant[] =>
  grants.map((grant) => ({ ...grant, grantable: false, revoked: !grant.revoked }));

/** Those that the others are not. */
const grantsBeyond = (grants: readonly Grant[], others: readonly Grant[]): readonly Grant[] =>
  grants.filter((grant) => !others.some((other) => isSameGrant(grant, other)));

const isSameGrant = (one: Grant, other: Grant): boolean =>
  one.to === other.to &&
  one.privilege === other.privilege &&
  one.grantable === other.grantable &&
  one.revoked === other.revoked;

import type { DesiredGrant, GrantTarget, ObservedGrant, ObservedPrivilege, Privilege, PrivilegeType } from "./model.ts";
import { objectName, parseFunction, qualified, type ObservedObject } from "./names.ts";

/** What one look tells: whether the server was asked at all, and what is there, by what it is asked for. */
export interface World {
  readonly version: number | undefined;
  readonly database: string | undefined;
  readonly roles: ReadonlySet<string>;
  readonly objects: readonly ObservedObject[];
  readonly privileges: readonly ObservedPrivilege[];
}

export function worldOf(observed: readonly ObservedGrant[]): World {
  const roles = new Set<string>();
  const objects: ObservedObject[] = [];
  const privileges: ObservedPrivilege[] = [];
  let server: Extract<ObservedGrant, { readonly type: "server" }> | undefined;
  for (const fact of observed) {
    if (fact.type === "role") roles.add(fact.name);
    else if (fact.type === "object") objects.push(fact);
    else if (fact.type === "privilege") privileges.push(fact.privilege);
    else server = fact;
  }
  return { version: server?.version, database: server?.database, roles, objects, privileges };
}

/** What one grant comes to on the objects that exist, and which of those that it names do not. */
export interface Wishes {
  readonly privileges: readonly Privilege[];
  /** `schema app`, `table public.orders`: what a migration may still make. */
  readonly notThere: readonly string[];
  /** What cannot be named yet: `tables of this plan's migrations`. */
  readonly coming?: string;
}

export function wishesOf(desired: DesiredGrant, { objects, version }: World): Wishes {
  const { on, privileges, forFuture } = desired;
  const each = (type: PrivilegeType, object: string): readonly Privilege[] =>
    privileges.map((privilege) => ({ type, object, privilege }));
  if (on.type === "database") return { privileges: each("database", on.name), notThere: [] };
  if (version !== undefined && !objects.some(({ kind, name }) => kind === "schema" && name === on.schema)) {
    return { privileges: [], notThere: [`schema ${on.schema}`] };
  }
  if (on.type === "schema") return { privileges: each("schema", on.schema), notThere: [] };
  const { found, notThere } = targets(on, objects);
  return {
    privileges: [
      ...found.flatMap((object) => each(on.type, objectName(object))),
      ...(forFuture ? each(`default ${on.type}`, on.schema) : []),
    ],
    notThere: version === undefined ? [] : notThere,
  };
}

function targets(
  { type, schema, names }: Extract<GrantTarget, { readonly names: unknown }>,
  objects: readonly ObservedObject[],
): { readonly found: readonly ObservedObject[]; readonly notThere: readonly string[] } {
  const there = objects.filter((object) => object.kind === type && object.schema === schema);
  // What an extension brought is its own affair, and is asked for by its name.
  if (names === "all") return { found: there.filter(({ isMember }) => !isMember), notThere: [] };
  const found = new Set<ObservedObject>();
  const notThere: string[] = [];
  for (const written of names) {
    const { name, signature } = type === "function" ? parseFunction(written) : { name: written };
    const matching = there.filter(
      (object) => object.name === name && (signature === undefined || object.signature === signature),
    );
    for (const object of matching) found.add(object);
    if (matching.length === 0) notThere.push(`${type} ${qualified(schema, name, signature)}`);
  }
  return { found: [...found], notThere };
}

/** One key for what is wished and what is there. */
export const keyOf = (to: string, { type, object, privilege }: Privilege, owner: string): string =>
  JSON.stringify([to, type, object, privilege, type.startsWith("default ") ? owner : ""]);

/** `select, insert on all tables in schema public, also later ones` */
export function describe({ on, privileges, forFuture, withGrantOption }: DesiredGrant): string {
  return [
    `${privileges.join(", ")} on ${describeTarget(on)}`,
    ...(forFuture ? ["also later ones"] : []),
    ...(withGrantOption ? ["with grant option"] : []),
  ].join(", ");
}

function describeTarget(on: GrantTarget): string {
  if (on.type === "database") return `database ${on.name}`;
  if (on.type === "schema") return `schema ${on.schema}`;
  if (on.names === "all") return `all ${on.type}s in schema ${on.schema}`;
  return `${on.type} ${on.names.map((name) => `${on.schema}.${name}`).join(", ")}`;
}

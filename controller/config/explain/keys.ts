import type { EnvironmentConfig } from "../../../schema/generated/config.ts";
import type { Key } from "../../../schema/generated/keys.ts";
import type { Plain } from "../materialise.ts";
import { providerOf } from "../provider.ts";
import { environmentShape, inside, isSecretShape, type Shape } from "../shape.ts";
import type { Path } from "../source.ts";

/** The schema's key under a key or an index; undefined for what it does not know. */
export function keyInside(key: Key | undefined, step: string | number): Key | undefined {
  if (key === undefined || typeof step === "number") return key?.items;
  return key.keys !== undefined && Object.hasOwn(key.keys, step) ? key.keys[step] : key.each;
}

export const keyAt = (root: Key, path: Path): Key | undefined =>
  path.reduce<Key | undefined>((key, step) => keyInside(key, step), root);

/** The part of a value at a path. */
export function valueAt(root: Plain, path: Path): Plain {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as { readonly [key: string]: Plain })[step];
  }
  return value;
}

export const shapeAt = (path: Path): Shape => path.reduce(inside, environmentShape);

/** A password or a connection URL. */
export const isSecretPath = (path: Path): boolean => isSecretShape(shapeAt(path));

/** Keys that take over what another key says when nobody writes them, by path. */
export function standIn(path: Path, { postgres = {} }: EnvironmentConfig): Path | undefined {
  const [first, index, run, , key] = path;
  const isOfJob = first === "init" && run === "run" && path.length === 5;
  if (isOfJob && stepKeys.has(String(key))) return ["init", index ?? 0, String(key)];
  const { user, roles = {} } = postgres;
  const isOwners = path.join() === "postgres,password" && user !== undefined && Object.hasOwn(roles, user);
  return isOwners ? ["postgres", "roles", user, "password"] : undefined;
}

/** What the commands of one step have in common. */
const stepKeys: ReadonlySet<string> = new Set(["when", "timeout", "inputs", "cwd"]);

/** The schema's default is that of a server of our own. */
export const isOfServer = (path: Path, config: EnvironmentConfig): boolean =>
  providerOf(config) === "external" && /^postgres,(?:host|port|bind)$/.test(path.join());

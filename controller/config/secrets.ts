import { isAbsolute, resolve } from "node:path";
import type { SecretReference } from "../../schema/generated/config.ts";
import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import type { SecretSources } from "../core/ports/files.ts";
import type { StateFacts } from "../core/ports/state.ts";
import { Secret } from "../core/secret.ts";

/** What a person types and reads without mistaking one character for another. */
const alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/** Characters: 186 bits. */
const passwordLength = 32;

export interface SecretContext {
  /** Undefined: nothing is recorded yet. */
  readonly state: StateFacts | undefined;
  readonly sources: SecretSources;
  /** What files are relative to. */
  readonly root: string;
  /** Shell and env files: what `{ env: NAME }` names. */
  readonly environment: (name: string) => string | undefined;
  readonly warn: (what: string, where: Place) => void;
}

export interface ResolvedSecret {
  readonly secret: Secret;
  /** new: made up for this pass, because nothing is on disk; what the server is given is read from there. */
  readonly generated: "no" | "kept" | "new";
}

/**
 * A password by one of its forms.
 *
 * @param name what the state calls a generated one: `role:app`
 * @throws PoststackError `SECRET_UNREADABLE`, `SECRET_EXPOSED`
 */
export async function resolveSecret(
  reference: string | SecretReference,
  name: string,
  where: Place,
  context: SecretContext,
): Promise<ResolvedSecret> {
  if (reference === "auto_generated") return generatedSecret(name, context);
  if (typeof reference === "string") {
    context.warn("a password in plain text: use { env: NAME }, { file: path } or auto_generated", where);
    return { secret: new Secret(reference), generated: "no" };
  }
  return { secret: await referencedSecret(reference, where, context), generated: "no" };
}

/** A secret that Poststack makes and keeps itself. */
export function generatedSecret(name: string, { state, sources }: SecretContext): ResolvedSecret {
  const kept = state?.secrets.get(name)?.current;
  if (kept !== undefined) return { secret: kept, generated: "kept" };
  return { secret: new Secret(generatePassword((limit) => sources.randomInt(limit))), generated: "new" };
}

/** What a map with one of `env`, `file` or `command` points at. Files may lie outside the project: secrets should. */
export async function referencedSecret(
  { env, file, command }: SecretReference,
  where: Place,
  { sources, root, environment }: SecretContext,
): Promise<Secret> {
  if (env !== undefined) {
    const value = environment(env);
    if (value !== undefined && value !== "") return new Secret(value);
    throw new PoststackError("SECRET_UNREADABLE", {
      what: `variable ${env}, which should hold a secret, is ${value === undefined ? "not set" : "empty"}`,
      where,
      next: `set ${env} in the shell or in the environment's env file`,
    });
  }
  if (file !== undefined) return sources.file(isAbsolute(file) ? file : resolve(root, file), where);
  const [program, ...args] = (command ?? []).map(String);
  if (program !== undefined) return sources.command([program, ...args], root, where);
  throw new PoststackError("NOT_YET", {
    what: "secrets from age files are not available yet",
    where,
    next: "use { file: path }, or { command: [age, --decrypt, …] }",
  });
}

const generatePassword = (randomInt: (limit: number) => number): string =>
  Array.from({ length: passwordLength }, () => alphabet[randomInt(alphabet.length)]).join("");

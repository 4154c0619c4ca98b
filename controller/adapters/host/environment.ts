import { createHash } from "node:crypto";
import { reveal, type Text } from "../../core/secret.ts";

/**
 * Two variables that each process of ours gets and hands down to what it starts. They tell whose it is when no record
 * does: a command that is killed between starting a process and writing its record leaves only these.
 */
export const marksOf = (resource: string, owner: string): ReadonlyMap<string, string> =>
  new Map([
    ["POSTSTACK_RESOURCE", resource],
    ["POSTSTACK_OWNER", owner],
  ]);

/** Names the environment by its state directory, without telling its path to every program that can read a mark. */
export const ownerOf = (stateDirectory: string): string =>
  createHash("sha256").update(stateDirectory).digest("hex").slice(0, 32);

/**
 * The environment as the system wants it: here, and nowhere else, secrets become text.
 * The object has no prototype, so that a variable may be called `__proto__`.
 */
export function plainEnvironment(environment: ReadonlyMap<string, Text>): NodeJS.ProcessEnv {
  const plain = Object.create(null) as NodeJS.ProcessEnv;
  for (const [name, value] of environment) plain[name] = typeof value === "string" ? value : reveal(value);
  return plain;
}

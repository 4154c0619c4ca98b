import { list, object, text, texts } from "./answer.ts";
import { readLimitMs, writeLimitMs, type Client } from "./client.ts";

/**
 * Whether Podman keeps a name for storage that belongs to no container it knows. A creation makes the storage first and
 * records the container then (libpod, setupContainer): who is killed between, or loses libpod's database, leaves the name
 * taken for ever, and Buildah's containers are such storage, too. Podman lists them as external alone, in the state
 * `storage` (pkg/ps, ListStorageContainer). One that is younger than a creation may take is perhaps being made.
 *
 * @param nowMs milliseconds since 1970
 */
export async function isKeptByStorage(
  client: Client,
  name: string,
  nowMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const query = { all: true, external: true };
  const call = { method: "GET", path: "/libpod/containers/json", query, doing: "listing storage" } as const;
  const entries = list(await client.ask({ ...call, limitMs: readLimitMs }, signal)).map(object);
  const kept = entries.find((entry) => entry["State"] === "storage" && texts(entry["Names"]).includes(name));
  return kept !== undefined && nowMs - Date.parse(text(kept["Created"])) > writeLimitMs;
}

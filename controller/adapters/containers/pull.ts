import { PoststackError } from "../../core/errors.ts";
import type { PullOptions } from "../../core/ports/container-images.ts";
import { number, object, someText, text, type Json } from "./answer.ts";
import { readLimitMs } from "./client.ts";
import type { Session } from "./container-calls.ts";
import type { Surroundings } from "./discover.ts";
import { isCode, meaningOf, Refusal } from "./failure.ts";
import { progress } from "./progress.ts";
import { loginFor, registryHeader, registryOf } from "./registry.ts";

/** The head of the answer comes when the registry has answered: longer than what the engine knows by itself. */
const headLimitMs = 12 * readLimitMs;

/** @throws PoststackError `IMAGE_MISSING`, `REGISTRY_LOGIN`, `PULL_FAILED`, `TIMEOUT` */
export async function pullImage(
  { client }: Session,
  surroundings: Surroundings,
  reference: string,
  { platform, onProgress }: PullOptions,
  signal: AbortSignal,
): Promise<void> {
  const doing = `pulling ${reference}`;
  const login = await loginFor(registryOf(reference), surroundings, signal);
  const [name, tag] = nameAndTag(reference);
  const layers = new Layers();
  try {
    const answer = await client.open(
      {
        method: "POST",
        path: "/images/create",
        query: { fromImage: name, tag, platform },
        ...(login === undefined ? {} : { headers: { "x-registry-auth": registryHeader(login) } }),
        doing,
        limitMs: headLimitMs,
      },
      signal,
    );
    for await (const message of progress(answer, doing, signal)) {
      const failed = someText(message["error"]);
      if (failed !== undefined) throw meaningOf(new Refusal(answer.statusCode ?? 0, failed), doing);
      const line = layers.take(message);
      if (line !== undefined) onProgress?.(`${reference} ${line}`);
    }
  } catch (error) {
    throw pullError(error, doing);
  }
}

/** A tag or digest travels beside the name; without one every tag would come. */
function nameAndTag(reference: string): readonly [name: string, tag: string | undefined] {
  if (reference.includes("@")) return [reference, undefined];
  const [, name = reference, tag = "latest"] = /^(.*?)(?::([^:/]+))?$/.exec(reference) ?? [];
  return [name, tag];
}

const missing =
  /manifest (?:for .* )?(?:unknown|not found)|not found: manifest|pull access denied|repository .*not (?:exist|found)|name unknown|no matching manifest/i;

/** Docker's containerd says "pull access denied" first, and only then that there was nothing to log in with. */
const withoutLogin = /no basic auth credentials/i;

/** What a registry means by its words; all else may pass by itself. */
function pullError(error: unknown, doing: string): unknown {
  if (!(error instanceof PoststackError && error.cause instanceof Refusal)) return error;
  const { message } = error.cause;
  const isMissing = missing.test(message) && !withoutLogin.test(message);
  if (isMissing || isCode(error, "IMAGE_MISSING", "ENGINE_OBJECT_GONE")) {
    const next = "see whether the image's name and tag are right; a private one needs docker login";
    return new PoststackError("IMAGE_MISSING", { what: `${doing}: ${message}`, next }, { cause: error.cause });
  }
  if (isCode(error, "REGISTRY_LOGIN", "DISK_FULL")) return error;
  const next = "see whether the engine's machine reaches the registry";
  return new PoststackError("PULL_FAILED", { what: `${doing}: ${message}`, next }, { cause: error.cause });
}

/** Sums up what is told of each layer: `3 of 5 layers, 41 of 80 MB`. */
class Layers {
  private readonly known = new Map<string, { current: number; total: number; isDone: boolean }>();
  private last = "";

  take(message: Json): string | undefined {
    const [id, status] = [someText(message["id"]), text(message["status"])];
    if (id === undefined || status.startsWith("Pulling from")) return undefined;
    const layer = this.known.get(id) ?? { current: 0, total: 0, isDone: false };
    this.known.set(id, layer);
    const { current, total } = object(message["progressDetail"]);
    if (status === "Downloading") Object.assign(layer, { current: number(current), total: number(total) });
    if (/^(?:Pull complete|Already exists)$/.test(status)) Object.assign(layer, { current: layer.total, isDone: true });
    const layers = [...this.known.values()];
    const megabytes = (key: "current" | "total"): number =>
      Math.round(layers.reduce((sum, entry) => sum + entry[key], 0) / 1e6);
    const done = layers.filter(({ isDone }) => isDone).length;
    const size = megabytes("total") === 0 ? "" : `, ${megabytes("current")} of ${megabytes("total")} MB`;
    const line = `${done} of ${layers.length} layers${size}`;
    if (line === this.last) return undefined;
    this.last = line;
    return line;
  }
}

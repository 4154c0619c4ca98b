import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { PoststackError } from "../../core/errors.ts";
import type { BuildSpec } from "../../core/ports/container-images.ts";
import { object, someText, text } from "./answer.ts";
import { contextArchive, readContext } from "./build-context.ts";
import { buildNews } from "./build-trace.ts";
import { readLimitMs } from "./client.ts";
import type { Session } from "./container-calls.ts";
import { imageId } from "./container-details.ts";
import type { Surroundings } from "./discover.ts";
import type { Duplex } from "node:stream";
import type { Dialect } from "./dialect.ts";
import { isCode, meaningOf, Refusal } from "./failure.ts";
import { plain } from "./plain.ts";
import { progress } from "./progress.ts";
import { allLogins, loginFor, registryHeader, registryOf } from "./registry.ts";

/** Lines of a failed build that are shown. */
const shownLines = 20;

/** Until the engine has taken the whole context and begun to answer. */
const headLimitMs = 12 * readLimitMs;

/** A build's way to the engine. */
export interface Builder {
  readonly session: Session;
  readonly surroundings: Surroundings;
  /** Opens BuildKit's connection back to us; undefined: this engine has no BuildKit. */
  readonly openSession: ((id: string, signal: AbortSignal) => Promise<Duplex>) | undefined;
}

/** @throws PoststackError `BUILD_FAILED`, `ENGINE_LACKS`, `FILE_MISSING`, `TIMEOUT` */
export async function buildImage(
  builder: Builder,
  spec: BuildSpec,
  signal: AbortSignal,
): Promise<{ readonly id: string }> {
  const doing = `building ${spec.references[0] ?? spec.context}`;
  const { client, dialect } = builder.session;
  if ((spec.secrets?.size ?? 0) > 0 && builder.openSession === undefined) {
    throw new PoststackError("ENGINE_LACKS", {
      what: `${doing}: ${dialect.engine} takes no build secrets over its API`,
      next: "build it with Docker, or without secrets",
    });
  }
  const context = await readContext(spec, signal);
  const logins = await allLogins(builder.surroundings, signal);
  const session = await openedSession(builder, spec, signal);
  const last: string[] = [];
  const news = buildNews();
  const isOfFile = dialect.stepsOfFile(spec.labels ?? new Map());
  let id: string | undefined;
  const tell = (line: string): void => {
    last.push(line);
    if (last.length > shownLines) last.shift();
    spec.onOutput?.(line);
  };
  try {
    const answer = await client.open(
      {
        method: "POST",
        path: "/build",
        query: { ...queryOf(spec, context.dockerfile, dialect), ...session?.query },
        headers: {
          "content-type": "application/x-tar",
          ...(logins.size === 0 ? {} : { "x-registry-config": registryHeader(Object.fromEntries(logins)) }),
        },
        body: Readable.from(contextArchive(context, signal)),
        doing,
        limitMs: headLimitMs,
      },
      signal,
    );
    for await (const message of progress(answer, doing, signal)) {
      const failed = someText(message["error"]) ?? someText(object(message["errorDetail"])["message"]);
      if (failed !== undefined) throw new Refusal(answer.statusCode ?? 0, failed);
      const { lines, imageId: told } = news.take(message);
      for (const line of lines) if (isOfFile(line)) tell(line);
      id = told ?? id ?? builtId(lines);
    }
  } catch (error) {
    for (const line of news.rest()) tell(line);
    throw buildError(error, doing, last);
  } finally {
    session?.close();
  }
  if (id === undefined) throw buildError(new Refusal(0, "the engine says neither an image nor an error"), doing, last);
  return { id: await wholeId(builder, id, doing, signal) };
}

/** The classic builder says only the beginning of it. */
async function wholeId({ session }: Builder, id: string, doing: string, signal: AbortSignal): Promise<string> {
  const path = `/images/${encodeURIComponent(id)}/json`;
  const answer = await session.client.ask({ method: "GET", path, doing, limitMs: readLimitMs }, signal);
  return imageId(object(answer)["Id"]);
}

/** The classic builder, and Podman's, say it in words. */
const builtId = (lines: readonly string[]): string | undefined =>
  lines
    .map((line) => /^(?:Successfully built )?([0-9a-f]{12,64})$/.exec(line.trim())?.[1])
    .findLast((id) => id !== undefined);

async function openedSession({ openSession, surroundings }: Builder, { secrets }: BuildSpec, signal: AbortSignal) {
  if (openSession === undefined) return undefined;
  const id = randomUUID();
  // HTTP/2 is loaded for builds only.
  const { serveSession } = await import("./build-session.ts");
  const bytes = [...(secrets ?? [])].map(
    ([name, value]) => [name, Buffer.isBuffer(value) ? value : Buffer.from(plain(value))] as const,
  );
  const served = serveSession(await openSession(id, signal), {
    secrets: new Map(bytes),
    login: (host) => loginFor(host === "registry-1.docker.io" ? registryOf("") : host, surroundings, signal),
  });
  return { query: { version: "2", session: id, buildid: id }, close: served.close };
}

function queryOf(
  spec: BuildSpec,
  dockerfile: string,
  dialect: Dialect,
): Readonly<Record<string, string | number | boolean | object | undefined>> {
  const { references, target, labels, platform, cacheFrom, noCache, pull, network, extraHosts, shmBytes } = spec;
  const values = [...(spec.arguments ?? [])].map(([name, value]) => [name, plain(value)] as const);
  return {
    dockerfile,
    t: references,
    target,
    platform,
    pull,
    nocache: noCache,
    networkmode: network,
    shmsize: shmBytes,
    buildargs: Object.fromEntries(values),
    labels: dialect.buildLabels(labels ?? new Map()),
    cachefrom: cacheFrom && JSON.stringify(cacheFrom),
    extrahosts: extraHosts?.join(","),
    // Of the containers that the classic builder works in.
    rm: true,
    forcerm: true,
  };
}

/** What a step of the Dockerfile says is the build's failure, whatever it looks like; other causes keep their codes. */
function buildError(error: unknown, doing: string, last: readonly string[]): unknown {
  const refused = error instanceof Refusal ? error : error instanceof PoststackError ? error.cause : undefined;
  if (!(refused instanceof Refusal)) return error;
  const meaning = meaningOf(refused, doing);
  if (isCode(meaning, "DISK_FULL", "REGISTRY_LOGIN", "ENGINE_LACKS")) return meaning;
  return new PoststackError(
    "BUILD_FAILED",
    {
      what: `${doing}: ${text(refused.message)}`,
      details: [...last],
      next: "correct the Dockerfile or what it copies; its last lines are above",
    },
    { cause: refused },
  );
}

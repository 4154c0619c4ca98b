import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { PoststackError } from "../../core/errors.ts";
import type { EngineEvent } from "../../core/ports/container-facts.ts";
import type { ContainerEngine, ContainerFile, ExecResult, StreamedFile } from "../../core/ports/containers.ts";
import { object, present, someText, text, textMap } from "./answer.ts";
import { readLimitMs, writeLimitMs } from "./client.ts";
import { environmentLines } from "./container-body.ts";
import { pathOf, type Session } from "./container-calls.ts";
import { exitCodeOf, outputBrokeOff } from "./exec-end.ts";
import { isCode, shortIds, unless } from "./failure.ts";
import { frames, lines } from "./frames.ts";
import { heard } from "./heard.ts";
import { logLines } from "./log-lines.ts";
import { plain } from "./plain.ts";
import { tarEnd, tarEntry, tarHead, tarPadding } from "./tar.ts";

/** The end of a command's output that is kept. */
const outputLimitBytes = 64 * 1024;

type Streams = Pick<ContainerEngine, "exec" | "logs" | "putFiles" | "putStream" | "events">;

/** The calls whose answer or question is a stream. */
export function streamCalls(session: (signal: AbortSignal) => Promise<Session>): Streams {
  return {
    async exec(id, { command, environment, user, workingDirectory, privileged, timeoutMs, onOutput }, signal) {
      const { client } = await session(signal);
      const doing = `running ${command[0]} in container ${shortIds(id)}`;
      const body = {
        AttachStdout: true,
        AttachStderr: true,
        Cmd: command,
        ...present({ User: user, WorkingDir: workingDirectory, Privileged: privileged }),
        ...(environment === undefined ? {} : { Env: environmentLines(environment) }),
      };
      const made = { method: "POST", path: `${pathOf(id)}/exec`, body, doing, limitMs: writeLimitMs } as const;
      const path = `/exec/${encodeURIComponent(text(object(await client.ask(made, signal))["Id"]))}`;
      const start = { method: "POST", path: `${path}/start`, body: { Detach: false, Tty: false }, doing } as const;
      const output = await client.open({ ...start, limitMs: writeLimitMs }, signal);
      const kept = await within(timeoutMs, doing, output, signal, onOutput);
      return execResult(await exitCodeOf(client, path, doing, signal), kept, doing);
    },

    async *logs(id, { follow = false, tail, since, until }, signal) {
      const { client } = await session(signal);
      const seconds = (at: Date | undefined): string | undefined =>
        at === undefined ? undefined : (at.getTime() / 1_000).toFixed(3);
      const query = {
        stdout: true,
        stderr: true,
        timestamps: true,
        follow,
        tail: tail ?? "all",
        since: seconds(since),
        until: seconds(until),
      };
      const call = {
        method: "GET",
        path: `${pathOf(id)}/logs`,
        query,
        doing: `reading the log of container ${id}`,
      } as const;
      const answer = await client.open({ ...call, limitMs: readLimitMs }, signal).catch(unless("ENGINE_OBJECT_GONE"));
      if (answer === undefined) return;
      const source = endingWith(answer, signal);
      // One that is followed is quiet as long as the container is; of one that is not, all is there already.
      try {
        yield* logLines(frames(follow ? source : heard(source, readLimitMs, () => silent(call.doing))));
      } catch (error) {
        throw error instanceof PoststackError || signal.aborted ? error : brokenOff(call.doing, error);
      }
    },

    async putFiles(id, files, signal) {
      const { client } = await session(signal);
      const doing = `putting files into container ${id}`;
      const call = { path: `${pathOf(id)}/archive`, doing, limitMs: writeLimitMs } as const;
      const missing: string[] = [];
      for (const path of new Set(files.flatMap((file) => foldersAbove(file.path)))) {
        const asked = client.ask({ ...call, method: "HEAD", query: { path: `/${path}` } }, signal);
        await asked.catch((error: unknown) => {
          if (!isCode(error, "ENGINE_OBJECT_GONE")) throw error;
          missing.push(path);
        });
      }
      const body = archiveOf(missing, files);
      const headers = { "content-type": "application/x-tar" };
      await client.ask({ ...call, method: "PUT", query: { path: "/" }, headers, body }, signal);
    },

    async putStream(id, file, signal) {
      const { client } = await session(signal);
      const doing = `putting ${file.path} into container ${shortIds(id)}`;
      const body = Readable.from(streamedArchive(file, doing));
      const headers = { "content-type": "application/x-tar" };
      const call = { method: "PUT", path: `${pathOf(id)}/archive`, query: { path: "/" }, doing, headers } as const;
      // As long as it takes to send it: the signal alone ends it.
      await client.ask({ ...call, body, limitMs: undefined }, signal);
    },

    async *events(signal, opened) {
      const { client } = await session(signal);
      const query = { filters: { type: ["container", "network", "volume", "image"] } };
      const call = { method: "GET", path: "/events", query, doing: "following events" } as const;
      const answer = endingWith(await client.open({ ...call, limitMs: readLimitMs }, signal), signal);
      opened?.();
      try {
        for await (const line of lines(answer)) {
          const event = readEvent(line);
          if (event !== undefined) yield event;
        }
      } catch {
        // An engine that goes away ends the events as it ends everything: whoever follows them looks again.
        signal.throwIfAborted();
      }
    },
  };
}

/** The signal ends the stream, too: a reader that waits for more must not wait for ever. */
function endingWith(answer: IncomingMessage, signal: AbortSignal): IncomingMessage {
  const end = (): void => void answer.destroy(signal.reason as Error);
  signal.addEventListener("abort", end, { once: true });
  answer.once("close", () => signal.removeEventListener("abort", end));
  return answer;
}

const silent = (doing: string): PoststackError =>
  new PoststackError("ENGINE_UNREACHABLE", {
    what: `${shortIds(doing)}: nothing more came for ${readLimitMs / 1_000} s`,
    next: "see whether the engine is overloaded: docker info, its log",
  });

const brokenOff = (doing: string, cause: unknown): PoststackError =>
  new PoststackError(
    "ENGINE_UNREACHABLE",
    { what: `${shortIds(doing)}: the engine's answer broke off`, next: "see whether the engine runs, and its log" },
    { cause },
  );

/**
 * What a command prints until it ends, the last part of it, without what `onOutput` takes.
 *
 * @throws PoststackError `TIMEOUT`, `ENGINE_CONNECTION_LOST`
 */
async function within(
  limitMs: number,
  doing: string,
  output: IncomingMessage,
  signal: AbortSignal,
  onOutput?: (bytes: Buffer) => void,
): Promise<Buffer> {
  const error = new PoststackError("TIMEOUT", {
    what: `${doing}: it did not end within ${limitMs / 1_000} s`,
    next: "see what the command waits for, or give it more time",
  });
  const timer = setTimeout(() => output.destroy(error), limitMs);
  let kept = Buffer.alloc(0);
  try {
    for await (const { stream, bytes } of frames(endingWith(output, signal))) {
      if (stream === "stdout" && onOutput !== undefined) onOutput(bytes);
      else kept = Buffer.concat([kept, bytes]).subarray(-outputLimitBytes);
    }
  } catch (failure) {
    throw failure instanceof PoststackError || signal.aborted ? failure : outputBrokeOff(doing, failure);
  } finally {
    clearTimeout(timer);
  }
  return kept;
}

/** Engines start what they cannot find, too, and print why: 126 and 127 as a shell has them. */
function execResult(exitCode: number, kept: Buffer, doing: string): ExecResult {
  const output = kept.toString("utf8");
  if ((exitCode === 126 || exitCode === 127) && /^(?:OCI runtime exec failed|Error: \w+: exec failed)/.test(output)) {
    const next = "see whether the image has the program";
    throw new PoststackError("COMMAND_MISSING", { what: `${doing}: ${output.trim()}`, next });
  }
  return { exitCode, output };
}

/**
 * Folders that are not there are entries of their own: older engines would make them writable by everybody. One that is
 * there is none: it would get another mode.
 */
function archiveOf(folders: readonly string[], files: readonly ContainerFile[]): Buffer {
  const entries = [
    ...folders.map((path) => tarEntry({ path, type: "folder", mode: 0o755 })),
    ...files.map(({ path, content, mode, uid, gid }) => {
      const bytes = Buffer.isBuffer(content) ? content : Buffer.from(plain(content));
      return tarEntry({ path: relative(path), type: "file", mode, uid, gid, content: bytes });
    }),
  ];
  return Buffer.concat([...entries, tarEnd()]);
}

async function* streamedArchive(file: StreamedFile, doing: string): AsyncGenerator<Buffer> {
  const { path, mode, uid, gid, sizeBytes, chunks } = file;
  yield tarHead({ path: relative(path), type: "file", mode, uid, gid }, sizeBytes);
  let sent = 0;
  for await (const chunk of chunks) {
    sent += chunk.length;
    yield chunk;
  }
  // An archive of another length than its head says would be taken for something else.
  if (sent !== sizeBytes) {
    throw new PoststackError("FILE_UNREADABLE", {
      what: `${doing}: it has ${sent} bytes and not ${sizeBytes}: it was changed meanwhile`,
      next: "run the same again",
    });
  }
  yield tarPadding(sizeBytes);
  yield tarEnd();
}

const relative = (path: string): string => path.replace(/^\/+/, "");

/** From the top: `run`, `run/secrets`. */
const foldersAbove = (path: string): readonly string[] => {
  const names = relative(path).split("/").slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
};

const kinds: ReadonlySet<string> = new Set(["container", "network", "volume", "image"]);
const isKind = (word: string): word is EngineEvent["kind"] => kinds.has(word);

function readEvent(line: string): EngineEvent | undefined {
  let json;
  try {
    json = object(JSON.parse(line));
  } catch {
    return undefined;
  }
  const kind = text(json["Type"]);
  if (!isKind(kind)) return undefined;
  const actor = object(json["Actor"]);
  const attributes = textMap(actor["Attributes"]);
  const id = someText(actor["ID"]) ?? text(json["id"]);
  return { kind, action: text(json["Action"]), id, name: attributes.get("name"), attributes };
}

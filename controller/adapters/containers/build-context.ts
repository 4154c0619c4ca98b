import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { PoststackError } from "../../core/errors.ts";
import type { ContextSpec } from "../../core/ports/container-images.ts";
import { stampedDevice, stampOf } from "../file-stamp.ts";
import { realPath } from "../real-path.ts";
import { contentOf, type ContextEntry } from "./context-content.ts";
import { tarEnd, tarHead, tarPadding } from "./tar.ts";

/** What is sent to be built. */
export interface BuildContext {
  /** Absolute: where it was read. */
  readonly folder: string;
  /** Sorted by path; the Dockerfile's text among them where it is not in the folder itself. */
  readonly entries: readonly ContextEntry[];
  /** Where the Dockerfile stands in what is sent. */
  readonly dockerfile: string;
  readonly dockerfileText: string;
}

const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** @throws PoststackError `FILE_MISSING`, `FILE_UNREADABLE` */
export async function readContext(spec: ContextSpec, signal: AbortSignal): Promise<BuildContext> {
  const { context, dockerfile = "Dockerfile", dockerfileText, except } = spec;
  const file = isAbsolute(dockerfile) ? dockerfile : resolve(context, dockerfile);
  const text = dockerfileText ?? (await readText(file, `the Dockerfile of the build in ${context}`));
  const inside = relative(context, file).split(sep).join("/");
  const isInside = dockerfileText === undefined && !inside.startsWith("../") && !isAbsolute(inside);
  const sent = isInside ? inside : `.dockerfile-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  const isKept = await ignoreRules(context, dockerfileText === undefined ? file : undefined, isInside ? [sent] : []);
  const entries: ContextEntry[] = [];
  await walk(context, "", isState(context, except), isKept, entries, signal);
  if (!isInside)
    entries.push({ path: sent, type: "file", mode: 0o644, sizeBytes: Buffer.byteLength(text), from: { text } });
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { folder: context, entries, dockerfile: sent, dockerfileText: text };
}

/** A CommonJS module whose types were written for another kind. */
interface DockerIgnore {
  readonly default: (options: { readonly ignorecase: boolean }) => {
    add(patterns: string): { ignores(path: string): boolean };
  };
}

/** What of a context is sent; paths are from its folder, with slashes. */
export interface Rules {
  keeps(path: string): boolean;
  /** No rule brings back what lies below a folder that is left out. */
  readonly prunes: boolean;
}

/** `Dockerfile.dockerignore` beside the Dockerfile goes before `.dockerignore` (docker build manual, "Filename and location"). */
export async function ignoreRules(
  context: string,
  dockerfile: string | undefined,
  always: readonly string[],
): Promise<Rules> {
  const own = dockerfile === undefined ? undefined : await optionalText(`${dockerfile}.dockerignore`);
  const text = own ?? (await optionalText(join(context, ".dockerignore")));
  if (text === undefined) return { keeps: () => true, prunes: true };
  const { default: dockerIgnore } = (await import("@balena/dockerignore")) as unknown as DockerIgnore;
  const rules = dockerIgnore({ ignorecase: false }).add(text.replace(/^\uFEFF/, ""));
  // Both are sent whatever the rules say: the engine needs them.
  const kept = new Set([...always, ".dockerignore"]);
  return {
    keeps: (path) => kept.has(path) || [...kept].some((file) => file.startsWith(`${path}/`)) || !rules.ignores(path),
    prunes: !/^\s*!/m.test(text),
  };
}

/**
 * Whether something is Poststack's own, which an image must not have in it: passwords, and the data of servers. It changes
 * with every pass, so with it in `build: .` a build would never be the same again.
 *
 * @param except where it is now, by absolute paths; under its usual name it is left out anywhere
 * @returns asked with paths from the context's folder, with slashes
 */
export function isState(context: string, except: readonly string[] = []): (path: string) => boolean {
  const real = realPath(context);
  const moved = new Set(except.map((folder) => relative(real, realPath(folder)).split(sep).join("/")));
  return (path) => moved.has(path) || path === ".poststack" || path.endsWith("/.poststack");
}

async function walk(
  root: string,
  folder: string,
  isLeftOut: (path: string) => boolean,
  rules: Rules,
  found: ContextEntry[],
  signal: AbortSignal,
): Promise<void> {
  const full = join(root, folder);
  const device = stampedDevice(full);
  for (const name of (await namesIn(full)).sort()) {
    signal.throwIfAborted();
    const path = folder === "" ? name : `${folder}/${name}`;
    if (isLeftOut(path)) continue;
    const file = join(root, path);
    const isKept = rules.keeps(path);
    if (!isKept && rules.prunes) continue;
    const stats = await lstatIfThere(file);
    if (stats === undefined) continue;
    const entry = await entryOf(path, file, stats, device);
    // A folder is made for what is kept below it, anyway.
    if (isKept && entry !== undefined) found.push(entry);
    if (stats.isDirectory()) await walk(root, path, isLeftOut, rules, found, signal);
  }
}

/** Nothing for sockets, pipes and devices: they hold nothing that could be sent. */
async function entryOf(
  path: string,
  file: string,
  stats: Stats,
  device: number | undefined,
): Promise<ContextEntry | undefined> {
  // Whole seconds, as Docker sends them: make, and what serves files, go by it. No builder's cache does
  // (docs.docker.com, "Build cache invalidation"), so no digest has it.
  const common = { path, mode: stats.mode & 0o7777, modifiedAt: Math.floor(stats.mtimeMs / 1_000) };
  if (stats.isDirectory()) return { ...common, type: "folder", sizeBytes: 0, from: undefined };
  if (stats.isSymbolicLink())
    return { ...common, type: "link", mode: 0o777, sizeBytes: 0, target: await readlink(file), from: undefined };
  if (!stats.isFile()) return undefined;
  return { ...common, type: "file", sizeBytes: stats.size, from: { file, stamp: stampOf(stats, device) } };
}

/** Undefined: it is gone since its folder was read, as temporary files are. */
async function lstatIfThere(file: string): Promise<Stats | undefined> {
  try {
    return await lstat(file);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw fileError(file, "a file of the build context", error);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw fileError(folder, "the build context", error);
  }
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw fileError(file, what, error);
  }
}

async function optionalText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw fileError(file, "what a build leaves out", error);
  }
}

function fileError(file: string, what: string, error: unknown): PoststackError {
  const isMissing = errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR";
  return new PoststackError(
    isMissing ? "FILE_MISSING" : "FILE_UNREADABLE",
    {
      what: isMissing ? `${what} does not exist: ${file}` : `${what} cannot be read: ${file} (${errorCode(error)})`,
      next: isMissing ? "make it, or correct the path" : "see who may read it",
    },
    { cause: error },
  );
}

/** The archive, file after file. */
export async function* contextArchive({ entries }: BuildContext, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield tarHead(entry, entry.sizeBytes);
    yield* contentOf(entry, signal);
    yield tarPadding(entry.sizeBytes);
  }
  yield tarEnd();
}

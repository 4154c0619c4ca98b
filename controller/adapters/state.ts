import { randomBytes } from "node:crypto";
import {
  constants,
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  rmdirSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { PoststackError } from "../core/errors.ts";
import type { State, StateFacts } from "../core/ports/state.ts";
import { Secret } from "../core/secret.ts";
import { dataPlaces } from "./embedded/layout.ts";
import { createAtomically, hasCode, stateUnwritable, syncPath, unlessFull, writeAtomically } from "./atomic-file.ts";
import { parseState, renderState, stateLost } from "./state-format.ts";
import { stateUnreadable } from "./state-unreadable.ts";

/** Bytes. A thousand generated passwords take a tenth of it. */
const limitBytes = 1024 * 1024;

/**
 * The state of one environment in `<root>/<environment>/state.json`, where `root` is the project's `.poststack` unless
 * POSTSTACK_STATE_DIR moved it. Every reading looks at the file anew.
 *
 * One process writes at a time: the host lock's holder. Only the first write of all may meet another.
 */
export function fileState(root: string, environment: string): State {
  const directory = join(root, environment);
  const file = join(directory, "state.json");

  const read = (): StateFacts | undefined => {
    const text = readStateFile(file);
    if (text !== undefined) return parseState(text, environment, file);
    const data = dataPlaces(directory).find((place) => existsSync(join(place, "PG_VERSION")));
    if (data === undefined) return undefined;
    throw stateLost(file, "is gone, but the data of the environment's Postgres is still there", [
      `the passwords that it held are needed to log in to the server in ${data}`,
    ]);
  };

  const write = (facts: StateFacts, previous: StateFacts | undefined): StateFacts =>
    writing(directory, () => {
      const text = renderState(facts, environment);
      if (previous !== undefined) writeAtomically(file, text);
      // Another first apply was faster: its token and secrets are the ones in use.
      else if (!createAtomically(file, text)) return ensure([...facts.secrets.keys()]);
      return facts;
    });

  const ensure = (secretNames: readonly string[]): StateFacts => {
    const found = read();
    const missing = secretNames.filter((name) => found?.secrets.has(name) !== true);
    if (found !== undefined && missing.length === 0) return found;
    writing(directory, () => makeDirectories(root, directory));
    const secrets = new Map(found?.secrets);
    for (const name of missing) secrets.set(name, { current: generatedPassword() });
    return write({ owner: randomBytes(16).toString("hex"), ...found, secrets }, found);
  };

  return {
    root,
    directory,
    read,
    ensure,
    recordSystemIdentifier(systemIdentifier) {
      const found = ensure([]);
      if (found.systemIdentifier !== systemIdentifier) write({ ...found, systemIdentifier }, found);
    },
    recordEngine({ engine, address }) {
      const found = ensure([]);
      if (found.engine?.engine === engine && found.engine.address === address) return;
      write({ ...found, engine: { engine, address } }, found);
    },
    forgetEngine() {
      const found = read();
      if (found?.engine === undefined) return;
      const { engine: _engine, unfinishedStarts: _starts, ...others } = found;
      write(others, found);
    },
    recordStart(resource, container) {
      const found = ensure([]);
      if (found.unfinishedStarts?.get(resource) === container) return;
      const unfinishedStarts = new Map(found.unfinishedStarts);
      if (container === undefined) unfinishedStarts.delete(resource);
      else unfinishedStarts.set(resource, container);
      write({ ...found, unfinishedStarts }, found);
    },
    remove() {
      writing(directory, () => {
        rmSync(file, { force: true });
        if (!existsSync(directory)) return;
        syncPath(directory);
        removeIfEmpty(directory);
      });
    },
  };
}

/** 192 random bits in characters that survive every shell, URL and connection string. */
const generatedPassword = (): Secret => new Secret(randomBytes(24).toString("base64url"));

function readStateFile(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    const refusal = ["EACCES", "EPERM"].find((code) => hasCode(error, code));
    if (refusal !== undefined) throw stateUnreadable(file, refusal);
    throw stateLost(file, `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw stateLost(file, "is not a regular file");
    if ((stats.mode & 0o077) !== 0) throw exposed(file, stats.mode);
    if (stats.size > limitBytes) throw stateLost(file, "is larger than any state can be");
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

const exposed = (file: string, mode: number): PoststackError =>
  new PoststackError("SECRET_EXPOSED", {
    what: `${file} holds passwords, and its mode ${(mode & 0o777).toString(8)} lets others read or change it`,
    next: `chmod 600 ${file}, and change the passwords if someone may have read them`,
  });

function makeDirectories(root: string, directory: string): void {
  const isNew = !existsSync(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const ignore = join(root, ".gitignore");
  if (!existsSync(ignore)) createAtomically(ignore, "*\n");
  if (isNew) for (const path of [root, dirname(root)]) syncPath(path);
}

/** Tells what a person can do about a directory that does not take the file. */
function writing<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const full = unlessFull(error, directory);
    if (full instanceof PoststackError) throw full;
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw stateUnwritable(`the state directory ${directory}`, code, error);
  }
}

/** Logs and records of other parts may be in it still; then it stays. */
function removeIfEmpty(directory: string): void {
  try {
    if (lstatSync(directory).isDirectory()) rmdirSync(directory);
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw error;
  }
}

import { createHash } from "node:crypto";
import type { Files } from "../../../core/ports/files.ts";
import { limits } from "../../limits.ts";
import type { Variables } from "../variables.ts";

/** What the world was asked: a file's bytes, whether there is something, whether that is a folder, a variable. */
export type Question = readonly [about: "bytes" | "exists" | "folder" | "variable", name: string];

/** As text: of bytes a SHA-256. Null: the variable has no value. */
export type Answer = string | null;

export interface World {
  readonly files: Files;
  readonly shell: Variables;
}

/** A world that remembers what it was asked. */
export interface Traced extends World {
  /** Each once, with its answer; undefined: that is not all there is to know, since something failed or changed meanwhile. */
  readonly asked: () => ReadonlyMap<Question, Answer> | undefined;
}

export function traced({ files, shell }: World): Traced {
  const asked = new Map<string, { readonly question: Question; readonly answer: Answer }>();
  let isWhole = true;
  const note = (about: Question[0], name: string, answer: Answer): void => {
    const key = `${about} ${name}`;
    const known = asked.get(key);
    if (known === undefined) asked.set(key, { question: [about, name], answer });
    else if (known.answer !== answer) isWhole = false;
  };
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      isWhole = false;
      throw error;
    }
  };
  const unknown = <T>(work: () => T): T => {
    isWhole = false;
    return work();
  };
  return {
    files: {
      root: files.root,
      read(path, options) {
        const text = attempt(() => files.read(path, options));
        note("bytes", path, digestOf(text));
        return text;
      },
      readBytes(path, options) {
        const bytes = attempt(() => files.readBytes(path, options));
        note("bytes", path, digestOf(bytes));
        return bytes;
      },
      exists(path) {
        const found = attempt(() => files.exists(path));
        note("exists", path, String(found));
        return found;
      },
      isFolder(path) {
        const found = attempt(() => files.isFolder(path));
        note("folder", path, String(found));
        return found;
      },
      // No Compose file asks for these.
      readStamped: (path, options) => unknown(() => files.readStamped(path, options)),
      digest: (path, options) => unknown(() => files.digest(path, options)),
      stamp: (path) => unknown(() => files.stamp(path)),
      realPath: (path) => unknown(() => files.realPath(path)),
      list: (path) => unknown(() => files.list(path)),
    },
    shell: {
      get(name) {
        const value = shell.get(name);
        note("variable", name, value ?? null);
        return value;
      },
    },
    asked: () =>
      isWhole ? new Map(Array.from(asked.values(), ({ question, answer }) => [question, answer])) : undefined,
  };
}

const ask: { readonly [About in Question[0]]: (name: string, world: World) => Answer } = {
  bytes: (path, { files }) => digestOf(files.readBytes(path, { limitBytes: limits.bytes })),
  exists: (path, { files }) => String(files.exists(path)),
  folder: (path, { files }) => String(files.isFolder(path)),
  variable: (name, { shell }) => shell.get(name) ?? null,
};

/** What the same questions are answered now; undefined: one of them is not. */
export function answers(questions: readonly Question[], world: World): ReadonlyMap<Question, Answer> | undefined {
  try {
    return new Map(questions.map((question) => [question, ask[question[0]](question[1], world)]));
  } catch {
    return undefined;
  }
}

const digestOf = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

import { createHash } from "node:crypto";
import type { Cache } from "../../../core/ports/files.ts";
import { seal, unseal } from "../../../core/sealed.ts";
import type { ComposeOptions } from "../load.ts";
import { loadedFrom, type LoadedCompose, type ReadCompose } from "../loaded.ts";
import { loadedFromText, textOf } from "./kept.ts";
import { answers, traced, type Answer, type Question, type World } from "./questions.ts";

/** Compose files that are understood once, for as long as what they were made from stays the same. */
export interface ComposeRecall {
  /**
   * The project of these files.
   *
   * @param read what it takes where they are new, or have changed; its errors are thrown
   */
  load(options: ComposeOptions, read: (options: ComposeOptions) => ReadCompose): LoadedCompose;
  /** Keeps what is new for the next run. */
  save(): void;
}

interface Known {
  readonly questions: readonly Question[];
  readonly origin: string;
  readonly loaded: LoadedCompose;
  /** For the next run; undefined: that has it already. */
  readonly text?: () => string | undefined;
}

/**
 * Reads every file and asks for every variable that the project was made from, each time; where all of them are what they
 * were, the project is, too (docs/decisions/0011-known-by-what-it-was-made-from.md).
 *
 * @param build which program this is: another one may understand the same files in another way
 */
export function composeRecall(build: string, cache: Cache): ComposeRecall {
  const known = new Map<string, Known>();

  function recalled(name: string, world: World): Found | undefined {
    if (known.has(name)) return undefined;
    const bytes = cache.read(name);
    const head = bytes?.indexOf("\n") ?? -1;
    if (bytes === undefined || head < 0) return undefined;
    const questions = questionsIn(bytes.toString("utf8", 0, head));
    const given = answers(questions, world);
    if (given === undefined) return undefined;
    const origin = originOf(name, given);
    const text = unseal(bytes.subarray(head + 1), origin);
    if (text === undefined) return undefined;
    const loaded = loadedFromText(text.toString("utf8"));
    return { loaded, known: { questions, origin, loaded } };
  }

  function anew(name: string, options: ComposeOptions, reading: (options: ComposeOptions) => ReadCompose): Found {
    const world = traced(options);
    const read = reading({ ...options, files: world.files, shell: world.shell });
    const loaded = loadedFrom(read);
    const asked = world.asked();
    if (asked === undefined) return { loaded };
    const origin = originOf(name, asked);
    return { loaded, known: { questions: [...asked.keys()], origin, loaded, text: () => textOf(read) } };
  }

  function stillTrue(name: string, world: World): Found | undefined {
    const one = known.get(name);
    const given = one === undefined ? undefined : answers(one.questions, world);
    const isSame = given !== undefined && originOf(name, given) === one?.origin;
    return isSame ? { loaded: one.loaded } : undefined;
  }

  return {
    load(options, read) {
      const name = nameOf(build, options);
      const found = stillTrue(name, options) ?? recalled(name, options) ?? anew(name, options, read);
      if (found.known !== undefined) known.set(name, found.known);
      return found.loaded;
    },
    save() {
      for (const [name, { questions, origin, text }] of known) {
        const content = text?.();
        if (content === undefined) continue;
        cache.write(
          name,
          Buffer.concat([Buffer.from(`${JSON.stringify(questions)}\n`), seal(Buffer.from(content), origin)]),
        );
      }
    },
  };
}

interface Found {
  readonly loaded: LoadedCompose;
  /** Undefined: it is known already, or may not be. */
  readonly known?: Known;
}

/** What else decides about a project, besides the world. `from` is for errors alone, and what failed is not kept. */
function nameOf(build: string, options: ComposeOptions): string {
  const { files, directory, composeFiles, name, profiles, envFiles, home } = options;
  const { refusesUnsupported, requiresVariables } = options;
  const all = [build, files.root, directory, composeFiles, name, profiles, envFiles, home, refusesUnsupported];
  return createHash("sha256")
    .update(JSON.stringify([...all, requiresVariables]))
    .digest("hex");
}

const originOf = (name: string, given: ReadonlyMap<Question, Answer>): string => JSON.stringify([name, ...given]);

/** None of a file that is no such file: then it does not open either. */
function questionsIn(text: string): readonly Question[] {
  try {
    return JSON.parse(text) as Question[];
  } catch {
    return [];
  }
}

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contextFacts } from "../../../controller/adapters/containers/context-facts.ts";
import { textCache } from "../../../controller/adapters/text-cache.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { TextCache } from "../../../controller/core/ports/files.ts";
import { projectWith } from "../../support/project.ts";
import { hasStamps, later, nextTick } from "../../support/text-cache.ts";

const { signal } = new AbortController();
const large = "x".repeat(2 * 1024 * 1024);

/** A context that is worth a cache, and what each look reads of it. */
function staged(files: Readonly<Record<string, string>> = { "a/large.bin": large, "b.txt": "b" }) {
  const { root } = projectWith();
  const context = join(root, "context");
  for (const [path, text] of Object.entries({ Dockerfile: "FROM scratch\n", ...files })) {
    mkdirSync(join(context, path, ".."), { recursive: true });
    writeFileSync(join(context, path), text);
  }
  nextTick(root);
  const look = async (): Promise<{ readonly digest: string; readonly read: readonly string[] }> => {
    const read: string[] = [];
    const open = (): TextCache => {
      const cache = textCache({ directory: join(root, "cache"), owner: "it", nowMs: () => Date.now() + later });
      return {
        ...cache,
        keep: (path, ...rest) => {
          read.push(path);
          cache.keep(path, ...rest);
        },
      };
    };
    const { digest } = await contextFacts({ context }, open, signal);
    nextTick(root);
    return { digest, read };
  };
  return { root, context, large: join(context, "a/large.bin"), look };
}

describe.skipIf(!hasStamps)("the files of a build context", () => {
  test("are read once, as long as they stay what they were", async () => {
    const { look } = staged();
    const first = await look();
    expect(first.read).toEqual(["Dockerfile", "a/large.bin", "b.txt"]);
    expect(await look()).toEqual({ digest: first.digest, read: [] });
  });

  test.each<[string, (file: string) => void]>([
    ["rewritten", (file) => writeFileSync(file, `y${large.slice(1)}`)],
    [
      "rewritten, its times put back",
      (file) => {
        execFileSync("touch", ["-r", file, `${file}.times`]);
        writeFileSync(file, `y${large.slice(1)}`);
        execFileSync("touch", ["-r", `${file}.times`, file]);
        rmSync(`${file}.times`);
      },
    ],
    [
      "replaced",
      (file) => {
        writeFileSync(`${file}.new`, `y${large.slice(1)}`);
        renameSync(`${file}.new`, file);
      },
    ],
  ])("one that was %s is read again, and it alone", async (_how, edit) => {
    const { look, large: file } = staged();
    const first = await look();
    edit(file);
    const second = await look();
    expect(second.read).toEqual(["a/large.bin"]);
    expect(second.digest).not.toBe(first.digest);
  });

  test("what an aborted look has read the next one knows", async () => {
    const { look, context, root } = staged();
    const stop = new AbortController();
    const open = (): TextCache => {
      const cache = textCache({ directory: join(root, "cache"), owner: "it", nowMs: () => Date.now() + later });
      return {
        ...cache,
        find: (path, stampOf) => {
          if (path === "b.txt") stop.abort();
          return cache.find(path, stampOf);
        },
      };
    };
    await expect(contextFacts({ context }, open, stop.signal)).rejects.toThrow("aborted");
    nextTick(root);
    expect((await look()).read).toEqual(["b.txt"]);
  });

  test("leave nothing in the cache where there is little to read", async () => {
    const { look, root } = staged({ "b.txt": "b" });
    const [first, second] = [await look(), await look()];
    expect(second.digest).toBe(first.digest);
    expect(existsSync(join(root, "cache"))).toBe(false);
  });
});

describe("an abort ends the reading of a context", () => {
  /** Aborted in the middle of the only large file. */
  async function abortedBy(reason: unknown): Promise<unknown> {
    const { context, root } = staged({ "a/large.bin": large });
    const stop = new AbortController();
    const cache = textCache({ directory: join(root, "cache"), owner: "it", nowMs: () => Date.now() });
    const open = (): TextCache => ({
      ...cache,
      find: (path) => {
        if (path === "a/large.bin") stop.abort(reason);
        return undefined;
      },
    });
    return contextFacts({ context }, open, stop.signal).catch((error: unknown) => error);
  }

  test("of a person: the reason is all there is to say", async () => {
    const reason = new Error("Ctrl-C");
    expect(await abortedBy(reason)).toBe(reason);
  });

  test("of a limit: which context it was, and what helps", async () => {
    const found = await abortedBy(new DOMException("too late", "TimeoutError"));
    expect(found).toBeInstanceOf(PoststackError);
    expect(found).toMatchObject({
      facts: { code: "TIMEOUT", what: expect.stringMatching(/build context .*\/context took/) as unknown },
    });
    expect(found).toMatchObject({ facts: { next: expect.stringContaining(".dockerignore") as unknown } });
  });
});

test.each([
  ["under its usual name, anywhere", "deep/.poststack", "deep/.poststack"],
  ["where it was moved to", "var/state", "var/state"],
  ["where a link says that it is", "var/state", "link/state"],
])("what Poststack keeps is not sent %s", async (_where, kept, called) => {
  const { context } = staged({ "deep/a": "1", "var/b": "2" });
  symlinkSync("var", join(context, "link"));
  const except = [join(context, called)];
  const digest = async (): Promise<string> => (await contextFacts({ context, except }, undefined, signal)).digest;
  const before = await digest();
  mkdirSync(join(context, kept));
  writeFileSync(join(context, kept, "state.json"), "{}");
  expect(await digest()).toBe(before);
  // It alone: what is called like it is sent.
  writeFileSync(join(context, `${kept}.txt`), "{}");
  expect(await digest()).not.toBe(before);
});

test("a link has its own text in the digest, and not what it leads to", async () => {
  const { context, root } = staged({});
  const digest = async (): Promise<string> => (await contextFacts({ context }, undefined, signal)).digest;
  writeFileSync(join(root, "outside"), "1");
  symlinkSync("../outside", join(context, "link"));
  const first = await digest();
  writeFileSync(join(root, "outside"), "2");
  expect(await digest()).toBe(first);
  rmSync(join(context, "link"));
  symlinkSync("../other", join(context, "link"));
  expect(await digest()).not.toBe(first);
});

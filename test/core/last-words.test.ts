import { expect, test } from "vitest";
import { PoststackError, type ErrorCode } from "../../controller/core/errors.ts";
import { lastWords, takenAway } from "../../controller/core/last-words.ts";
import type { Ports } from "../../controller/core/ports.ts";

const stop = new AbortController();

function wordsOf(failure: Error | undefined, signal: AbortSignal = stop.signal) {
  // oxlint-disable-next-line typescript/require-await -- two lines, and perhaps the end of it
  async function* logs() {
    yield { stream: "stdout", at: "", line: "one" } as const;
    if (failure !== undefined) throw failure;
    yield { stream: "stderr", at: "", line: "two" } as const;
  }
  return lastWords("id", { containers: { logs } } as unknown as Ports, signal);
}

test("what was said is told, and of a log that cannot be read as much as there is", async () => {
  expect(await wordsOf(undefined)).toEqual(["one", "two"]);
  const silent = new PoststackError("ENGINE_UNREACHABLE", { what: "nothing more came for 10 s" });
  expect(await wordsOf(silent)).toEqual(["one", "its log cannot be read: nothing more came for 10 s"]);
});

test("a mistake of ours and an abort are no silence", async () => {
  await expect(wordsOf(new TypeError("x"))).rejects.toThrow("x");
  const aborted = AbortSignal.abort();
  await expect(wordsOf(new PoststackError("ENGINE_UNREACHABLE", { what: "y" }), aborted)).rejects.toThrow("y");
});

test.each<[ErrorCode, string, RegExp]>([
  ["UNHEALTHY", "read its log (docker logs web)", /^what it said last is all there is/],
  ["POSTGRES_START", "all of it: docker logs postgres", /^what it said last is all there is/],
  ["PORT_TAKEN", "give it another port", /^give it another port$/],
])("what to do about %s of a container that was taken away again", (code, next, expected) => {
  const { facts } = takenAway(new PoststackError(code, { what: "it did not start", next }), "the old one runs");
  expect(facts).toMatchObject({ code, what: "it did not start; the old one runs" });
  expect(facts.next).toMatch(expected);
});

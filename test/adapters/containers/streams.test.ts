// What an engine sends as a stream, in whatever pieces: lines of a log, messages, and nothing at all.
import { PassThrough, Readable } from "node:stream";
import { afterEach, expect, test, vi } from "vitest";
import { frames, lines, type Frame } from "../../../controller/adapters/containers/frames.ts";
import { heard } from "../../../controller/adapters/containers/heard.ts";
import { logLines } from "../../../controller/adapters/containers/log-lines.ts";

afterEach(() => void vi.useRealTimers());

async function collect<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

const source = (...chunks: readonly (string | Buffer)[]): Readable =>
  Readable.from(chunks.map((one) => Buffer.from(one)));
const stamp = (second: number): string => `2026-11-20T08:00:0${second}.000000001Z`;
const frame = (second: number, bytes: string | Buffer, stream: Frame["stream"] = "stdout"): Frame => ({
  stream,
  bytes: Buffer.concat([Buffer.from(`${stamp(second)} `), Buffer.from(bytes)]),
});
const logOf = (...all: readonly Frame[]) => collect(logLines(Readable.from(all)));

test("lines of messages come whole, in whatever pieces they are sent", async () => {
  expect(await collect(lines(source("a\nb", "c", "\n\nd")))).toEqual(["a", "bc", "", "d"]);
  const [before, after] = [Buffer.from("é\n").subarray(0, 1), Buffer.from("é\n").subarray(1)];
  expect(await collect(lines(source(before, after)))).toEqual(["é"]);
});

test("a message without an end is not kept for ever", async () => {
  function* endless(): Generator<Buffer> {
    for (;;) yield Buffer.alloc(1024 * 1024, "x");
  }
  await expect(collect(lines(Readable.from(endless())))).rejects.toThrow("no line ends");
});

test("a line in several frames is one, with the stamp of the first", async () => {
  const half = Buffer.from("é");
  expect(await logOf(frame(1, half.subarray(0, 1)), frame(2, half.subarray(1)), frame(3, "!\r\n"))).toEqual([
    { stream: "stdout", at: stamp(1), line: "é!" },
  ]);
});

test("a line that does not end is told in parts, and none of it is lost", async () => {
  const part = "x".repeat(30_000);
  const found = await logOf(...[1, 2, 3, 4, 5].map((second) => frame(second, part)), frame(6, "end\n"));
  expect(found.map(({ at, line }) => [at, line.length])).toEqual([
    [stamp(1), 60_000],
    [stamp(3), 60_000],
    [stamp(5), 30_003],
  ]);
});

test("a character in two parts is in the second", async () => {
  const bytes = Buffer.concat([Buffer.from("x".repeat(65_000)), Buffer.from("é")]);
  const found = await logOf(frame(1, bytes.subarray(0, -1)), frame(2, bytes.subarray(-1)), frame(3, "y".repeat(999)));
  expect(found.map(({ line }) => line.slice(-2))).toEqual(["xé", "yy"]);
});

/** A stream that says something each time it is told to. */
function spoken() {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const stream = new PassThrough();
  const chunks = heard(stream, 10_000, () => new Error("silent"))[Symbol.asyncIterator]();
  return { stream, next: () => chunks.next().then(({ value }) => String(value)) };
}

test("a stream that falls silent fails, and one that goes on does not", async () => {
  const { stream, next } = spoken();
  for (const word of ["one", "two"]) {
    const heardWord = next();
    await vi.advanceTimersByTimeAsync(9_999);
    stream.write(word);
    expect(await heardWord).toBe(word);
  }
  const nothing = expect(next()).rejects.toThrow("silent");
  await vi.advanceTimersByTimeAsync(10_000);
  await nothing;
  expect(stream.destroyed).toBe(true);
});

test("the time that its reader takes is not its silence", async () => {
  const { stream, next } = spoken();
  stream.write("one");
  expect(await next()).toBe("one");
  await vi.advanceTimersByTimeAsync(60_000);
  stream.write("two");
  expect(await next()).toBe("two");
});

test("a reader that goes away ends it", async () => {
  const stream = new PassThrough();
  stream.write("one");
  for await (const _ of heard(stream, 10_000, () => new Error("silent"))) break;
  expect(stream.destroyed).toBe(true);
});

const framed = (stream: number, text: string): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

test("frames are told apart by their stream", async () => {
  const bytes = Buffer.concat([framed(1, "out"), framed(2, "err")]);
  const found = await collect(frames(source(bytes.subarray(0, 5), bytes.subarray(5, 13), bytes.subarray(13))));
  expect(found.map(({ stream, bytes: part }) => `${stream} ${part.toString()}`)).toEqual(["stdout out", "stderr err"]);
});

test.each([3, 10])("output that ends %i bytes into a frame is not taken for whole", async (length) => {
  const cut = frames(source(framed(1, "out"), framed(1, "cut").subarray(0, length)));
  await expect(collect(cut)).rejects.toThrow("in the middle of a frame");
});

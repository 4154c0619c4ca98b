import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeEach, expect, test } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import { calls } from "./calls.ts";
import { json, scripted } from "./scripted.ts";

// Every call of the port with every way in which an engine, or what stands before it, can fail it. That it says nothing at
// all is the business of faults.test.ts.

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

const said =
  (status: number, message: string): Answer =>
  (_, response) =>
    json(response, { message }, status);

/** It says no, and knows what it says. */
const refusing = {
  "409, as it is at something else": said(409, "removal of container c is already in progress"),
  "500": said(500, "something inside went wrong"),
  "503": said(503, "the daemon is shutting down"),
  "502 of a proxy": (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(502, { "content-type": "text/html" }).end("<html>Bad Gateway</html>"),
} as const satisfies Readonly<Record<string, Answer>>;

/** What it did nobody knows. */
const breaking = {
  "no answer": (request: IncomingMessage) => request.socket.destroy(),
  "half an answer": (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
    response.write('[{"Id":');
    setImmediate(() => response.destroy());
  },
  "an answer that is no JSON": (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(200, { "content-type": "application/json" }).end('{"Id":'),
} as const satisfies Readonly<Record<string, Answer>>;

/** What comes bit by bit: a line of a log is a line, and an event that means nothing is none. */
const lenient: Readonly<Record<string, readonly (keyof typeof breaking)[]>> = {
  logs: ["an answer that is no JSON"],
  events: ["half an answer", "an answer that is no JSON"],
};

let answer: Answer = refusing[500];
const engine = await scripted((request, response) => answer(request, response));
afterAll(() => engine.close());
let from = 0;
beforeEach(() => (from = engine.requests.length));

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof PoststackError ? error.code : error),
  );

test.each(
  calls.flatMap(([name, call]) => Object.entries(refusing).map(([fault, says]) => [name, fault, call, says] as const)),
)("%s and %s: it may be tried again", async (name, _fault, call, says) => {
  answer = says;
  expect(await outcome(call(engine.engine))).toBe(name === "pullImage" ? "PULL_FAILED" : "ENGINE_BUSY");
});

test.each(
  calls.flatMap(([name, call, , late]) =>
    Object.entries(breaking).map(([fault, breaks]) => [name, fault, call, breaks, late === "TIMEOUT"] as const),
  ),
)(
  "%s and %s: what only reads may be tried again; of what writes nobody knows, and it is not sent twice",
  async (...all) => {
    const [name, fault, call, breaks, isWrite] = all;
    answer = breaks;
    const isHeard = lenient[name]?.some((one) => one === fault) === true;
    const expected = isWrite ? "ENGINE_CONNECTION_LOST" : "ENGINE_UNREACHABLE";
    expect(await outcome(call(engine.engine))).toBe(isHeard ? "done" : expected);
    const writes = engine.requests.slice(from).filter((line) => !line.startsWith("GET "));
    expect(writes).toHaveLength(isWrite ? 1 : 0);
  },
);

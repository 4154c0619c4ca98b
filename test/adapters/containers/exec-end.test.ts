// A command whose output has ended has not ended by that: how it ended is what the engine says, and nothing else.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { exitCodeOf } from "../../../controller/adapters/containers/exec-end.ts";
import { json, scripted } from "./scripted.ts";

const { signal } = new AbortController();
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const running = { Running: true, ExitCode: null };

test.for<[title: string, answers: readonly object[], code: number | string, looks: number]>([
  ["one that has ended", [{ Running: false, ExitCode: 0 }], 0, 1],
  ["one that failed", [{ Running: false, ExitCode: 3 }], 3, 1],
  ["one that ends soon after its output", [running, running, { Running: false, ExitCode: 7 }], 7, 3],
  ["one that still runs, whatever code it is said to have", [{ Running: true, ExitCode: 0 }], "CONNECTION_LOST", 50],
  ["one without a code", [{ Running: false, ExitCode: null }], "CONNECTION_LOST", 50],
  ["an answer that says nothing", [{}], "CONNECTION_LOST", 50],
])("%s", async ([, answers, expected, looks]) => {
  let asked = 0;
  const ask = () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)]);
  const found = exitCodeOf({ ask }, "/exec/e", "restoring", signal).catch((error: unknown) =>
    String((error as { readonly code?: string }).code).replace("ENGINE_", ""),
  );
  await vi.runAllTimersAsync();
  expect([await found, asked]).toEqual([expected, looks]);
});

test("a connection that is closed while the command runs is no success", async () => {
  vi.useRealTimers();
  let looks = 0;
  const one = await scripted((request, response) => {
    if (request.url?.endsWith("/c/exec") === true) return json(response, { Id: "e" }, 201);
    if (request.url?.endsWith("/e/start") === true) return response.writeHead(200).end();
    return json(response, looks++ === 0 ? running : { Running: false, ExitCode: 4 });
  });
  try {
    const ended = await one.engine.exec("c", { command: ["pg_restore"], timeoutMs: 60_000 }, signal);
    expect(ended).toEqual({ exitCode: 4, output: "" });
  } finally {
    await one.close();
  }
});

test("a connection that is closed in the middle of what the command writes is lost", async () => {
  vi.useRealTimers();
  const one = await scripted((request, response) => {
    if (request.url?.endsWith("/c/exec") === true) return json(response, { Id: "e" }, 201);
    if (request.url?.endsWith("/e/start") === true) return response.writeHead(200).end(Buffer.from([1, 0, 0, 0, 0]));
    return json(response, { Running: false, ExitCode: 0 });
  });
  try {
    const ended = one.engine.exec("c", { command: ["cat"], timeoutMs: 60_000 }, signal);
    await expect(ended).rejects.toMatchObject({ code: "ENGINE_CONNECTION_LOST" });
  } finally {
    await one.close();
  }
});

import { expect, test } from "vitest";
import { progress } from "../../controller/cli/render/progress.ts";
import { resourceId } from "../../controller/core/id.ts";
import { plain } from "../../controller/core/render.ts";
import type { EngineEvent } from "../../controller/engine/events.ts";
import type { Action } from "../../controller/resources/index.ts";

const id = resourceId("migration", "001_wide");
const action = { kind: "migration", verb: "apply", id } as Action;
const start: EngineEvent = { type: "start", action };
const line = (text: string, waitsFor?: string): EngineEvent => ({
  type: "progress",
  id,
  line: text,
  ...(waitsFor === undefined ? {} : { waitsFor }),
});

/** What is written where nobody sits at a terminal, of events at seconds. */
async function written(events: readonly (readonly [seconds: number, event: EngineEvent])[]): Promise<string> {
  let [text, nowMs] = ["", 0];
  const output = {
    isTerminal: false,
    hasColours: false,
    columns: 80,
    write: (some: string) => void (text += some),
    stream: process.stderr,
    gone: new AbortController().signal,
  };
  const shown = await progress({ output, paint: plain, nowMs: () => nowMs, all: false });
  for (const [seconds, event] of events) {
    nowMs = seconds * 1_000;
    shown.emit(event);
  }
  return text;
}

test("who is waited for is told at once, and then every 30 seconds", async () => {
  const waits = Array.from(
    { length: 65 },
    (_, second) => [second + 1, line(`waits for pid 7, ${second} s`, "pid 7")] as const,
  );
  expect(await written([[0, start], ...waits])).toBe(
    [
      "  migration:001_wide: waits for pid 7, 0 s\n",
      "  migration:001_wide: waits for pid 7, 30 s\n",
      "  migration:001_wide: waits for pid 7, 60 s\n",
    ].join(""),
  );
});

test("another who is waited for is told at once, too", async () => {
  const events = [
    [0, start],
    [1, line("waits for pid 7", "pid 7")],
    [2, line("waits for pid 8", "pid 8")],
    [3, line("waits for pid 8", "pid 8")],
  ] as const;
  expect(await written(events)).toBe("  migration:001_wide: waits for pid 7\n  migration:001_wide: waits for pid 8\n");
});

test("what goes on otherwise is told every 30 seconds, counted for each run of an action", async () => {
  const events = [
    [0, start],
    [5, line("statement 1 of 9")],
    [29, line("statement 2 of 9")],
    [30, line("statement 3 of 9")],
    [31, line("statement 4 of 9")],
    [40, { type: "end", result: { status: "skipped", action, because: "" } }],
    [41, start],
    [65, line("statement 5 of 9")],
  ] as const satisfies readonly (readonly [number, EngineEvent])[];
  expect(await written(events)).toContain("  migration:001_wide: statement 3 of 9\n");
  expect(await written(events)).not.toMatch(/statement [12459]/);
});

import { expect, test } from "vitest";
import type { Ports } from "../../../controller/core/ports.ts";
import type { ContainerDetails } from "../../../controller/core/ports/container-facts.ts";
import { waitAccepted } from "../../../controller/resources/container/wait.ts";
import { desired, details } from "./kit.ts";

const { signal } = new AbortController();
type Look = Partial<ContainerDetails> | "gone";

/** What a wait comes to, and after how many milliseconds, when the looks give this, the last one for ever. */
async function outcome(...looks: readonly Look[]): Promise<readonly [string, number]> {
  let nowMs = 0;
  let count = 0;
  const wish = desired({ acceptance: { stableMs: 1_000, limitMs: 5_000 } });
  const ports = {
    clock: { nowMs: () => nowMs, sleep: (ms: number) => Promise.resolve(void (nowMs += ms)) },
    containers: {
      inspectContainer: () => {
        const look = looks[Math.min(count++, looks.length - 1)] ?? "gone";
        return Promise.resolve(look === "gone" ? undefined : details(wish, look));
      },
      // oxlint-disable-next-line typescript/require-await -- a log of one line
      logs: async function* logs() {
        yield { stream: "stderr", at: "", line: "last words" } as const;
      },
    },
    progress: () => undefined,
  } as unknown as Ports;
  const end = await waitAccepted(
    wish,
    { id: "id", name: "web", isUp: true, restart: { name: "no" } as const },
    ports,
    signal,
  ).then(
    () => "accepted",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return [end, nowMs];
}

const running = { state: "running" } as const;
const exited = { state: "exited", exitCode: 1 } as const;

test.each<readonly [string, readonly Look[], string]>([
  ["up for long enough", [running], "accepted"],
  [
    "healthy in the end",
    [
      { ...running, health: "starting" },
      { ...running, health: "healthy" },
    ],
    "accepted",
  ],
  ["between two starts it looks ended, once", [exited, running], "accepted"],
  ["ended for good", [running, exited], "container:web was started, and it ended with exit code 1"],
  ["unhealthy", [{ ...running, health: "unhealthy" }], "container:web was started, and its healthcheck fails"],
  [
    "always starting",
    [{ ...running, health: "starting" }],
    "container:web was started, and its healthcheck has not passed yet",
  ],
  ["removed meanwhile", [running, "gone"], 'container "web" of container:web was removed while it was waited for'],
])("%s", async (_name, looks, expected) => {
  expect((await outcome(...looks))[0]).toBe(expected);
});

test("a restart begins the time anew, by count or by start", async () => {
  const [, calmMs] = await outcome(running);
  const [end, restartedMs] = await outcome(running, running, running, { ...running, restartCount: 1 });
  expect(end).toBe("accepted");
  expect(restartedMs).toBeGreaterThan(calmMs);
  const [, byStartMs] = await outcome(running, running, running, { ...running, startedAt: new Date(1) });
  expect(byStartMs).toBe(restartedMs);
});

test("one that is always restarted is not accepted", async () => {
  const loops = Array.from({ length: 100 }, (_, restartCount) => ({ ...running, restartCount }));
  const [end, tookMs] = await outcome(...loops);
  expect(end).toMatch(/^container:web was started, and up for \d s of 1 s$/);
  expect(tookMs).toBeGreaterThanOrEqual(5_000);
});

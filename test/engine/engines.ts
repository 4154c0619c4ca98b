import { afterAll, describe } from "vitest";
import { isAllAsked } from "./asked.ts";
import { engineBox, type EngineBox } from "./box.ts";

/** A real engine, for the tests of one `describe`. */
export interface TestedEngine {
  readonly kind: "docker" | "podman";
  readonly box: EngineBox;
  /**
   * Docker's tests prove everything. On Podman those run that prove each thing once, as it takes its time; with
   * `POSTSTACK_ENGINES=all` the rest runs, too: `test.runIf(isFull)`.
   */
  readonly isFull: boolean;
}

const engines = [
  { kind: "docker", isFull: true, box: await engineBox("docker") },
  { kind: "podman", isFull: isAllAsked, box: await engineBox("podman") },
] as const;
afterAll(async () => {
  for (const { box } of engines) await box?.close();
});

/** What a `describe` is called, where it is not for every engine. */
export interface Part {
  readonly name: string;
  /** False: something else that its tests need is not here. */
  readonly isPossible?: boolean;
  /** All of it runs where {@link TestedEngine.isFull}, and nowhere else. */
  readonly isExtra?: boolean;
}

const partOf = (part: string | Part): Part => (typeof part === "string" ? { name: part } : part);

/** The same tests on each engine. Where there is none they are skipped, and the end of the run says so. */
export function describeEngines(part: string | Part, tests: (engine: TestedEngine) => void | Promise<void>): void {
  const { name, isPossible = true, isExtra = false } = partOf(part);
  for (const { kind, isFull, box } of engines) {
    const runs = isPossible && (isFull || !isExtra) ? box : undefined;
    describe.skipIf(runs === undefined)(`${name}, on ${kind}`, async () => {
      if (runs !== undefined) await tests({ kind, box: runs, isFull });
    });
  }
}

/** The same for tests that each make a stage of their own on it. */
export function describeStages<Args extends readonly unknown[], Stage>(
  part: string | Part,
  stageOn: (box: EngineBox, ...args: Args) => Promise<Stage>,
  tests: (engine: TestedEngine & { readonly stage: (...args: Args) => Promise<Stage> }) => void,
): void {
  describeEngines(part, (engine) => {
    tests({ ...engine, stage: (...args) => stageOn(engine.box, ...args) });
  });
}

/** The part, where what it needs is here. */
export const where = (isPossible: boolean, part: string | Part): Part => ({ ...partOf(part), isPossible });

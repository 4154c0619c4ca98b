import { afterAll, describe } from "vitest";
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

const isAll = process.env["POSTSTACK_ENGINES"] === "all";
const engines = [
  { kind: "docker", isFull: true, box: await engineBox("docker") },
  { kind: "podman", isFull: isAll, box: await engineBox("podman") },
] as const;
afterAll(async () => {
  for (const { box } of engines) await box?.close();
});

/** Which engines a `describe` is for. */
export interface Extent {
  /** False: something else that its tests need is not here. */
  readonly isPossible?: boolean;
  /** All of it runs where {@link TestedEngine.isFull}, and nowhere else. */
  readonly isExtra?: boolean;
}

/** The same tests on each engine. Where there is none they are skipped, and the end of the run says so. */
export function describeEngines(
  name: string,
  tests: (engine: TestedEngine) => void | Promise<void>,
  { isPossible = true, isExtra = false }: Extent = {},
): void {
  for (const { kind, isFull, box } of engines)
    describe.skipIf(box === undefined || !isPossible || (isExtra && !isFull))(`${name}, on ${kind}`, async () => {
      if (box !== undefined && (isFull || !isExtra)) await tests({ kind, box, isFull });
    });
}

/** The same for tests that each make a stage of their own on it. */
export function describeStages<Args extends readonly unknown[], Stage>(
  name: string,
  stageOn: (box: EngineBox, ...args: Args) => Promise<Stage>,
  tests: (engine: TestedEngine & { readonly stage: (...args: Args) => Promise<Stage> }) => void,
  extent?: Extent,
): void {
  const withStage = (engine: TestedEngine): void =>
    tests({ ...engine, stage: (...args) => stageOn(engine.box, ...args) });
  describeEngines(name, withStage, extent);
}

import { afterAll, describe } from "vitest";
import { engineBox, type EngineBox } from "./box.ts";

/** A real engine, for the tests of one `describe`. */
export interface TestedEngine<Args extends readonly unknown[], Stage> {
  readonly kind: "docker" | "podman";
  /**
   * Docker's tests prove everything. On Podman those run that prove each thing once, as it takes its time; with
   * `POSTSTACK_ENGINES=all` the rest runs, too: `test.runIf(isFull)`.
   */
  readonly isFull: boolean;
  /** Makes what a test plays on. */
  readonly stage: (...args: Args) => Promise<Stage>;
}

const isAll = process.env["POSTSTACK_ENGINES"] === "all";
const engines = [
  { kind: "docker", isFull: true, box: await engineBox("docker") },
  { kind: "podman", isFull: isAll, box: await engineBox("podman") },
] as const;
afterAll(async () => {
  for (const { box } of engines) await box?.close();
});

/**
 * The same tests on each engine. Where there is none they are skipped, and the end of the run says so.
 *
 * @param isPossible what else they need is here
 */
export function describeEngines<Args extends readonly unknown[], Stage>(
  name: string,
  stageOn: (box: EngineBox, ...args: Args) => Promise<Stage>,
  tests: (engine: TestedEngine<Args, Stage>) => void,
  isPossible = true,
): void {
  for (const { kind, isFull, box } of engines) {
    const stage = (...args: Args): Promise<Stage> =>
      box === undefined ? Promise.reject(new Error(`no ${kind}`)) : stageOn(box, ...args);
    describe.skipIf(box === undefined || !isPossible)(`${name}, on ${kind}`, () => {
      tests({ kind, isFull, stage });
    });
  }
}

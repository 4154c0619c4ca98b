import { relative } from "node:path";
import type { Reporter, TestCase } from "vitest/node";
import { projectRoot } from "./build.ts";

/**
 * Tells which tests needed a second try, and of what the first one failed: each is a race, in the test or in what it tests,
 * and somebody has to look for it.
 */
export class Unsteady implements Reporter {
  readonly #told: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return;
    const why = test.result().errors?.map(({ message }) => message.slice(0, 2_000)) ?? [];
    this.#told.push([`${relative(projectRoot, test.module.moduleId)} > ${test.fullName}`, ...why].join("\n    "));
  }

  onTestRunEnd(): void {
    if (this.#told.length === 0) return;
    const word = this.#told.length === 1 ? "test" : "tests";
    console.error(`\n${this.#told.length} unsteady ${word}, passed at the second try:\n  ${this.#told.join("\n  ")}\n`);
  }
}

import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { projectRoot } from "./build.ts";

/** Folders and files whose tests wait for engines and servers: minutes each, where others take seconds. */
const long = ["test/scenarios/", "test/images/", "test/adapters/containers/", "test/cli/"];

/** The long ones first: one that begins last is what everybody waits for in the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      long.some((start) => relative(projectRoot, moduleId).startsWith(start)) ? 0 : 1;
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

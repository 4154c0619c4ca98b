import { fileState } from "../../controller/adapters/state.ts";

/** What the killed process of state.test.ts was about to do. */
export function run(root: string): void {
  const state = fileState(root, "dev");
  state.ensure(["role:app"]);
  state.recordSystemIdentifier("42");
}

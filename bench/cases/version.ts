import type { Case } from "../case.ts";
import { emptyNode, poststack } from "../poststack.ts";

export const version: Case = {
  id: "version",
  title: "`poststack version`",
  goal: 1.5,
  rounds: { warmUp: 3, rounds: 31 },
  set: ({ folder, home }) => Promise.resolve({ ours: poststack(["version"], { cwd: folder, home }), other: emptyNode }),
};

import { expect, test } from "vitest";
import { stepsOfFile } from "../../../controller/adapters/containers/podman-steps.ts";

test("labels that Podman writes behind a Dockerfile are none of its steps, and what is said of them belongs to none", () => {
  const said = `STEP 1/5: FROM debian
STEP 2/5: RUN make
--> Using cache 0bc2
--> 0bc2
STEP 3/5: LABEL "team"="a"
--> 81ff
STEP 4/5: LABEL "io.poststack.owner"="x"
--> Using cache 2763
--> 2763
STEP 5/5: LABEL "io.poststack.config"="y"
COMMIT app:1
--> 2d62
Successfully tagged app:1`;
  const isOfFile = stepsOfFile(
    new Map([
      ["io.poststack.owner", "x"],
      ["io.poststack.config", "y"],
    ]),
  );
  expect(said.split("\n").filter(isOfFile)).toEqual([
    "STEP 1/5: FROM debian",
    "STEP 2/5: RUN make",
    "--> Using cache 0bc2",
    "--> 0bc2",
    'STEP 3/5: LABEL "team"="a"',
    "--> 81ff",
    "COMMIT app:1",
    "--> 2d62",
    "Successfully tagged app:1",
  ]);
});

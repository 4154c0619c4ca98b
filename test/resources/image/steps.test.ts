import { expect, test } from "vitest";
import { buildSteps } from "../../../controller/resources/image/steps.ts";

test.each<[string, readonly string[], string | undefined]>([
  [
    "BuildKit",
    ["[internal] load build definition", "[1/2] FROM debian", "[2/2] RUN make"],
    "2 steps, none from the cache",
  ],
  [
    "BuildKit, stages of which one was built before",
    ["CACHED [build 1/2] FROM go", "CACHED [build 2/2] RUN go build", "[stage-1 2/2] COPY --from=build"],
    "3 steps, 2 from the cache",
  ],
  [
    "BuildKit, a step that is told of twice",
    ["[1/1] FROM debian", "CACHED [1/1] FROM debian"],
    "1 step, all from the cache",
  ],
  [
    "the classic builder",
    ["Step 1/2 : FROM debian", " ---> 0123456789ab", "Step 2/2 : RUN make", " ---> Using cache"],
    "2 steps, 1 from the cache",
  ],
  [
    "Podman",
    ["STEP 1/2: FROM debian", "STEP 2/2: RUN make", "--> Using cache 0123456789ab"],
    "2 steps, 1 from the cache",
  ],
  ["a builder that says nothing of steps", ["working"], undefined],
])("%s", (_name, lines, expected) => {
  const steps = buildSteps();
  for (const line of lines) steps.hear(line);
  expect(steps.text()).toBe(expected);
});

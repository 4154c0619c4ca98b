import { expect, test } from "vitest";
import { composeContainerLabels, ownerMark, type EngineProject } from "../../controller/core/engine-labels.ts";
import type { Ports } from "../../controller/core/ports.ts";
import type { ContainerSummary } from "../../controller/core/ports/container-facts.ts";
import { runningTwin, takenByTwin, twinIn, twinOf, type Twin } from "../../controller/core/twin.ts";

const here: EngineProject = {
  ...{ project: "app", environment: "dev", root: "/here", workingDirectory: "/here/deploy", configFiles: [] },
};
const there: EngineProject = { ...here, root: "/there", workingDirectory: "/there/deploy" };
const { signal } = new AbortController();

const made = (token: string): ReadonlyMap<string, string> =>
  new Map([
    ["io.poststack.owner", ownerMark(token)],
    ["io.poststack.project", "app"],
    ["io.poststack.environment", "dev"],
    ["io.poststack.resource", "container:web"],
  ]);
const containerLabels = (token: string, project: EngineProject): ReadonlyMap<string, string> =>
  new Map([
    ...made(token),
    ...composeContainerLabels(project, { service: "web", number: 1, configHash: "c", dependsOn: [] }),
  ]);
const portsWith = (...labels: readonly ReadonlyMap<string, string>[]): Ports => {
  const containers = labels.map((one, index) => ({ id: `id${index}`, names: [`web-${index}`], labels: one }));
  return {
    containers: { containers: () => Promise.resolve(containers as unknown as ContainerSummary[]) },
    state: { read: () => ({ owner: "mine" }) },
  } as unknown as Ports;
};

test.each<[string, Twin, string, string]>([
  [
    "a copy says where the other one is",
    { folder: "/there/deploy" },
    'volume "app-dev_data" belongs to dev of the same project in /there/deploy',
    "give this copy a `project.name` of its own, or work in that folder",
  ],
  [
    "what this folder made is not to be made anew",
    { folder: "/here/deploy" },
    'volume "app-dev_data" was made from this folder, and its state no longer knows of it',
    "bring back .poststack/dev, any copy of it",
  ],
  [
    "where nothing tells, both ways are said",
    {},
    'volume "app-dev_data" was made for dev of project "app", from another folder or with a state that is gone',
    "if this is a copy of a project, give this copy a `project.name` of its own; if the state is lost, bring back .poststack/dev, any copy of it",
  ],
])("%s", (_name, twin, what, next) => {
  const place = { file: "compose.yaml", line: 1, column: 1 };
  expect(takenByTwin("volume", { name: "app-dev_data", place }, twin, here)).toEqual({
    ...{ code: "NAME_TAKEN", where: place },
    what,
    next,
  });
});

test("what has other labels is somebody else's, and no twin", () => {
  expect(twinIn(new Map(), here)).toBeUndefined();
  expect(twinIn(made("theirs"), { project: "app", environment: "production" })).toBeUndefined();
  expect(twinIn(made("theirs"), here)).toEqual({});
  expect(twinIn(containerLabels("theirs", there), here)).toEqual({ folder: "/there/deploy" });
});

test("a volume's folder is told by the containers of the twin, and by no container of ours", async () => {
  const ours = containerLabels("mine", here);
  expect(await twinOf(made("theirs"), here, portsWith(ours), signal)).toEqual({});
  const both = portsWith(ours, containerLabels("theirs", there));
  expect(await twinOf(made("theirs"), here, both, signal)).toEqual({ folder: "/there/deploy" });
  expect(await runningTwin(here, both, signal)).toEqual({ containers: ["web-1"], folder: "/there/deploy" });
  expect(await runningTwin(here, portsWith(ours), signal)).toBeUndefined();
});

import { describe, expect, test } from "vitest";
import type { ResourceId } from "../../../controller/core/id.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { renderActions } from "../../../controller/core/render.ts";
import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import { buildPlan } from "../../../controller/engine/plan.ts";
import { kinds, type Desired } from "../../../controller/resources/index.ts";
import { diff, undecided } from "../../../controller/resources/job/diff.ts";
import { keyOf } from "../../../controller/resources/job/key.ts";
import type {
  ContainerJob,
  DesiredHelper,
  JobContainer,
  NeededHelper,
  ObservedJob,
} from "../../../controller/resources/job/model.ts";

// What is planned for jobs in containers: when they run, and what goes on running beside them.

const [oldImage, newImage] = ["1", "2"].map((digit) => `sha256:${digit.repeat(64)}`);
const place = { file: "init.yml", line: 2, column: 3 };
const id = (name: string): ResourceId => resourceId("job", name);

const container = (service: string, spec: Partial<ContainerSpec> = {}): JobContainer => ({
  service,
  name: `app-dev-${service}-run`,
  spec: {
    image: "app:1",
    environment: new Map(),
    labels: new Map(),
    network: { mode: "none" },
    ports: [],
    expose: [],
    mounts: [],
    ...spec,
  },
  files: [],
  config: "c",
  image: resourceId("image", "app:1"),
  project: { project: "app", environment: "dev", root: "/app", workingDirectory: "/app", configFiles: [] },
});

const job = (name = "seed", more: Partial<Omit<ContainerJob, "id" | "name">> = {}): ContainerJob => ({
  id: id(name),
  name,
  when: "on_change",
  key: "k",
  keyParts: new Map([["command", "c"]]),
  timeoutMs: 1_000,
  dependsOn: [],
  after: [],
  helpers: [],
  container: container(name),
  place,
  ...more,
});

const helper = (
  name: string,
  helpers: readonly NeededHelper[] = [],
  spec: Partial<ContainerSpec> = {},
): NeededHelper => {
  const wish: DesiredHelper = {
    id: id(name),
    name,
    helpers,
    container: container(name, spec),
    dependsOn: [],
    after: [],
    limitMs: 1,
    place,
  };
  return { helper: wish, condition: "healthy", required: true };
};

/** Its newest run, in this image. */
const ran = (
  one: ContainerJob,
  { image = oldImage, now = image, ...last }: Partial<ObservedJob["last"]> & { image?: string; now?: string } = {},
): ObservedJob => ({
  name: one.name,
  last: { ...keyOf(one, image), state: "succeeded", exitCode: 0, ...last },
  ...(now === "none" ? {} : { imageId: now ?? "" }),
  succeededAt: new Date(0),
});

const planned = (wishes: readonly ContainerJob[], seen: readonly ObservedJob[]): string =>
  renderActions(diff(wishes, seen));

describe("it runs", () => {
  test.each<[string, Partial<ContainerJob>, (one: ContainerJob) => ObservedJob[], string]>([
    ["never ran", {}, () => [], "run job:seed  never ran: app:1"],
    ["ran in this image", {}, (one) => [ran(one)], ""],
    [
      "ran in another image",
      {},
      (one) => [ran(one, { now: newImage ?? "" })],
      "run job:seed  image sha256:111111111111 → sha256:222222222222",
    ],
    ["ran, and its image is not here: it is fetched first", {}, (one) => [ran(one, { now: "none" })], ""],
    [
      "ran, its image is not here, and its command changed",
      { key: "k2", keyParts: new Map([["command", "d"]]) },
      () => [ran(job(), { now: "none" })],
      "run job:seed  command changed",
    ],
    ["was interrupted", {}, (one) => [ran(one, { state: "running" })], "run job:seed  interrupted run"],
    ["once: another image is no reason", { when: "once" }, (one) => [ran(one, { now: newImage ?? "" })], ""],
    [
      "reaches the host",
      { container: container("seed", { security: { privileged: true } }) },
      () => [],
      "run job:seed  never ran: app:1; may reach the host: privileged  [host-access]",
    ],
    [
      "reaches it by a link",
      { container: { ...container("seed"), hostPaths: ["/app/conf → /etc"] } },
      () => [],
      "run job:seed  never ran: app:1; may reach the host: /app/conf → /etc  [host-access]",
    ],
  ])("%s", (_name, more, seen, expected) => {
    const one = job("seed", more);
    expect(planned([one], seen(one))).toBe(expected);
  });
});

describe("it is undecided while its image is being fetched or built", () => {
  const changing = new Set([resourceId("image", "app:1")]);
  test.each<[string, Partial<ContainerJob>, (one: ContainerJob) => ObservedJob[], ReadonlySet<ResourceId>, number]>([
    ["where nothing else makes it run", {}, (one) => [ran(one)], changing, 1],
    ["not where it runs in any case", {}, () => [], changing, 0],
    ["not where the image does not count", { when: "once" }, (one) => [ran(one)], changing, 0],
    ["not where the image stays", {}, (one) => [ran(one)], new Set(), 0],
  ])("%s", (_name, more, seen, ids, count) => {
    const one = job("seed", more);
    expect(undecided([one], seen(one), ids)).toHaveLength(count);
  });
});

describe("a helper", () => {
  const cache = helper("cache");
  const proxy = helper("proxy", [cache]);

  test("is started for the first that needs it and ended after the last", () => {
    const wishes = [job("a", { helpers: [cache] }), job("b", { helpers: [cache] })];
    expect(planned(wishes, [])).toBe(
      [
        "run job:a  never ran: app:1",
        "run job:b  never ran: app:1",
        "start job:cache  for job:a, job:b",
        "end job:cache@end  after job:a, job:b",
      ].join("\n"),
    );
    expect(diff(wishes, []).at(-1)).toMatchObject({ after: ["job:cache", "job:a", "job:b"], goesWith: "job:cache" });
  });

  test("is not started where none of them runs", () => {
    const one = job("a", { helpers: [cache] });
    expect(planned([one], [ran(one)])).toBe("");
  });

  test("of a helper is ended after it", () => {
    const actions = diff([job("a", { helpers: [proxy] })], []);
    expect(renderActions(actions)).toBe(
      [
        "run job:a  never ran: app:1",
        "start job:proxy  for job:a",
        "end job:proxy@end  after job:a",
        "start job:cache  for job:proxy",
        "end job:cache@end  after job:proxy",
      ].join("\n"),
    );
    expect(actions.at(-1)?.after).toEqual(["job:cache", "job:proxy@end"]);
  });

  test("that reaches the host says so", () => {
    const wish = job("a", { helpers: [helper("cache", [], { network: { mode: "host" } })] });
    expect(planned([wish], [])).toContain("for job:a; may reach the host: network: host  [host-access]");
  });
});

describe("in a plan", () => {
  const app = "image:app:1" as ResourceId;
  const cache = helper("cache");
  const seed = job("seed", { dependsOn: [app, id("cache")], helpers: [cache] });
  const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Desired["resources"];
  const desired: Desired = {
    ...{ project: "app", environment: "dev", root: "/app", secretNames: [], lockName: "x", protected: false },
    scope: new Set(["image", "job"]),
    resources: {
      ...none,
      image: [
        {
          ...{ id: app, reference: "app:1", source: { type: "registry", pull: "always" }, since: new Date(1) },
          ...{ project: seed.container.project, dependsOn: [], place },
        },
      ],
      job: [seed, job("after", { dependsOn: [seed.id] })],
    },
  };
  const facts = { references: ["app:1"], digests: [], labels: new Map(), createdAt: new Date(0), sizeBytes: 1 };
  const image = { reference: "app:1", image: { ...facts, id: oldImage ?? "" } };

  test("what needs an undecided job waits with it", () => {
    const plan = buildPlan(desired, { observed: { image: [image], job: [ran(seed)] }, deferred: [] });
    expect(renderActions(plan.actions)).toBe("pull image:app:1  asked for on every apply");
    expect(plan.deferred).toEqual([
      { id: "job:after", reason: "to run, once the rest is known" },
      { id: "job:seed", reason: "runs if image:app:1 turns out to be another one" },
    ]);
  });

  test("a target brings the helper's start, and with it its end", () => {
    const plan = buildPlan(desired, { observed: { image: [], job: [] }, deferred: [] }, { targets: ["job:seed"] });
    expect(plan.actions.map(({ verb, id: which }) => `${verb} ${which}`)).toEqual([
      "pull image:app:1",
      "start job:cache",
      "run job:seed",
      "end job:cache@end",
    ]);
  });
});

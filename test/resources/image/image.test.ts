import { describe, expect, test } from "vitest";
import { labelNames } from "../../../controller/core/engine-labels.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { BuildSpec, ContextSpec, ImageFacts } from "../../../controller/core/ports/container-images.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { keyedHash, Secret } from "../../../controller/core/secret.ts";
import { duringLook } from "../../../controller/engine/observe.ts";
import { apply } from "../../../controller/resources/image/apply.ts";
import { diff } from "../../../controller/resources/image/diff.ts";
import { configOf } from "../../../controller/resources/image/key.ts";
import type { BuildSource, DesiredImage, PullPolicy } from "../../../controller/resources/image/model.ts";
import { observe } from "../../../controller/resources/image/observe.ts";

const { signal } = new AbortController();
const place = { file: "compose.yaml", line: 1, column: 1 };
const project = { project: "app", environment: "dev", root: "/app", workingDirectory: "/app", configFiles: [] };
const since = new Date("2026-01-02T00:00:00Z");
const common = { id: resourceId("image", "web"), since, project, place, dependsOn: [] };

const pulled = (pull: PullPolicy, reference = "web:1"): DesiredImage => ({
  ...{ ...common, reference, source: { type: "registry", pull } },
});

function built(spec: Partial<BuildSpec> = {}, more: Partial<BuildSource> = {}): DesiredImage {
  const build: BuildSpec = { references: [], context: "/app", ...spec };
  const config = configOf(build, (text) => keyedHash("key", text));
  return { ...common, reference: "web:1", source: { type: "build", build, config, when: "changed", ...more } };
}

/** An engine with a registry: what is pulled has a new id each time the registry moves on. */
function stage() {
  const images: (ImageFacts & { taggedAt?: Date })[] = [];
  const registry = new Map<string, string>([
    ["web:1", "a"],
    ["debian:12", "d"],
  ]);
  const writes: string[] = [];
  const world = { context: "1".repeat(64), bases: [] as string[], now: since, except: undefined as unknown };
  const put = (reference: string, content: string, labels: ReadonlyMap<string, string> = new Map()): string => {
    const id = `sha256:${content.repeat(64).slice(0, 64)}`;
    for (const one of images) Object.assign(one, { references: one.references.filter((name) => name !== reference) });
    const known = images.find((one) => one.id === id);
    if (known !== undefined) Object.assign(known, { references: [reference], labels });
    else images.push({ id, references: [reference], digests: [], labels, createdAt: world.now, sizeBytes: 1 });
    return id;
  };
  const engine = {
    images: () => Promise.resolve(images),
    inspectImage: (reference: string) =>
      Promise.resolve(images.find(({ id, references }) => id === reference || references.includes(reference))),
    pullImage: (reference: string) => {
      writes.push(`pull ${reference}`);
      const content = registry.get(reference);
      if (content === undefined) return Promise.reject(new PoststackError("IMAGE_MISSING", { what: "no such image" }));
      put(reference, content);
      return Promise.resolve();
    },
    tagImage: (id: string) => {
      const image = images.find((one) => one.id === id);
      if (image !== undefined) image.taggedAt = world.now;
      return Promise.resolve();
    },
    buildContext: ({ except }: ContextSpec) => {
      world.except = except;
      return Promise.resolve({ digest: world.context, bases: () => world.bases });
    },
    buildImage: ({ references, labels, except }: BuildSpec) => {
      world.except = except;
      writes.push(`build ${references.join()}`);
      return Promise.resolve({ id: put(references[0] ?? "", `b${writes.length}`, labels) });
    },
  };
  const ports = {
    containers: engine,
    state: { root: "/app/state", directory: "/app/state/dev", read: () => ({ owner: "token" }) },
    server: { fence: () => 1 },
    clock: { date: () => world.now },
    progress: () => undefined,
  } as unknown as Ports;
  /** Another command: what the one before did is known from the engine alone. */
  const anew = (): Ports => ({ ...ports, clock: { ...ports.clock } });
  const pass = async (wish: DesiredImage, world_ = ports): Promise<string> => {
    const actions = diff([wish], await observe([wish], duringLook(world_), signal));
    for (const action of actions) await apply(action, world_, signal);
    return renderActions(actions);
  };
  return { images, registry, writes, world, put, ports, anew, pass };
}

describe("pulling", () => {
  test.each<readonly [string, PullPolicy, string]>([
    ["missing", "missing", ""],
    ["always", "always", "pull image:web  asked for on every apply"],
    ["never", "never", ""],
  ])("%s, with one here", async (_name, policy, expected) => {
    const { put, pass } = stage();
    put("web:1", "a");
    expect(await pass(pulled(policy))).toBe(expected);
    // Once for each command, not once for each look.
    expect(await pass(pulled(policy))).toBe("");
  });

  test("none here: it is fetched, unless that is forbidden", async () => {
    const it = stage();
    expect(await it.pass(pulled("missing"))).toBe("pull image:web  not found");
    expect(await it.pass(pulled("missing"))).toBe("");
    const [refusal] = diff([pulled("never", "other:1")], []);
    expect(refusal?.reason).toBe('image "other:1" is not here, and `pull_policy: never` does not let it be fetched');
  });

  test("by age: when it was last pulled is known to the engine, also when that brought nothing new", async () => {
    const it = stage();
    const daily = pulled({ everyMs: 86_400_000 });
    expect(await it.pass(daily)).toBe("pull image:web  not found");
    expect(await it.pass(daily, it.anew())).toBe("");
    const nextDay = { ...daily, since: new Date("2026-01-03T00:00:01Z") };
    it.world.now = nextDay.since;
    const anew = it.anew();
    expect(await it.pass(nextDay, anew)).toBe("pull image:web  pulled more than 1 d ago");
    expect(await it.pass(nextDay, it.anew())).toBe("");
  });

  test("a reference that means something else now says so", async () => {
    const { put, registry, ports } = stage();
    put("web:1", "a");
    registry.set("web:1", "c");
    const [pull] = diff([pulled("always")], await observe([pulled("always")], ports, signal));
    if (pull === undefined) throw new Error("nothing to do");
    expect(await apply(pull, ports, signal)).toEqual({ note: "sha256:aaaaaaaaaaaa → sha256:cccccccccccc" });
    expect(await apply(pull, ports, signal)).toMatchObject({ note: expect.stringContaining("→") });
  });
});

describe("building", () => {
  test("what was built from the same needs nothing, and carries what it was built from", async () => {
    const it = stage();
    it.world.bases = ["debian:12"];
    expect(await it.pass(built())).toBe("build image:web  not found");
    // The base comes first, so that the label can name it.
    expect(it.writes).toEqual(["pull debian:12", "build web:1"]);
    expect(await it.pass(built(), it.anew())).toBe("");
    expect(it.images.find(({ references }) => references.includes("web:1"))?.labels.get(labelNames.bases)).toBe(
      `debian:12=sha256:${"d".repeat(64)}`,
    );
  });

  test.each<readonly [string, (it: ReturnType<typeof stage>) => DesiredImage, string]>([
    [
      "a file of the context",
      (it) => ((it.world.context = "2".repeat(64)), built()),
      "build context or Dockerfile changed",
    ],
    ["an argument", () => built({ arguments: new Map([["A", "2"]]) }), "build settings changed"],
    ["a secret", () => built({ secrets: new Map([["token", new Secret("x")]]) }), "build settings changed"],
    ["the target", () => built({ target: "test" }), "build settings changed"],
    [
      "the base image",
      (it) => (it.put("debian:12", "e"), built()),
      "base debian:12 sha256:dddddddddddd → sha256:eeeeeeeeeeee",
    ],
    ["on every apply", () => built({}, { when: "always" }), "asked for on every apply"],
    ["without the cache", () => built({ noCache: true }), ""],
  ])("again because of %s", async (_name, change, reason) => {
    const it = stage();
    it.world.bases = ["debian:12"];
    await it.pass(built());
    const wish = change(it);
    const anew = it.anew();
    expect(await it.pass(wish, anew)).toBe(reason === "" ? "" : `build image:web  ${reason}`);
    expect(await it.pass(wish, anew)).toBe("");
  });

  test("another environment that builds it from the same things shares it; from others it builds it anew", async () => {
    const it = stage();
    await it.pass(built());
    const other = { ...it.ports, state: { read: () => ({ owner: "another" }) } } as unknown as Ports;
    expect(await it.pass(built(), other)).toBe("");
    it.world.context = "2".repeat(64);
    expect(await it.pass(built(), other)).toBe("build image:web  build context or Dockerfile changed");
    expect(await it.pass(built(), it.anew())).toBe("");
  });

  test("what a secret holds makes no other image, and which ones there are does", () => {
    const keyOf = (name: string, value: string): unknown => {
      const { source } = built({ secrets: new Map([[name, new Secret(value)]]) });
      return "config" in source ? source.config : undefined;
    };
    expect(keyOf("token", "a")).toBe(keyOf("token", "b"));
    expect(keyOf("token", "a")).not.toBe(keyOf("key", "a"));
  });

  test("an image under the name that others built is replaced by ours", async () => {
    const it = stage();
    it.put("web:1", "a");
    expect(await it.pass(built())).toBe("build image:web  what has its name was not built from these files");
    expect(await it.pass(built())).toBe("");
  });

  test("a base that is nowhere stops nothing: the build says what it misses", async () => {
    const it = stage();
    it.world.bases = ["private/base:1"];
    expect(await it.pass(built())).toBe("build image:web  not found");
    expect(it.writes).toEqual(["pull private/base:1", "build web:1"]);
  });

  test("where Poststack keeps its passwords is neither read nor sent", async () => {
    const it = stage();
    const [action, ...others] = diff([built()], await observe([built()], it.ports, signal));
    expect([it.world.except, others]).toEqual([["/app/state"], []]);
    it.world.except = undefined;
    if (action !== undefined) await apply(action, it.ports, signal);
    expect(it.world.except).toEqual(["/app/state"]);
  });

  test("one whose Dockerfile is missing is refused, and nothing else", async () => {
    const it = stage();
    const missing = (): Promise<never> => Promise.reject(new PoststackError("FILE_MISSING", { what: "no Dockerfile" }));
    Object.assign(it.ports.containers, { buildContext: missing });
    const wishes = [built(), { ...pulled("missing", "debian:12"), id: resourceId("image", "debian") }];
    expect(renderActions(diff(wishes, await observe(wishes, it.ports, signal)))).toBe(
      "refuse image:web  no Dockerfile\npull image:debian  not found",
    );
  });
});

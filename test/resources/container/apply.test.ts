import { assert, asyncProperty, constantFrom, nat, option, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { errorsOf, PoststackError } from "../../../controller/core/errors.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { apply } from "../../../controller/resources/container/apply.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import type { DesiredContainer } from "../../../controller/resources/container/model.ts";
import { observe } from "../../../controller/resources/container/observe.ts";
import { desired, newImage, oldImage, type Wish } from "./kit.ts";
import { containerStage, type ContainerStage } from "./stage.ts";

const { signal } = new AbortController();

/** One pass: look, decide, do, as the engine does it; removals come last. */
async function pass(it: ContainerStage, ...wishes: readonly DesiredContainer[]): Promise<string> {
  const actions = diff(wishes, await observe(wishes, it.ports, signal)).toSorted(
    (a, b) => Number(a.verb === "delete") - Number(b.verb === "delete"),
  );
  for (const action of actions) await apply(action, it.ports, signal);
  return renderActions(actions);
}

const stage = (): ContainerStage => containerStage();

const failure = async (promise: Promise<unknown>): Promise<PoststackError> => {
  const [error] = errorsOf(
    await promise.then(
      () => new Error("it did not fail"),
      (thrown: unknown) => thrown,
    ),
  );
  if (error === undefined) throw new Error("nothing was thrown");
  return error;
};

const port = { containerPort: 80, hostPort: 8080, protocol: "tcp" } as const;
const check = { test: ["CMD", "true"] };
const command = (...words: readonly string[]): Wish => ({ spec: { command: words, healthcheck: check } });
const exclusive = (...words: readonly string[]): Wish => ({ spec: { ...command(...words).spec, ports: [port] } });

const hook = (...words: [string, ...string[]]) => ({ command: words, timeoutMs: 1_000 });

test("what was made needs nothing, and no call but the lists", async () => {
  const it = stage();
  expect(await pass(it, desired())).toBe("create container:web  not found");
  expect(it.names()).toBe("app-dev-web-1 running");
  it.writes.length = 0;
  expect(await pass(it, desired())).toBe("");
  expect(it.writes).toEqual([]);
});

test("labels say whose it is, and let Compose's tools show it", async () => {
  const it = stage();
  await pass(it, desired({ spec: { labels: new Map([["team", "a"]]) } }));
  const labels = Object.fromEntries([...it.containers.values()][0]?.spec.labels ?? []);
  expect(labels).toMatchObject({
    team: "a",
    "io.poststack.project": "app",
    "io.poststack.environment": "dev",
    "io.poststack.resource": "container:web",
    "io.poststack.fence": "7",
    "com.docker.compose.project": "app-dev",
    "com.docker.compose.service": "web",
    "com.docker.compose.container-number": "1",
    "com.docker.compose.oneoff": "False",
    "com.docker.compose.image": oldImage,
    "com.docker.compose.project.working_dir": "/app",
    "com.docker.compose.project.config_files": "/app/compose.yaml",
  });
  expect(JSON.stringify(labels)).not.toContain("0123456789abcdef");
});

describe("an engine that ends while it starts one", () => {
  test.each<[string, readonly DesiredContainer[], string]>([
    ["for the first time", [desired(command("new"))], "app-dev-web-1 running"],
    ["beside the old one", [desired(command("old")), desired(command("new"))], "app-dev-web-1 running"],
    ["in the place of the old one", [desired(exclusive("old")), desired(exclusive("new"))], "app-dev-web-1 running"],
  ])("%s: what it can start no more is made anew", async (_when, wishes, expected) => {
    const it = stage();
    const last = wishes.at(-1) ?? desired();
    for (const wish of wishes.slice(0, -1)) await pass(it, wish);
    let isCut = false;
    it.onWrite((call, when) => {
      if (isCut || when !== "before" || !call.startsWith("startContainer")) return;
      isCut = true;
      for (const one of it.containers.values()) if (one.state === "created") one.isStuck = true;
      throw new PoststackError("ENGINE_CONNECTION_LOST", { what: "the engine ended" });
    });
    await failure(pass(it, last));
    const [stuck] = [...it.containers.values()].filter((one) => one.isStuck);
    expect(stuck?.state).toBe("created");
    for (let passes = 0; passes < 2; passes++) await pass(it, last).catch(() => undefined);
    expect(it.names()).toBe(expected);
    expect([...it.containers.values()].map((one) => one.spec.command)).toEqual([["new"]]);
    expect(await pass(it, last)).toBe("");
  });
});

describe("replacing", () => {
  test("start first: the old one serves until the new one is healthy", async () => {
    const it = stage();
    await pass(it, desired(command("old")));
    it.writes.length = 0;
    await pass(it, desired(command("slow")));
    expect(it.writes).toEqual([
      "createContainer app-dev-web-1.next",
      "startContainer app-dev-web-1.next",
      "stopContainer app-dev-web-1",
      "removeContainer app-dev-web-1",
      "renameContainer app-dev-web-1.next app-dev-web-1",
    ]);
    expect(await pass(it, desired(command("slow")))).toBe("");
  });

  test("stop first: the old one is kept until the new one is healthy", async () => {
    const it = stage();
    await pass(it, desired(exclusive("old")));
    it.writes.length = 0;
    await pass(it, desired(exclusive("slow")));
    expect(it.writes).toEqual([
      "createContainer app-dev-web-1.next",
      "stopContainer app-dev-web-1",
      "renameContainer app-dev-web-1 app-dev-web-1.previous",
      "updateContainer app-dev-web-1.previous",
      "renameContainer app-dev-web-1.next app-dev-web-1",
      "startContainer app-dev-web-1",
      "removeContainer app-dev-web-1.previous",
    ]);
    expect(await pass(it, desired(exclusive("slow")))).toBe("");
  });

  test.each([
    [
      "never healthy, start first",
      command("old"),
      command("sick"),
      "its healthcheck fails; the one before it still runs",
    ],
    [
      "never healthy, stop first",
      exclusive("old"),
      exclusive("sick"),
      "its healthcheck fails; the one before it was started again",
    ],
    [
      "crashes, start first",
      command("old"),
      command("crash"),
      "it ended with exit code 1; the one before it still runs",
    ],
    [
      "crashes, stop first",
      exclusive("old"),
      exclusive("crash"),
      "it ended with exit code 1; the one before it was started again",
    ],
  ])("a new one that is not accepted leaves the old one in its place: %s", async (_name, before, after, what) => {
    const it = stage();
    await pass(it, desired(before));
    const [old] = [...it.containers.keys()];
    const error = await failure(pass(it, desired(after)));
    expect(error.code).toBe("UNHEALTHY");
    expect(error.message).toContain(what);
    expect(error.facts.details).toContain("the last line of its log");
    // It is gone, and under its name there is the old one.
    expect(error.facts.next).not.toContain("docker logs");
    expect(it.names()).toBe("app-dev-web-1 running");
    expect([...it.containers.keys()]).toEqual([old]);
    // The wish before, again: nothing to do, as if nothing had been tried.
    expect(await pass(it, desired(before))).toBe("");
  });

  test("an image that is not there stops nothing", async () => {
    const it = stage();
    await pass(it, desired(exclusive("old")));
    const error = await failure(pass(it, desired({ spec: { ...exclusive("new").spec, image: "none:1" } })));
    expect(error.code).toBe("IMAGE_MISSING");
    expect(it.names()).toBe("app-dev-web-1 running");
  });

  test("a crash loop is not accepted, though it runs whenever one looks at it for the first time", async () => {
    const it = stage();
    await pass(it, desired());
    const error = await failure(
      pass(
        it,
        desired({
          spec: { command: ["crash"], restart: { name: "always" } },
          acceptance: { stableMs: 5_000, limitMs: 20_000 },
        }),
      ),
    );
    expect(error.message).toContain("the engine restarts it with exit code 1; the one before it still runs");
  });

  test("another image under the same reference", async () => {
    const it = stage();
    await pass(it, desired());
    it.addImage("web:1", newImage);
    expect(await pass(it, desired())).toContain("image sha256:1");
    expect(await pass(it, desired())).toBe("");
  });

  test("a volume without a name goes on", async () => {
    const it = stage();
    const name = "b".repeat(64);
    await pass(it, desired({ spec: { mounts: [{ type: "volume", name, target: "/data", readOnly: false }] } }));
    const [old] = it.containers.values();
    // As an image's own VOLUME looks: in no file.
    if (old !== undefined)
      old.spec = { ...old.spec, labels: new Map([...old.spec.labels, ["io.poststack.config", "other"]]) };
    await pass(it, desired());
    expect([...it.containers.values()][0]?.spec.mounts).toEqual([
      { type: "volume", name, target: "/data", readOnly: false },
    ]);
  });
});

describe("a pass that is cut is finished by the next", () => {
  class Cut extends Error {}

  const busy = new PoststackError("ENGINE_BUSY", { what: "something inside went wrong" });
  const lost = new PoststackError("ENGINE_CONNECTION_LOST", { what: "the answer broke off" });
  const late = new PoststackError("TIMEOUT", { what: "no answer within 30 s" });
  /** The same end whether the program was cut at one of its calls, or the engine failed it, having done it or not. */
  const ways: readonly (readonly [name: string, when: "before" | "after", failure: Error])[] = [
    ["by its end before", "before", new Cut()],
    ["by its end after", "after", new Cut()],
    ["by a 409, a 500 or a 503 in place of", "before", busy],
    ["by a 500 after", "after", busy],
    ["by a connection that breaks before", "before", lost],
    ["by a lost, halved or garbled answer to", "after", lost],
    ["by a limit of time before", "before", late],
    ["by a limit of time after", "after", late],
  ];
  const wishes: readonly (readonly [string, Wish, Wish])[] = [
    ["first start", { to: "absent" }, command("slow")],
    ["start first", command("old"), command("slow")],
    ["stop first", exclusive("old"), exclusive("slow")],
    [
      "files inside",
      command("old"),
      { ...exclusive("new"), files: [{ path: "/f", content: "x", mode: 0o400, uid: 0, gid: 0 }] },
    ],
    [
      "one volume",
      { spec: { mounts: [{ type: "volume", name: "data", target: "/d", readOnly: false }] } },
      { spec: { command: ["new"], mounts: [{ type: "volume", name: "data", target: "/d", readOnly: false }] } },
    ],
    ["going away", command("old"), { to: "absent" }],
    ["first start, with a hook", { to: "absent" }, { postStart: [hook("warm", "up")] }],
    ["start first, with a hook", command("old"), { ...command("slow"), postStart: [hook("warm", "up")] }],
    ["stop first, with a hook", exclusive("old"), { ...exclusive("slow"), postStart: [hook("warm", "up")] }],
  ];
  test.each(wishes.flatMap(([name, before, after]) => ways.map(([...way]) => [name, ...way, before, after] as const)))(
    "%s, cut %s each call",
    async (_name, _how, moment, failing, before, after) => {
      for (let at = 0; ; at++) {
        const it = stage();
        await pass(it, desired(before));
        let calls = 0;
        it.onWrite((_call, when) => {
          if (when === moment && calls++ === at) throw failing;
        });
        const wasCut = await pass(it, desired(after)).then(
          () => false,
          () => true,
        );
        it.onWrite(() => undefined);
        await pass(it, desired(after));
        await pass(it, desired(after));
        expect([at, it.names()]).toEqual([at, after.to === "absent" ? "" : "app-dev-web-1 running"]);
        expect(await pass(it, desired(after))).toBe("");
        const [end] = it.containers.values();
        expect([...(end?.files.keys() ?? [])]).toEqual((after.files ?? []).map(({ path }) => path));
        const started = it.writes.findLastIndex((call) => call.startsWith("startContainer "));
        const hooks = it.writes.slice(started).filter((call) => call.startsWith("exec "));
        expect([at, hooks.length > 0]).toEqual([at, after.postStart !== undefined]);
        if (!wasCut) return;
        expect(at).toBeLessThan(20);
      }
    },
  );

  test("and so it is when the wish changes in between", async () => {
    const all = wishes.map(([, , wish]) => wish);
    await assertAsync(all);
  });

  async function assertAsync(all: readonly Wish[]): Promise<void> {
    await assert(
      asyncProperty(
        constantFrom(...all),
        constantFrom(...all),
        constantFrom(...all),
        nat({ max: 8 }),
        nat({ max: 8 }),
        async (first, second, third, cutAt, cutAgain) => {
          const it = stage();
          await pass(it, desired(first));
          for (const [wish, at] of [
            [second, cutAt],
            [third, cutAgain],
          ] as const) {
            let calls = 0;
            it.onWrite((_call, when) => {
              if (when === "after" && calls++ === at) throw new Cut();
            });
            await pass(it, desired(wish)).catch((error: unknown) => {
              if (!(error instanceof Cut)) throw error;
            });
          }
          it.onWrite(() => undefined);
          for (let passes = 0; passes < 3; passes++) await pass(it, desired(third));
          expect(await pass(it, desired(third))).toBe("");
          expect(it.names()).toBe(third.to === "absent" ? "" : "app-dev-web-1 running");
        },
      ),
      { numRuns: 300 },
    );
  }
});

test("whatever the wish, what was made from it needs nothing", async () => {
  const wish = record({
    ports: constantFrom([], [port]),
    memoryBytes: option(constantFrom(1024, 2048), { nil: undefined }),
    restart: constantFrom({ name: "always" } as const, { name: "on-failure", maxRetries: 3 } as const),
    level: constantFrom("debug", "info"),
    isThorough: constantFrom(true, false),
  }).map(({ memoryBytes, level, isThorough, ...spec }) =>
    desired({
      isThorough,
      spec: {
        ...spec,
        environment: new Map([["LEVEL", level]]),
        resources: memoryBytes === undefined ? {} : { memoryBytes },
      },
    }),
  );
  await assert(
    asyncProperty(wish, wish, async (first, second) => {
      const it = stage();
      await pass(it, first);
      await pass(it, second);
      expect(await pass(it, second)).toBe("");
    }),
  );
});

test("what is wrong in place is put right in place", async () => {
  const it = stage();
  const wish = desired({ spec: { resources: { memoryBytes: 1024 } } });
  await pass(it, wish);
  const [one] = it.containers.values();
  if (one === undefined) throw new Error("nothing was made");
  Object.assign(one, { name: "mine", state: "paused" });
  one.attachments.clear();
  one.attachments.set("lan", { aliases: [] });
  it.writes.length = 0;
  await pass(it, desired({ spec: { resources: { memoryBytes: 2048 } } }));
  expect(it.writes).toEqual([
    "unpauseContainer mine",
    "updateContainer mine",
    "renameContainer mine app-dev-web-1",
    "connectNetwork app-dev_default app-dev-web-1",
    "disconnectNetwork lan app-dev-web-1",
  ]);
  expect(await pass(it, desired({ spec: { resources: { memoryBytes: 2048 } } }))).toBe("");
});

describe("whose it is", () => {
  test("an image that brings our labels along makes nobody's container ours", async () => {
    const it = stage();
    await pass(it, desired());
    const [ours] = it.containers.values();
    it.addImage("copy:1", newImage, ours?.spec.labels);
    await it.ports.containers.createContainer(
      "by-hand",
      { ...desired().spec, image: "copy:1", labels: new Map() },
      signal,
    );
    await it.ports.containers.startContainer("by-hand", signal);
    expect(await pass(it, desired())).toBe("");
    expect(await pass(it)).toBe("delete container:web  no longer in the files  [downtime]");
    expect(it.names()).toBe("by-hand running");
  });

  test("a name that somebody took between looking and doing is not seized", async () => {
    const it = stage();
    const actions = diff([desired()], await observe([desired()], it.ports, signal));
    await it.ports.containers.createContainer("app-dev-web-1", { ...desired().spec, labels: new Map() }, signal);
    const [create] = actions;
    if (create === undefined) throw new Error("nothing to do");
    expect((await failure(apply(create, it.ports, signal))).code).toBe("NAME_TAKEN");
    expect(it.names()).toBe("app-dev-web-1 created");
  });

  test("of a name that no container has the engine's own answer stands", async () => {
    const it = stage();
    const taken = new PoststackError("NAME_TAKEN", { what: "storage has it", next: "podman rm --storage" });
    it.onWrite((call, when) => {
      if (call.startsWith("createContainer ") && when === "before") throw taken;
    });
    expect(await failure(pass(it, desired()))).toBe(taken);
  });

  test("one that was made again between looking and doing survives the removal of the one before", async () => {
    const it = stage();
    await pass(it, desired());
    const actions = diff([], await observe([], it.ports, signal));
    it.containers.clear();
    await pass(it, desired());
    for (const action of actions) await apply(action, it.ports, signal);
    expect(it.names()).toBe("app-dev-web-1 running");
  });
});

describe("hooks", () => {
  test("run after the start and before the stop", async () => {
    const it = stage();
    const wish = { postStart: [hook("warm", "up")], preStop: [hook("drain")] };
    await pass(it, desired(wish));
    await pass(it, desired({ ...wish, to: "stopped" }));
    expect(it.writes).toEqual([
      "createContainer app-dev-web-1",
      "startContainer app-dev-web-1",
      "exec app-dev-web-1 warm up",
      "exec app-dev-web-1 drain",
      "stopContainer app-dev-web-1",
    ]);
  });

  test("one that fails after the start is an error with its output; one before the stop keeps nothing alive", async () => {
    const it = stage();
    const error = await failure(pass(it, desired({ postStart: [hook("false")] })));
    expect(error.code).toBe("HOOK_FAILED");
    expect(error.facts.details).toEqual(["output of the hook"]);
    // It runs, and is not as the files ask for: the corrected command is run, and not the container started anew.
    expect(await pass(it, desired({ postStart: [hook("true")] }))).toBe(
      "update container:web  post_start not done → done",
    );
    expect(it.writes.slice(-1)).toEqual(["exec app-dev-web-1 true"]);
    expect(await pass(it, desired({ postStart: [hook("true")] }))).toBe("");
    await pass(it, desired({ preStop: [hook("false")], to: "stopped" }));
    expect(it.names()).toBe("app-dev-web-1 exited");
  });
});

test("an answer that was lost is no failure: nothing is put back, and the next pass goes on from there", async () => {
  const it = stage();
  await pass(it, desired(exclusive("old")));
  it.writes.length = 0;
  it.onWrite((call, when) => {
    if (call === "startContainer app-dev-web-1" && when === "after")
      throw new PoststackError("ENGINE_CONNECTION_LOST", { what: "cut" });
  });
  await failure(pass(it, desired(exclusive("new"))));
  it.onWrite(() => undefined);
  await pass(it, desired(exclusive("new")));
  expect(it.writes.filter((call) => call.startsWith("remove"))).toEqual(["removeContainer app-dev-web-1.previous"]);
  expect(await pass(it, desired(exclusive("new")))).toBe("");
});

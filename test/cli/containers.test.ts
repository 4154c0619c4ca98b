import { beforeAll, expect, test } from "vitest";
import { describeEngines, describeStages } from "../engine/engines.ts";
import { answerOf, type Ended } from "../support/command.ts";
import { misfits } from "../support/schemas.ts";
import { openStage, stageOn, type Stage } from "../scenarios/containers/stage.ts";

// The commands for what runs on a container engine, on a real one.

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly found: { readonly state: string } | null;
  readonly drift: { readonly verb: string } | null;
}

const containersIn = (ended: Ended): readonly Listed[] =>
  (answerOf(ended) as { readonly containers: readonly Listed[] }).containers;

const compose = `services:
  web:
    image: IMAGE
    command: [sleep, "100000"]
    init: true
    scale: 2
    depends_on: [cache]
    ports: ["7000"]
  cache:
    image: IMAGE
    command: [sleep, "100000"]
    init: true
    ports: ["127.0.0.1:PORT1:80"]
    volumes: ["data:/data"]
    healthcheck: { test: [CMD-SHELL, "echo asked; test ! -e /sick"], interval: 1s, retries: 1 }
  own:
    build: ./own
    command: [sleep, "100000"]
    init: true
volumes: { data: {} }
`;
const files = { "compose.yml": compose, "own/Dockerfile": "FROM IMAGE\nRUN echo 1 > /made\n" };

describeEngines({ name: "commands for containers", isExtra: true }, ({ box }) => {
  // One for all of them: what each needs first is made by its apply.
  let app: Stage;
  beforeAll(async () => {
    const opened = await openStage(box, files);
    app = opened.stage;
    return opened.close;
  });

  test("look at them, and give some of them another end than the rest", async () => {
    const [outcome] = (await app.ok("apply", "--yes", "--json")).lines.filter(({ type }) => type === "outcome");
    expect(misfits("event", outcome)).toEqual([]);
    const chosen = expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown;
    const cache = `http://127.0.0.1:${app.project.ports[1] ?? 0}/`;
    // Where the same port is not free for IPv6, the engine chooses another one, which is told as well.
    const told = outcome?.["addresses"] as readonly { readonly address: string }[];
    expect(told.filter(({ address }) => !address.startsWith("[::1]"))).toEqual([
      { name: "web", address: chosen },
      { name: "web.2", address: chosen },
      { name: "cache", address: cache },
      { name: "database", address: expect.stringMatching(/^postgresql:/) as unknown },
    ]);
    expect((await app.ok("apply")).stdout).toContain(`  cache     ${cache}\n`);
    const all = ["cache-1 running", "own-1 running", "web-1 running", "web-2 running"];
    expect(await app.containers()).toEqual(all);

    const list = await app.ok("container", "list", "--json");
    expect(misfits("answers/container list", answerOf(list))).toEqual([]);
    expect(containersIn(list).map(({ id, state }) => `${id} ${state}`)).toEqual([
      "container:cache running",
      "container:own running",
      "container:web running",
      "container:web.2 running",
    ]);

    const whole = await app.ok("status", "dev", "--json");
    expect(misfits("status", answerOf(whole))).toEqual([]);
    expect(answerOf(whole)).toMatchObject({
      environments: [
        {
          containers: [
            { name: "web", state: "running", addresses: expect.arrayContaining([chosen]) as unknown },
            { name: "web.2", state: "running", addresses: expect.arrayContaining([chosen]) as unknown },
            { name: "cache", state: "running", health: "healthy", addresses: [cache] },
            { name: "own", state: "running", addresses: [] },
          ],
        },
      ],
    });
    const environments = await app.ok("env", "list", "--json");
    expect(misfits("answers/env list", answerOf(environments))).toEqual([]);
    expect(answerOf(environments)).toMatchObject({ environments: [{ containersRunning: 4 }] });
    expect((await app.ok("env", "list")).stdout).toContain("Postgres, 4 containers");

    const stopped = await app.ok("container", "stop", "web.2", "cache", "--yes");
    expect(stopped.stderr).toContain("The files still ask for web.2, cache: the next apply brings them back.");
    expect(await app.containers()).toEqual(["cache-1 exited", "own-1 running", "web-1 running", "web-2 exited"]);
    expect((await app.ok("container", "stop", "cache", "--yes")).stdout).toContain("Nothing to do");

    const removed = await app.ok("container", "remove", "web", "--yes", "--json");
    expect(removed.lines.filter(({ type }) => type === "start").map(({ id, verb }) => `${verb} ${id}`)).toEqual([
      "delete container:web",
      "delete container:web.2",
    ]);
    const status = await app.ok("container", "status", "--json");
    expect(misfits("answers/container status", answerOf(status))).toEqual([]);
    const standing = containersIn(status).map(
      ({ id, found, drift }) => `${id} ${found?.state ?? "absent"} ${drift?.verb ?? "-"}`,
    );
    expect(standing).toEqual([
      "container:web absent create",
      "container:web.2 absent create",
      "container:cache exited start",
      "container:own running -",
    ]);

    // What web needs comes along; nothing else is touched.
    const started = await app.ok("container", "start", "web.2", "--yes", "--json");
    expect(started.lines.filter(({ type }) => type === "start").map(({ id, verb }) => `${verb} ${id}`)).toEqual([
      "start container:cache",
      "create container:web.2",
    ]);
    await app.ok("apply", "--yes");
    expect(await app.containers()).toEqual(all);

    const unknown = await app.run("container", "stop", "wbe", "--yes");
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('did you mean "web"?')]);

    const before = [await app.container("web-1"), await app.container("web-2"), await app.container("cache-1")];
    const restarted = await app.ok("restart", "web", "--yes", "--json");
    expect(restarted.lines.filter(({ type }) => type === "start").map(({ id, verb }) => `${verb} ${id}`)).toEqual([
      "restart container:web",
      "restart container:web.2",
    ]);
    const after = [await app.container("web-1"), await app.container("web-2"), await app.container("cache-1")];
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));

    await app.ok("env", "stop", "--yes");
    expect(await app.containers()).toEqual(["cache-1 exited", "own-1 exited", "web-1 exited", "web-2 exited"]);
    const health = await app.run("container", "health", "--json");
    expect([health.code, misfits("answers/container health", answerOf(health))]).toEqual([1, []]);
    expect((await app.run("container", "health")).stderr).toContain("Nothing of dev runs: poststack env start dev");
  }, 180_000);

  test("health says what the check said", async () => {
    await app.ok("apply", "--yes");
    expect((await app.run("container", "health")).code).toBe(0);
    const { engine, signal } = app.box;
    const { id } = await app.container("cache-1");
    await engine.exec(id, { command: ["touch", "/sick"], timeoutMs: 10_000 }, signal);
    await expect.poll(async () => (await app.container("cache-1")).health, { timeout: 20_000 }).toBe("unhealthy");
    const { code, stdout } = await app.run("container", "health");
    expect(code).toBe(1);
    expect(stdout).toMatch(/cache-1 +running, unhealthy\n {2}\| asked\n/);
    await engine.exec(id, { command: ["rm", "/sick"], timeoutMs: 10_000 }, signal);
    await expect.poll(async () => (await app.container("cache-1")).health, { timeout: 20_000 }).toBe("healthy");

    const removed = await app.container("web-2");
    await engine.removeContainer(removed.id, { force: true, anonymousVolumes: true }, signal);
    const missing = await app.run("container", "health");
    expect([missing.code, missing.stdout]).toEqual([1, expect.stringMatching(/^container:web\.2 +not there$/m)]);
    const asJson = await app.run("container", "health", "--json");
    expect(answerOf(asJson)).toMatchObject({ well: false, missing: ["container:web.2"] });
    expect(misfits("answers/container health", answerOf(asJson))).toEqual([]);
  });

  test("scale holds until the next apply, and a saved plan keeps it", async () => {
    const web = async (): Promise<number> => (await app.containers()).filter((one) => one.startsWith("web-")).length;
    await app.ok("apply", "--yes");
    await app.ok("plan", "--scale", "web=3", "--out", "three.plan");
    await app.ok("apply", "three.plan");
    expect(await web()).toBe(3);
    await app.ok("env", "start", "--scale", "web=1", "--yes");
    expect(await web()).toBe(1);
    await app.ok("apply", "--yes");
    expect(await web()).toBe(2);
    expect((await app.run("apply", "--scale", "web", "--yes")).stderr).toContain(
      "error USAGE: --scale web is no service",
    );
  });

  test("reset leaves nothing, and only with the leave to delete data", async () => {
    await app.ok("apply", "--yes");
    expect((await app.run("reset", "--yes")).code).toBe(5);
    expect((await app.run("reset", "--delete-data", "--yes")).code).toBe(5);
    expect(await app.containers()).toHaveLength(4);
    await app.ok("reset", "--delete-data", "--confirm", "dev");
    expect([await app.containers(), await app.objects()]).toEqual([[], []]);
    expect((await app.ok("image", "list")).stderr).toContain("There is no image of dev.");
  });
});

describeStages("cleanup of containers", stageOn, ({ kind, stage }) => {
  test("takes what is left over, and keeps what is asked for as it is", async () => {
    const app = await stage(files);
    await app.ok("apply", "--yes");
    expect((await app.ok("cleanup", "--yes")).stdout).toContain("Nothing to do: nothing is left over.");

    // A second build leaves the first image behind; a service and its volume leave the files.
    app.project.write("own/Dockerfile", app.project.read("own/Dockerfile").replace("echo 1", "echo 2"));
    const built = await app.ok("container", "build", "--yes");
    // To Podman what an image is built from is no step that could be cached.
    expect(built.stderr).toMatch(
      new RegExp(`build image:\\S+-own .*; 2 steps, ${kind === "docker" ? "1" : "none"} from the cache`),
    );
    await app.ok("apply", "--yes");
    await app.ok("container", "stop", "own", "--yes");
    app.project.edit("compose.yml", /  cache:[^]*?(?=  own:)/, "");
    app.project.edit("compose.yml", "    depends_on: [cache]\n", "");
    app.project.edit("compose.yml", "volumes: { data: {} }", "");

    const cleaned = await app.ok("cleanup", "--yes", "--json");
    expect(cleaned.lines.filter(({ type }) => type === "start").map(({ id, verb }) => `${verb} ${id}`)).toEqual([
      "delete container:cache",
      expect.stringMatching(/^delete image:sha256:/),
    ]);
    expect(await app.containers()).toEqual(["own-1 exited", "web-1 running", "web-2 running"]);
    expect(await app.objects()).toEqual(["network default", "volume data"]);

    const plain = { key: "data", inFiles: false, usedBy: [] };
    for (const [args, sizeBytes] of [
      [[], null],
      [["--size"], expect.any(Number) as unknown],
    ] as const) {
      const volumes = answerOf(await app.ok("volumes", "list", ...args, "--json"));
      expect(misfits("answers/volumes list", volumes)).toEqual([]);
      expect(volumes).toMatchObject({ volumes: [{ ...plain, sizeBytes }] });
    }
    expect((await app.ok("volumes", "prune", "--yes")).stdout).toContain("only --delete-data deletes");
    const refused = await app.run("volumes", "prune", "--delete-data", "--yes");
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining("--confirm dev")]);
    await app.ok("volumes", "prune", "--delete-data", "--confirm", "dev");
    expect(await app.objects()).toEqual(["network default"]);

    const images = await app.ok("image", "list", "--json");
    expect(misfits("answers/image list", answerOf(images))).toEqual([]);
    expect(answerOf(images)).toMatchObject({
      images: expect.arrayContaining([expect.objectContaining({ built: true, usedBy: ["own"] })]) as unknown,
    });
    expect((await app.ok("image", "prune", "--all", "--yes")).stdout).toContain("is in use");
  });
});

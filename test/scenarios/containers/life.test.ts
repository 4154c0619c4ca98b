import { beforeAll, expect, onTestFinished, test } from "vitest";
import { callEngine } from "../../engine/call.ts";
import { describeEngines, describeStages } from "../../engine/engines.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { newProject } from "../../support/scenario.ts";
import { compose, openStage, stageOn, type Stage } from "./stage.ts";

/** Somebody's own container, of an image that was made of one of ours (`docker commit`): it has all of its labels. */
async function runCopyOf(name: string, app: Stage): Promise<() => Promise<string | undefined>> {
  const { engine, signal, labels, socket } = app.box;
  const path = `/commit?container=${(await app.container(name)).id}&repo=${app.name}&tag=copy`;
  await callEngine(socket, "POST", path, {});
  const made = (await engine.images(signal)).find(({ references }) => references.join().includes(`${app.name}:copy`));
  const image = made?.references[0] ?? expect.fail("nothing was committed");
  const spec = {
    ...{ image, labels, environment: new Map(), ports: [], expose: [], mounts: [], network: { mode: "none" } as const },
    command: ["sleep", "100000"],
  };
  const { id } = await engine.createContainer(`${app.name}-copy`, spec, signal);
  onTestFinished(async () => {
    await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
    await engine.removeImage(image, signal);
  });
  await engine.startContainer(id, signal);
  return async () => (await engine.inspectContainer(id, signal))?.state;
}

const whole = ["cache-1 running", "web-1 running", "worker-1 running", "worker-2 running"];

const small = {
  "compose.yml": `services:
  web: { image: IMAGE, command: [sleep, "100000"], init: true, volumes: ["data:/data"] }
volumes: { data: {} }
`,
};

describeEngines("an environment of a Compose file", ({ box, isFull, kind }) => {
  // One for all of them, as the server alone costs more than what is tested.
  let app: Stage;
  beforeAll(async () => {
    const opened = await openStage(box);
    app = opened.stage;
    return opened.close;
  });

  test("is made in one apply, and then there is nothing to do", async () => {
    const { engine, signal } = app.box;
    expect(await app.plan()).toEqual([
      "create network:default  not found",
      "create volume:data  not found",
      expect.stringContaining("create instance:postgres"),
      expect.stringContaining(`create role:${app.name}_dev`),
      expect.stringContaining(`create database:${app.name}_dev`),
      "create container:cache  not found",
      "create container:web  not found",
      "create container:worker  not found",
      "create container:worker.2  not found",
    ]);
    await app.ok("apply", "--yes");
    expect(await app.plan()).toEqual([]);
    expect(await app.containers()).toEqual(whole);
    expect(await app.objects()).toEqual(["network default", "volume data"]);

    const { id, labels } = await app.container("web-1");
    // `docker compose -p NAME-dev ps` goes by these.
    expect(Object.fromEntries([...labels].filter(([name]) => name.startsWith("com.docker.compose.")))).toMatchObject({
      "com.docker.compose.project": `${app.name}-dev`,
      "com.docker.compose.service": "web",
      "com.docker.compose.container-number": "1",
      "com.docker.compose.oneoff": "False",
      "com.docker.compose.depends_on": "cache:service_started:false",
      "com.docker.compose.project.config_files": app.project.path("compose.yml"),
    });
    // What the file says, and what the image has: nothing of ours, nothing of the shell.
    const details = await engine.inspectContainer(id, signal);
    const own = kind === "podman" ? ["HOME"] : [];
    expect([...(details?.spec.environment.keys() ?? [])].sort()).toEqual(["DATABASE_URL", ...own, "LEVEL", "PATH"]);
    const answer = await engine.exec(id, { command: ["wget", "-qO-", "http://web"], timeoutMs: 10_000 }, signal);
    expect(answer.output).toContain("level debug");
  });

  test.runIf(isFull)("says why each container is made anew, and replaces no other", async () => {
    await app.ok("apply", "--yes");
    const [before, cache] = [await app.container("web-1"), await app.container("cache-1")];
    app.project.edit(".poststack.yml", "LEVEL: debug", "LEVEL: info");
    expect(await app.plan()).toEqual(["replace container:web  LEVEL debug → info; content of /srv/index.html changed"]);
    await app.ok("apply", "--yes");
    expect(await app.plan()).toEqual([]);
    expect((await app.container("web-1")).id).not.toBe(before.id);
    expect((await app.container("cache-1")).id).toBe(cache.id);
  });

  test.runIf(isFull)("gives one that takes another's place as long as the command says", async () => {
    await app.ok("apply", "--yes");
    const file = app.project.read("compose.yml");
    const { id } = await app.container("cache-1");
    const check = 'healthcheck: { test: [CMD, "false"], start_period: 1h, interval: 1h }';
    app.project.edit("compose.yml", "labels: { team: a }", `labels: { team: b }\n    ${check}`);
    const ended = await app.run("apply", "--yes", "--wait-timeout", "2s");
    expect([ended.code, ended.text]).toEqual([
      3,
      expect.stringContaining("its healthcheck has not passed yet; the one before it was started again"),
    ]);
    expect([(await app.container("cache-1")).id, await app.containers()]).toEqual([id, whole]);
    app.project.write("compose.yml", file);
  });

  test("comes back from what somebody did to it, each with a line of its own", async () => {
    await app.ok("apply", "--yes");
    const { engine, signal } = app.box;
    await engine.stopContainer((await app.container("cache-1")).id, { graceMs: 0 }, signal);
    await engine.removeContainer(
      (await app.container("worker-1")).id,
      { force: true, anonymousVolumes: false },
      signal,
    );
    await engine.renameContainer((await app.container("worker-2")).id, `${app.name}-elsewhere`, signal);
    expect(await app.plan()).toEqual([
      expect.stringMatching(/^start container:cache {2}exited with code \d+$/),
      "create container:worker  not found",
      `update container:worker.2  name ${app.name}-elsewhere → ${app.name}-dev-worker-2`,
    ]);
    await app.ok("apply", "--yes");
    expect(await app.plan()).toEqual([]);
    expect(await app.containers()).toEqual(whole);

    // What no list shows is looked for when it is asked for, also by a saved plan. Podman changes nothing in place.
    if (kind === "podman") return;
    app.project.edit("compose.yml", "labels: { team: a }", "labels: { team: b }\n    cpu_shares: 512");
    await app.ok("apply", "--yes", "--no-wait");
    await engine.updateContainer((await app.container("cache-1")).id, { cpuShares: 256 }, signal);
    expect(await app.plan()).toEqual([]);
    expect(await app.plan("--thorough")).toEqual(["update container:cache  cpu_shares 256 → 512"]);
    await app.run("plan", "--thorough", "--out", "saved.plan");
    await app.ok("apply", "saved.plan", "--no-wait");
    expect(await app.plan("--thorough")).toEqual([]);
  }, 120_000);

  test.runIf(isFull)(
    "stops, starts again, and goes; its data only with leave",
    async () => {
      await app.ok("apply", "--yes");
      const before = await app.container("cache-1");
      const copy = await runCopyOf("cache-1", app);
      const ours = async () => (await app.containers()).filter((line) => !line.includes("-copy "));
      await app.ok("env", "stop", "dev", "--yes");
      expect(await ours()).toEqual(whole.map((line) => line.replace("running", "exited")));
      await app.ok("env", "start", "dev", "--yes");
      expect(await ours()).toEqual(whole);
      expect((await app.container("cache-1")).id).toBe(before.id);
      await app.ok("destroy", "dev", "--yes");
      expect([await ours(), await app.objects()]).toEqual([[], ["volume data"]]);
      // Volumes that the files no longer name are the environment's still.
      app.project.write("compose.yml", app.project.read("compose.yml").replaceAll("data:", "fresh:"));
      await app.ok("apply", "--yes", "--no-wait");
      expect(await app.objects()).toEqual(["network default", "volume data", "volume fresh"]);
      await app.ok("destroy", "dev", "--delete-data", "--confirm", "dev", "--yes");
      expect([await ours(), await app.objects()]).toEqual([[], []]);
      expect(await copy()).toBe("running");
    },
    120_000,
  );
});

describeStages("an environment of a Compose file and what is not its own", stageOn, ({ isFull, stage }) => {
  test.runIf(isFull)("lets go of what the files no longer name, and touches nothing of others", async () => {
    const app = await stage();
    const { engine, signal, labels } = app.box;
    const foreign = app.box.name("foreign");
    const spec = {
      // Not any image: one that was built for an environment gives its labels to what is made from it.
      image: await ensureBusybox(app.box),
      ...{ labels, environment: new Map(), ports: [], expose: [], mounts: [], network: { mode: "none" } as const },
      command: ["sleep", "100000"],
    };
    const { id } = await engine.createContainer(foreign, spec, signal);
    await engine.createVolume(foreign, { labels }, signal);
    try {
      await app.ok("apply", "--yes");
      app.project.write("compose.yml", app.project.read("compose.yml").replace("scale: 2", "scale: 1"));
      expect(await app.plan()).toEqual(["delete container:worker.2  one more than is asked for  [downtime]"]);
      await app.ok("apply", "--yes");
      app.project.edit(".poststack.yml", "deployment: { compose: compose.yml }", "x-none: {}");
      expect(await app.plan()).toEqual([
        "delete container:cache  no longer in the files  [downtime]",
        "delete container:web  no longer in the files  [downtime]",
        "delete container:worker  no longer in the files  [downtime]",
        "delete network:default  no longer in the files",
      ]);
      // A file that was cut off would look the same (RELIABILITY 22).
      expect(await app.run("apply", "--yes")).toMatchObject({ code: 5 });
      await app.ok("apply", "--yes", "--confirm", "dev");
      expect(await app.containers()).toEqual([]);
      expect(await app.objects()).toEqual(["volume data"]);
      expect((await engine.inspectContainer(id, signal))?.name).toBe(foreign);
      expect((await engine.volumes(signal)).some(({ name }) => name === foreign)).toBe(true);
    } finally {
      await app.box.empty();
    }
  });

  test("refuses a name that somebody else has, before anything is made", async () => {
    const app = await stage();
    const { engine, signal, labels } = app.box;
    await engine.createVolume(`${app.name}-dev_data`, { labels }, signal);
    try {
      const ended = await app.run("apply", "--yes");
      expect(ended).toMatchObject({
        code: 1,
        text: expect.stringMatching(/NAME_TAKEN: .*volume[\s\S]*compose\.yml:\d+:\d+/),
      });
      expect([await app.containers(), await app.objects()]).toEqual([[], []]);
    } finally {
      await app.box.empty();
    }
  });
});

describeStages({ name: "which engine", isExtra: true }, stageOn, ({ stage }) => {
  test("an environment without containers needs none", async () => {
    const app = await stage({
      ".poststack.yml":
        "project: { name: NAME }\nenvironments: { dev: { postgres: { provider: embedded, port: PORT0 } } }\n",
    });
    const ended = await app.runWith({ DOCKER_HOST: "unix:///nowhere/socket" }, "plan");
    expect(ended).toMatchObject({ code: 0 });
  });
});

describeEngines({ name: "which engine it is", isExtra: true }, ({ box }) => {
  let app: Stage;
  beforeAll(async () => {
    const opened = await openStage(box, small);
    app = opened.stage;
    return opened.close;
  });

  test("none is an error that says which it should be", async () => {
    await app.ok("apply", "--yes", "--no-wait");
    const ended = await app.runWith({ DOCKER_HOST: "unix:///nowhere/socket" }, "plan");
    expect(ended.code).toBe(3);
    expect(ended.text).toContain(app.host);
  });

  test("another one than the one that holds the containers is refused", async () => {
    await app.ok("apply", "--yes", "--no-wait");
    const other = app.host.replace("unix://", "unix:///.");
    const ended = await app.runWith({ DOCKER_HOST: other }, "plan");
    expect(ended).toMatchObject({ code: 1, text: expect.stringContaining("ENGINE_CHANGED") });
    expect(ended.text).toContain(app.host);
    // One that answers is no engine that is gone; one that does not is let go of, with a word about what that means.
    const [alive, forgotten] = [
      await app.run("env", "forget-engine", "--yes"),
      await app.runWith({ DOCKER_HOST: other }, "env", "forget-engine", "--yes"),
    ];
    expect(alive).toMatchObject({ code: 1, text: expect.stringContaining("poststack destroy dev") });
    expect(forgotten).toMatchObject({ code: 0, text: expect.stringContaining("given up") });
    expect(await app.runWith({ DOCKER_HOST: other }, "plan")).toMatchObject({ code: 0 });
  }, 120_000);
});

describeStages({ name: "plans", isExtra: true }, stageOn, ({ stage }) => {
  test("of a part bring along what it needs, and nothing else", async () => {
    const app = await stage();
    await app.ok("apply", "--yes", "--target", `database:${app.name}_dev`);
    expect(await app.plan("--target", "container:web")).toEqual([
      "create network:default  not found",
      "create volume:data  not found",
      "create container:cache  not found",
      "create container:web  not found",
    ]);
    await app.ok("apply", "--yes", "--no-wait", "--exclude", "container:worker");
    expect(await app.containers()).toEqual(["cache-1 running", "web-1 running", "worker-2 running"]);
  });

  test("are kept in a file and applied as they are, or refused when they no longer fit", async () => {
    const app = await stage();
    await app.ok("apply", "--yes", "--no-wait");
    app.project.edit(".poststack.yml", "LEVEL: debug", "LEVEL: info");
    await app.run("plan", "--out", "saved.plan");
    await app.ok("apply", "saved.plan", "--no-wait");
    expect(await app.plan()).toEqual([]);
    app.project.edit(".poststack.yml", "LEVEL: info", "LEVEL: warn");
    await app.run("plan", "--out", "saved.plan");
    app.project.edit(".poststack.yml", "LEVEL: warn", "LEVEL: error");
    expect(await app.run("apply", "saved.plan", "--no-wait")).toMatchObject({
      code: 1,
      text: expect.stringContaining("PLAN_STALE"),
    });
    expect(app.project.read("saved.plan")).not.toContain("postgresql://");
  });

  test("a file with a mistake changes nothing, and says where", async () => {
    const app = await stage({ "compose.yml": `${compose}  bad: { nowhere: true }\n` });
    const ended = await app.run("apply", "--yes");
    expect(ended.code).toBe(1);
    expect(ended.text).toMatch(/compose\.yml:\d+:\d+/);
    expect([await app.containers(), await app.objects()]).toEqual([[], []]);
  });
});

describeStages({ name: "a copy of the project's folder", isExtra: true }, stageOn, ({ stage }) => {
  test("is told whose all of it is by plan, apply and destroy, and touches nothing", async () => {
    const app = await stage(small);
    await app.ok("apply", "--yes", "--no-wait");
    const { id } = await app.container("web-1");
    const copy = await newProject({
      ".poststack.yml": app.project.read(".poststack.yml").replace(/port: \d+/, "port: PORT0"),
      "compose.yml": app.project.read("compose.yml"),
    });
    onTestFinished(() => copy.dispose());
    const inCopy = (...args: readonly string[]) => app.run(...args, "--project-dir", copy.root);
    const whose = `belongs to dev of the same project in ${app.project.root}`;
    for (const args of [["plan"], ["apply", "--yes"]]) {
      const { code, text } = await inCopy(...args);
      expect(code, text).toBe(1);
      for (const what of ["network", "volume", "container"])
        expect(text).toMatch(new RegExp(`error NAME_TAKEN: ${what} "${app.name}-dev.*" ${whose}\n`));
      expect(text).not.toContain("mark");
    }
    const destroyed = await inCopy("destroy", "dev", "--delete-data", "--confirm", "dev", "--yes");
    expect(destroyed).toMatchObject({ code: 0, text: expect.stringContaining(`which stays, ${whose}`) });
    expect((await app.container("web-1")).id).toBe(id);
    expect([await app.containers(), await app.objects()]).toEqual([
      ["web-1 running"],
      ["network default", "volume data"],
    ]);
    copy.edit(".poststack.yml", app.name, `${app.name}-copy`);
    expect(await inCopy("plan")).toMatchObject({ code: 0 });
  });
});

import { expect, test } from "vitest";
import { ensurePostgres } from "./image.ts";
import { describeServers, notes, stageOn, type Stage } from "./stage.ts";

// A server on a container of a real engine, from its first start to its removal.

describeServers("a server on a container", stageOn, ({ isFull, stage }) => {
  test.runIf(isFull)(
    "is made with its network, its volume and all that lives in it; then there is nothing to do",
    async () => {
      const app = await stage();
      expect(await app.plan()).toEqual([
        "create network:default  not found",
        "create volume:poststack-postgres  not found",
        `create instance:postgres  not found; no data yet: initdb, image ${app.image}`,
        expect.stringContaining("create role:"),
        expect.stringContaining("create database:"),
        expect.stringContaining("apply migration:001_notes"),
      ]);
      await app.ok("apply", "--yes");
      expect(await app.plan()).toEqual([]);
      expect(await app.containers()).toEqual([`${app.server} running`]);
      const { ports, networks, mounts } = await app.container();
      expect(ports).toEqual([{ containerPort: 5432, protocol: "tcp", hostIp: "127.0.0.1", hostPort: app.port }]);
      expect([...networks.keys()]).toEqual([app.network]);
      expect(mounts.map(({ name, target }) => [name, target])).toEqual([[app.server, "/var/lib/postgresql/data"]]);
      const [row] = await app.project.sql(
        "select current_setting('data_checksums') as sums, datcollate from pg_database",
      );
      expect(row).toEqual({ sums: "on", datcollate: "C.UTF-8" });
    },
  );

  test("stops, starts and restarts; destroy leaves the volume, and with the leave nothing", async () => {
    const app = await stage();
    await app.ok("apply", "--yes");
    await app.project.sql("insert into notes values (1)");
    await app.ok("env", "stop", "dev", "--yes");
    expect(await app.containers()).toEqual([`${app.server} exited`]);
    await app.ok("env", "start", "dev", "--yes");
    const { id } = await app.container();
    await app.ok("env", "restart", "dev", "--yes");
    expect((await app.container()).id).toBe(id);
    await app.ok("destroy", "dev", "--yes");
    expect(await app.containers()).toEqual([]);
    await app.ok("apply", "--yes");
    expect(await notes(app)).toEqual([1]);
    await app.ok("destroy", "dev", "--delete-data", "--confirm", "dev", "--yes");
    expect(await app.containers()).toEqual([]);
    const { engine, signal } = app.box;
    expect((await engine.volumes(signal)).filter(({ name }) => name === app.server)).toEqual([]);
    expect((await engine.networks(signal)).filter(({ name }) => name === app.network)).toEqual([]);
  });

  test("parameters are reloaded or restarted into, a port and an image are a replacement, the data stays", async () => {
    const app = await stage(", parameters: { work_mem: 8MB }");
    await app.ok("apply", "--yes");
    await app.project.sql("insert into notes values (1)");
    const { id } = await app.container();

    app.project.edit(".poststack.yml", "work_mem: 8MB", "work_mem: 9MB");
    expect(await app.plan()).toEqual(["reload instance:postgres  work_mem 8MB → 9MB"]);
    await app.ok("apply", "--yes");
    app.project.edit(".poststack.yml", "work_mem: 9MB", "max_connections: 50");
    expect(await app.plan()).toEqual([
      "restart instance:postgres  max_connections 100 → 50; work_mem 9MB → default  [downtime]",
    ]);
    await app.ok("apply", "--yes");
    expect(await app.plan()).toEqual([]);
    expect((await app.container()).id).toBe(id);
    expect(
      await app.project.sql("select current_setting('max_connections') as a, current_setting('work_mem') as b"),
    ).toEqual([{ a: "50", b: "4MB" }]);

    const other = await ensurePostgres(app.box, "-other");
    app.project.edit(".poststack.yml", app.image, other);
    const [line] = await app.plan();
    expect(line).toMatch(/^replace instance:postgres {2}image sha256:\w{12} → sha256:\w{12} {2}\[downtime\]$/);
    await app.ok("apply", "--yes");
    expect(await app.plan()).toEqual([]);
    expect(await app.containers()).toEqual([`${app.server} running`]);
    expect((await app.container()).id).not.toBe(id);
    expect(await notes(app)).toEqual([1]);
  });

  test.runIf(isFull)(
    "an image that is built first is a replacement in the first plan, if it is another one",
    async () => {
      const app = await stage(" }\n    deployment: { compose: compose.yml");
      const built = `${app.server}:built`;
      const compose = (round: string): string => `services:
  tools:
    image: ${built}
    build: { context: ., dockerfile_inline: "FROM ${app.image}\\nRUN echo ${round} > /round\\n" }
    entrypoint: [sleep, "100000"]
    init: true
`;
      app.project.edit(".poststack.yml", `image: ${app.image}`, `image: "${built}"`);
      app.project.write("compose.yml", compose("a"));
      await app.ok("apply", "--yes", "--no-wait");
      await app.project.sql("insert into notes values (1)");
      const { id } = await app.container();
      app.project.write("compose.yml", compose("b"));
      const condition = `if image:${built} turns out to be another one  [downtime]`;
      expect(await app.plan()).toEqual([
        expect.stringContaining(`build image:${built}`),
        `replace instance:postgres  ${condition}`,
        `replace container:tools  ${condition}`,
      ]);
      const applied = await app.ok("apply", "--yes", "--no-wait");
      expect(applied.text).not.toContain("Plan of pass 2");
      expect([await app.plan(), await notes(app)]).toEqual([[], [1]]);
      expect((await app.container()).id).not.toBe(id);
      await app.ok("destroy", "dev", "--yes");
      await app.box.engine.removeImage(built, app.box.signal);
    },
    120_000,
  );

  test.runIf(isFull)(
    "settings that the server does not take cost no downtime; those that it dies of are taken back",
    async () => {
      const app = await stage(", parameters: { log_min_messages: warning }");
      await app.ok("apply", "--yes");
      const { id } = await app.container();
      const startedAt = await started(app);
      app.project.edit(".poststack.yml", "log_min_messages: warning", "no_such_thing: 1");
      expect(await app.run("apply", "--yes")).toMatchObject({
        code: 1,
        text: expect.stringContaining("PARAMETER_INVALID"),
      });
      expect(await started(app)).toEqual(startedAt);
      app.project.edit(".poststack.yml", "no_such_thing: 1", "shared_preload_libraries: no_such_library");
      const { code, text } = await app.run("apply", "--yes");
      expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining("settings from before are back") });
      expect(text).toContain("no_such_library");
      app.project.edit(".poststack.yml", "shared_preload_libraries: no_such_library", "log_min_messages: warning");
      expect(await app.plan()).toEqual([]);
      expect((await app.container()).id).toBe(id);
    },
  );

  test.runIf(isFull)("an image that does not work is given up, and the container before it runs again", async () => {
    const app = await stage();
    await app.ok("apply", "--yes");
    const { id } = await app.container();
    const { engine, signal } = app.box;
    const broken = `poststack-test/broken-postgres:${app.server}`;
    await app.call("POST", `/commit?container=${id}&repo=poststack-test/broken-postgres&tag=${app.server}`, {
      Entrypoint: ["false"],
    });
    app.project.edit(".poststack.yml", app.image, `"${broken}"`);
    const { code, text } = await app.run("apply", "--yes");
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining("POSTGRES_START") });
    expect(text).toContain("the container before it was started again");
    expect((await app.container()).id).toBe(id);
    app.project.edit(".poststack.yml", `"${broken}"`, app.image);
    await app.ok("apply", "--yes");
    expect(await app.plan()).toEqual([]);
    await engine.removeImage(broken, signal);
  });
});

const started = async ({ project }: Stage): Promise<unknown> =>
  (await project.sql("select pg_postmaster_start_time() as at"))[0]?.["at"];

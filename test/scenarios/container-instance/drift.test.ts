import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { describeServers, notes, stageOn, type Stage } from "./stage.ts";

// What others do to a server's container, and how the plan comes back from it. Each is a line of its own.

const drifts: readonly (readonly [string, (app: Stage) => Promise<unknown>, (app: Stage) => string])[] = [
  [
    "killed",
    (app) => app.call("POST", `/containers/${app.server}/kill`),
    () => "start instance:postgres  exited with code 137",
  ],
  [
    "paused",
    (app) => app.call("POST", `/containers/${app.server}/pause`),
    () => "update instance:postgres  state paused → running",
  ],
  [
    "renamed",
    (app) => app.call("POST", `/containers/${app.server}/rename?name=${app.server}x`),
    (app) => `update instance:postgres  name ${app.server}x → ${app.server}`,
  ],
  [
    "disconnected",
    (app) => app.call("POST", `/networks/${app.network}/disconnect`, { Container: app.server, Force: true }),
    (app) => `update instance:postgres  network ${app.network} disconnected → connected`,
  ],
  [
    "removed",
    (app) => app.call("DELETE", `/containers/${app.server}?force=true`),
    (app) => `create instance:postgres  not found; goes on with volume ${app.server}, image ${app.image}`,
  ],
  [
    "given another superuser password",
    (app) => app.project.sql("alter role postgres password 'x'"),
    () => "update instance:postgres  password of the superuser changed",
  ],
];

describeServers("a server on a container that somebody has changed", stageOn, ({ isFull, stage }) => {
  test("comes back with its data from each of them", async () => {
    const app = await stage();
    await app.ok("apply", "--yes");
    await app.project.sql("insert into notes values (1)");
    for (const [name, change, expected] of drifts) {
      await change(app);
      expect((await app.plan())[0], name).toBe(expected(app));
      await app.ok("apply", "--yes");
      expect(await app.plan(), name).toEqual([]);
      expect(await app.containers(), name).toEqual([`${app.server} running`]);
      expect(await notes(app), name).toEqual([1]);
    }
    // What no list shows is looked for when it is asked for.
    await app.call("POST", `/networks/${app.network}/disconnect`, { Container: app.server, Force: true });
    await app.call("POST", `/networks/${app.network}/connect`, { Container: app.server });
    expect((await app.plan("--thorough"))[0]).toMatch(/^update instance:postgres {2}aliases on /);
    await app.ok("apply", "--yes", "--thorough");
    expect(await app.plan("--thorough")).toEqual([]);
  }, 240_000);

  test("is taken along when its network is made anew, in one pass and with its data", async () => {
    const app = await stage(" }\n    deployment: { compose: compose.yml");
    const compose = (round: string): string =>
      `services: { app: { image: "${app.image}", entrypoint: [sleep, "100000"], init: true } }\nnetworks: { default: { labels: { round: ${round} } } }\n`;
    app.project.write("compose.yml", compose("a"));
    await app.ok("apply", "--yes", "--no-wait");
    await app.project.sql("insert into notes values (1)");
    const before = await app.container();
    app.project.write("compose.yml", compose("b"));
    const others = `${app.server.replace("postgres", "app-1")}, ${app.server}`;
    expect(await app.plan()).toEqual([`replace network:default  label round a → b; reconnects ${others}  [downtime]`]);
    const applied = await app.ok("apply", "--yes", "--no-wait");
    expect(applied.text).not.toContain("Plan of pass 2");
    expect(await app.plan()).toEqual([]);
    expect((await app.container()).id).toBe(before.id);
    expect(await notes(app)).toEqual([1]);
  });

  test.runIf(isFull)("stopped while it is waited for, it is started by the next pass", async () => {
    const app = await stage();
    await app.ok("apply", "--yes");
    const signal = (name: string): Promise<string> => app.call("POST", `/containers/${app.server}/kill?signal=${name}`);
    // As long as there is a session, a server that is to end lets nobody in, and runs.
    const session = app.project.sql("select pg_sleep(600)").catch(() => []);
    await expect
      .poll(() => app.project.sql("select 1 from pg_stat_activity where query ~ '^select pg_sleep'"))
      .not.toEqual([]);
    await signal("SIGTERM");
    await app.call("POST", `/containers/${app.server}/rename?name=${app.server}x`);
    const command = app.start("apply", "--yes", "--json");
    await command.until(({ type, id }) => type === "start" && id === "instance:postgres");
    await expect.poll(() => app.containers()).toEqual([`${app.server} running`]);
    await signal("SIGINT");
    const ended = await command.ended;
    expect(ended.code, ended.text).toBe(0);
    expect(ended.text).toContain("was stopped while it was waited for");
    await session;
    expect(await app.plan()).toEqual([]);
  });

  test.runIf(isFull)("a volume that is gone or empty is no new beginning", async () => {
    const app = await stage();
    await app.ok("apply", "--yes");
    const { engine, signal } = app.box;
    const [before] = (await engine.volumes(signal)).filter(({ name }) => name === app.server);
    await app.call("DELETE", `/containers/${app.server}?force=true`);
    await engine.removeVolume(app.server, signal);
    expect(await app.run("apply", "--yes")).toMatchObject({
      code: 1,
      text: expect.stringContaining("DATABASE_REPLACED"),
    });
    expect((await engine.volumes(signal)).filter(({ name }) => name === app.server)).toEqual([]);

    // One that looks like ours and has nothing in it.
    await engine.createVolume(app.server, { labels: before?.labels ?? new Map() }, signal);
    expect(await app.run("apply", "--yes")).toMatchObject({
      code: 1,
      text: expect.stringContaining("DATABASE_REPLACED"),
    });
    await app.call("DELETE", `/containers/${app.server}?force=true`);
    await engine.removeVolume(app.server, signal);

    // Somebody else's.
    await engine.createVolume(app.server, { labels: new Map() }, signal);
    expect(await app.run("apply", "--yes")).toMatchObject({ code: 1, text: expect.stringContaining("NAME_TAKEN") });
    expect(await app.containers()).toEqual([]);
  });

  test.runIf(isFull)("another cluster in its volume is refused, and nothing is written into it", async () => {
    const app = await stage();
    await app.ok("apply", "--yes");
    const { engine, signal } = app.box;
    await app.call("DELETE", `/containers/${app.server}?force=true`);
    const script = `rm -rf /v/pgdata && mkdir /v/pgdata && chown 999:999 /v/pgdata
      setpriv --reuid=999 --regid=999 --clear-groups initdb -U postgres -D /v/pgdata
      echo "host all all all scram-sha-256" >> /v/pgdata/pg_hba.conf`;
    const { id } = await engine.createContainer(
      `${app.server}-initdb`,
      {
        ...{ image: app.image, entrypoint: ["sh", "-c", script], environment: new Map(), labels: app.box.labels },
        ...{ network: { mode: "none" }, ports: [], expose: [] },
        mounts: [{ type: "volume", name: app.server, target: "/v", readOnly: false }],
      },
      signal,
    );
    await engine.startContainer(id, signal);
    expect(await engine.waitContainer(id, signal)).toEqual({ exitCode: 0 });
    await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
    expect(await app.run("apply", "--yes")).toMatchObject({
      code: 1,
      text: expect.stringContaining("DATABASE_REPLACED"),
    });
    expect(await app.run("apply", "--yes")).toMatchObject({
      code: 1,
      text: expect.stringContaining("DATABASE_REPLACED"),
    });
  });

  test.runIf(isFull)(
    "with its state directory lost it is not seized; with an old copy of it, passwords are set anew",
    async () => {
      const app = await stage();
      await app.ok("apply", "--yes");
      const state = app.project.read(".poststack/dev/state.json");
      await app.ok("env", "stop", "dev", "--yes");
      rmSync(app.project.path(".poststack/dev"), { recursive: true });
      expect(await app.run("apply", "--yes")).toMatchObject({ code: 1, text: expect.stringContaining("STATE_LOST") });
      expect(await app.containers()).toEqual([`${app.server} exited`]);
      app.project.write(".poststack/dev/state.json", state, 0o600);
      await app.ok("apply", "--yes");
      expect(await app.plan()).toEqual([]);
    },
  );

  test.runIf(isFull)(
    "another major version is refused, and so is a port that a program or a container has",
    async () => {
      const app = await stage();
      await app.ok("apply", "--yes");
      app.project.edit(".poststack.yml", `image: ${app.image}`, "version: 16");
      expect((await app.plan())[1]).toBe(
        "refuse instance:postgres  the data of instance:postgres was made by PostgreSQL 15, and version 16 is asked for",
      );
      app.project.edit(".poststack.yml", "version: 16", `image: ${app.image}`);
      await app.ok("env", "stop", "dev", "--yes");
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(app.port, "127.0.0.1", resolve));
      try {
        expect((await app.plan())[0]).toMatch(
          new RegExp(`^refuse instance:postgres {2}.*\\(pid ${process.pid}\\) listens on 127.0.0.1:${app.port}, `),
        );
      } finally {
        server.close();
      }
      await app.ok("apply", "--yes");
    },
  );
});

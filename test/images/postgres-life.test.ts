import { afterEach, expect, test } from "vitest";
import { describeImages, file, password, type Running } from "./kit.ts";

const folder = "/docker-entrypoint-initdb.d";

describeImages("poststack/postgres: a server's life", (images, { isFull }) => {
  afterEach(() => images.box.empty());

  const check = async (server: Running): Promise<string> => {
    const { exitCode, output } = await server.exec("healthcheck.sh");
    return `${exitCode} ${output.trim()}`;
  };

  test("it is not healthy before the first start is done, and nobody gets in over TCP", async () => {
    const waits =
      "\\echo waiting\nselect pg_sleep(0.1) from generate_series(1, 1) where false;\n\\! until [ -e /tmp/go ]; do sleep 0.1; done\n";
    const server = await images.postgres({ files: [file(`${folder}/wait.sql`, waits)] });
    await server.says("waiting");
    expect(await check(server)).toBe("1 the first start is not finished");
    expect((await server.exec("pg_isready", "--host=127.0.0.1")).exitCode).toBe(2);
    expect((await server.inspect()).health).toBe("starting");
    await server.shell("touch /tmp/go");
    await server.healthy();
    expect(await check(server)).toBe("0 127.0.0.1:5432 - accepting connections");
  });

  test("the image says how to check, how to stop, and what to keep", async () => {
    const image = await images.box.engine.inspectImage("poststack/postgres:15", images.box.signal);
    expect(image?.config).toMatchObject({
      healthcheck: {
        test: ["CMD", "healthcheck.sh"],
        ...{ intervalMs: 5_000, timeoutMs: 5_000, startPeriodMs: 300_000, retries: 3 },
      },
      ...{ stopSignal: "SIGINT", expose: ["5432/tcp"], volumes: ["/var/lib/postgresql/data"] },
    });
  });

  test.runIf(isFull)("the check knows a port of the command, one address alone, and no TCP at all", async () => {
    const mounts = [await images.volume()];
    for (const [setting, answer] of [
      ["port=6001", "0 127.0.0.1:6001 - accepting connections"],
      ["listen_addresses=localhost", "0 localhost:5432 - accepting connections"],
      ["listen_addresses=", "0 /var/run/postgresql:5432 - accepting connections"],
    ] as const) {
      const server = await images.postgres({ mounts, command: ["-c", setting] });
      await server.healthy();
      expect(await check(server)).toBe(answer);
      await server.kill();
    }
  });

  test("a stop is a clean shutdown in spite of clients, and a later start has the data and needs no settings", async () => {
    const mounts = [await images.volume()];
    const server = await images.postgres({ mounts });
    await server.healthy();
    await server.sql("create table kept (id int); insert into kept select generate_series(1, 1000)");
    const client = server.exec("psql", "--username=postgres", "--command=select pg_sleep(3600)");
    await expect
      .poll(() => server.sql("select count(*) from pg_stat_activity where query ~ '^select pg_sleep'"))
      .toBe("1");
    await server.stop();
    expect(await server.exitCode()).toBe(0);
    expect((await client).exitCode).not.toBe(0);
    expect(await server.logs()).toMatch(/database system is shut down\n?$/);

    const later = await images.run({ mounts });
    await later.healthy();
    expect(await later.sql("select count(*) from kept")).toBe("1000");
    expect(await later.logs()).toContain("database system was shut down at");
    expect(await later.logs()).not.toContain("recover");
  });

  test.runIf(isFull)(
    "killed, it recovers with what was committed; where it does not answer, the check fails",
    async () => {
      const mounts = [await images.volume()];
      const server = await images.postgres({ mounts });
      await server.healthy();
      await server.sql("create table kept (id int); insert into kept select generate_series(1, 1000)");
      await server.kill();
      const later = await images.postgres({ mounts });
      await later.healthy();
      expect(await later.sql("select count(*) from kept")).toBe("1000");
      // From the outside: in its own container, PID 1 takes no signal that it has not asked for.
      const { pid = expect.fail("it runs") } = await later.inspect();
      process.kill(pid, "SIGSTOP");
      expect(await check(later)).toMatch(/^2 .*no response$/);
    },
  );

  test.runIf(isFull)(
    "Postgres is PID 1, runs as postgres with certgroup and no capability, and its environment has no password",
    async () => {
      const server = await images.postgres();
      await server.healthy();
      expect(await server.shell("ps -o comm=,user=,supgrp= -p 1 | tr -s ' '; grep CapEff /proc/1/status")).toMatch(
        /^postgres postgres .*certgroup.*\nCapEff:\t0{16}$/,
      );
      await server.sql(`copy (select 1) to program 'env > /tmp/environment; cat /proc/1/environ >> /tmp/environment'`);
      const environment = await server.shell("cat /tmp/environment | tr '\\0' '\\n'");
      expect(environment).toContain("PGDATA=");
      expect(environment).not.toContain(password);
      expect(environment).not.toContain("POSTGRES_PASSWORD");
    },
  );

  test.runIf(isFull).each<[level: string, has: readonly string[], lacks: readonly string[]]>([
    ["quiet", [], ["poststack-postgres:", "CREATE TABLE", "syncing data"]],
    ["normal", ["first start: done", "sourcing", "CREATE TABLE"], ["syncing data", "uid 999"]],
    ["debug", ["first start: done", "sourcing", "CREATE TABLE", "syncing data to disk ... ok", "uid 999"], []],
  ])("verbosity %s", async (level, has, lacks) => {
    const server = await images.postgres({
      environment: { POSTGRES_ENTRYPOINT_VERBOSITY: level },
      files: [file(`${folder}/1.sh`, "true"), file(`${folder}/2.sql`, "create table t (); \\echo mine alone")],
    });
    await server.healthy();
    const logs = await server.logs();
    for (const text of [...has, "mine alone", "database system is ready to accept connections"])
      expect(logs).toContain(text);
    for (const text of [...lacks, password]) expect(logs).not.toContain(text);
  });

  test.runIf(isFull)("quiet says why it failed, with what it had kept back", async () => {
    const server = await images.postgres({
      environment: { POSTGRES_ENTRYPOINT_VERBOSITY: "quiet", POSTGRES_INITDB_ARGS: "--encoding=NONE" },
    });
    expect(await server.exitCode()).toBe(1);
    expect(await server.logs()).toContain('"NONE" is not a valid server encoding name');
  });
});

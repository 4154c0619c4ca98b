import {
  chmodSync,
  rmSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  mkdirSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { PoststackError } from "../../controller/core/errors.ts";
import { sandbox, testPassword, type Sandbox } from "../support/embedded.ts";

const opened: Sandbox[] = [];
const open = async (...args: Parameters<typeof sandbox>): Promise<Sandbox> => {
  const made = await sandbox(...args);
  opened.push(made);
  return made;
};
afterEach(async () => {
  for (const one of opened.splice(0)) await one.dispose();
});

const none = new Map<string, string>();
const failure = (work: Promise<unknown>): Promise<PoststackError> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => (error instanceof PoststackError ? error : Promise.reject(error as Error)),
  );
const start = async ({ servers, spec, admin, signal }: Sandbox, parameters = none): Promise<void> => {
  await servers.create(spec, admin, parameters, signal);
  await servers.start(spec, admin, signal);
};

describe.each([15, 17])("PostgreSQL %i", (major) => {
  test("create, start, stop, start again: the data is kept, the login is by SCRAM, the settings are ours", async () => {
    const box = await open(major);
    const { servers, spec, admin, signal } = box;
    expect(await servers.observe(spec, signal)).toMatchObject({
      dataMajor: undefined,
      systemIdentifier: undefined,
      running: false,
      portHolder: undefined,
    });
    await start(
      box,
      new Map([
        ["shared_buffers", "16MB"],
        ["my.word", "it's \\ a\ntest"],
      ]),
    );
    await servers.start(spec, admin, signal);

    const up = await servers.observe(spec, signal);
    expect(up).toMatchObject({ dataMajor: major, running: true, runningPort: spec.port, portHolder: undefined });
    expect(await box.ask("select system_identifier::text from pg_control_system()")).toBe(up.systemIdentifier);
    expect(
      Math.floor(Number(await box.ask("select extract(epoch from pg_postmaster_start_time())::float8"))),
    ).toBeCloseTo((up.startedAt?.getTime() ?? 0) / 1000, -1);
    expect([...up.parameters]).toEqual([
      ["listen_addresses", "127.0.0.1"],
      ["port", String(spec.port)],
      ["my.word", "it's \\ a\ntest"],
      ["shared_buffers", "16MB"],
    ]);
    expect(await box.ask("show shared_buffers")).toBe("16MB");
    expect(await box.ask("select current_setting('my.word')")).toBe("it's \\ a\ntest");
    expect(await box.ask("show server_encoding")).toBe("UTF8");
    expect(await box.ask("show data_checksums")).toBe("on");
    expect(
      await box.ask("select datcollate || ' ' || datlocprovider::text from pg_database where datname = 'template1'"),
    ).toBe(major === 15 ? "C.UTF-8 c" : "C b");
    expect(await box.ask("select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = 'postgres'")).toBe(
      true,
    );
    expect(await box.ask("select string_agg(distinct auth_method, ',') from pg_hba_file_rules")).toBe("scram-sha-256");
    expect(existsSync(join(up.socketDirectory, `.s.PGSQL.${spec.port}`))).toBe(true);
    expect(statSync(up.socketDirectory).mode & 0o777).toBe(0o700);
    expect(statSync(up.logFile).mode & 0o777).toBe(0o600);

    await box.ask("create table kept as select generate_series(1, 1000) as n");
    await servers.stop(spec, signal);
    await servers.stop(spec, signal);
    expect((await servers.observe(spec, signal)).running).toBe(false);
    await servers.create(spec, admin, none, signal);
    await servers.start(spec, admin, signal);
    expect(await box.ask("select count(*)::int from kept")).toBe(1000);
    expect((await servers.observe(spec, signal)).systemIdentifier).toBe(up.systemIdentifier);
    expect(readFileSync(up.logFile, "utf8")).not.toContain(testPassword);
    expect(readdirSync(dirname(realpathSync(up.dataDirectory))).sort()).toEqual(
      expect.not.arrayContaining([expect.stringContaining(".new-")]),
    );
  });
});

test("the data is where the server's user can reach it, and nobody else", async () => {
  const isRoot = process.getuid?.() === 0;
  const hidden = await open(15);
  await hidden.servers.create(hidden.spec, hidden.admin, none, hidden.signal);
  const link = join(hidden.directory, "postgres");
  const { dataDirectory } = await hidden.servers.observe(hidden.spec, hidden.signal);
  // mkdtemp's folder has mode 0700: root's server cannot pass it, a user's own can.
  expect(lstatSync(link).isSymbolicLink()).toBe(isRoot);
  expect(dataDirectory).toBe(isRoot ? readlinkSync(link) : link);
  expect(statSync(dataDirectory).mode & 0o777).toBe(0o700);
  expect(statSync(dataDirectory).uid === 0).toBe(false);
  await hidden.servers.remove(hidden.spec, hidden.signal);
  expect(existsSync(dataDirectory)).toBe(false);
  expect(readdirSync(hidden.directory)).toEqual([]);
});

test("the data stays in the project when its folders let the server's user pass", async () => {
  const box = await open(15);
  chmodSync(box.project, 0o755);
  await start(box);
  expect(lstatSync(join(box.directory, "postgres")).isDirectory()).toBe(true);
  expect(statSync(box.directory).mode & 0o007, "others stay out").toBe(0);
  expect(await box.ask("select 1")).toBe(1);
});

test.each(["data", "..", "postgres"])("a link that Poststack did not make (…/%s) is not followed", async (name) => {
  const box = await open(15);
  const target = join(box.project, "elsewhere", name);
  mkdirSync(join(box.project, "elsewhere", "data"), { recursive: true });
  const before = statSync(join(box.project, "elsewhere"));
  mkdirSync(box.directory, { recursive: true });
  const link = join(box.directory, "postgres");
  symlinkSync(target, link);
  const { servers, spec, admin, signal } = box;
  // One after the other: each would be worse than the one before.
  const codes = [
    (await failure(servers.observe(spec, signal))).code,
    (await failure(servers.stop(spec, signal))).code,
    (await failure(servers.create(spec, admin, none, signal))).code,
    (await failure(servers.remove(spec, signal))).code,
  ];
  expect(codes).toEqual(["NAME_TAKEN", "NAME_TAKEN", "NAME_TAKEN", "NAME_TAKEN"]);
  const after = statSync(join(box.project, "elsewhere"));
  expect([after.mode, after.gid, after.mtimeMs]).toEqual([before.mode, before.gid, before.mtimeMs]);
  rmSync(link);
});

test.skipIf(process.getuid?.() !== 0)("a folder that others use keeps its group and mode", async () => {
  const box = await open(15);
  chmodSync(box.project, 0o755);
  const shared = join(box.project, ".poststack");
  mkdirSync(shared);
  chmodSync(shared, 0o750);
  await box.servers.create(box.spec, box.admin, none, box.signal);
  expect(statSync(shared).mode & 0o777).toBe(0o750);
  expect(statSync(shared).gid).toBe(0);
  expect(lstatSync(join(box.directory, "postgres")).isSymbolicLink()).toBe(true);
});

test("a port that another program holds is named with its holder, and nothing is started", async () => {
  const box = await open(15);
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(box.spec.port, "127.0.0.1", resolve);
  });
  try {
    await box.servers.create(box.spec, box.admin, none, box.signal);
    const observed = await box.servers.observe(box.spec, box.signal);
    expect(observed.portHolder).toContain(`(pid ${process.pid})`);
    const error = await failure(box.servers.start(box.spec, box.admin, box.signal));
    expect(error.code).toBe("PORT_TAKEN");
    expect(error.message).toContain(`(pid ${process.pid})`);
    expect((await box.servers.observe(box.spec, box.signal)).running).toBe(false);
  } finally {
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
});

test.each<[string, ReadonlyMap<string, string>]>([
  ["an unknown parameter", new Map([["shared_bufers", "16MB"]])],
  ["a value that does not parse", new Map([["shared_buffers", "plenty"]])],
  ["a name that would be a second line", new Map([["work_mem = 1\nfsync", "off"]])],
])("%s is refused before there is a cluster", async (_name, parameters) => {
  const box = await open(15);
  const error = await failure(box.servers.create(box.spec, box.admin, parameters, box.signal));
  expect(error.code).toBe("PARAMETER_INVALID");
  expect((await box.servers.observe(box.spec, box.signal)).dataMajor).toBeUndefined();
});

test("a configuration that the server does not take is put back", async () => {
  const box = await open(15);
  const { servers, spec, signal } = box;
  await start(box, new Map([["work_mem", "8MB"]]));
  const before = (await servers.observe(spec, signal)).parameters;
  const error = await failure(servers.configure({ ...spec, port: 1 }, new Map([["work_mem", "much"]]), signal));
  expect(error.code).toBe("PARAMETER_INVALID");
  expect(error.facts.details?.join()).toContain('invalid value for parameter "work_mem"');
  expect((await servers.observe(spec, signal)).parameters).toEqual(before);
  await servers.configure(spec, new Map([["work_mem", "9MB"]]), signal);
  await servers.reload(spec, signal);
  await expect.poll(() => box.ask("show work_mem")).toBe("9MB");
});

test("a server that cannot start says why with the end of its log", async () => {
  const box = await open(15);
  await box.servers.create(box.spec, box.admin, new Map([["shared_preload_libraries", "nowhere"]]), box.signal);
  const error = await failure(box.servers.start(box.spec, box.admin, box.signal));
  expect(error.code).toBe("POSTGRES_START");
  expect(error.facts.details?.join()).toContain('could not access file "nowhere"');
});

test("a version that nobody has is refused with those that can be had", async () => {
  const box = await open(9);
  expect((await box.servers.observe(box.spec, box.signal)).binaries).toBeUndefined();
  const error = await failure(box.servers.create(box.spec, box.admin, none, box.signal));
  expect(error.code).toBe("POSTGRES_MISSING");
  expect(error.facts.next).toContain("15, 16, 17, 18");
});

import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { postmasterOf } from "../../controller/adapters/embedded/postmaster.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { sandbox, type Sandbox } from "../support/embedded.ts";

const opened: Sandbox[] = [];
const children: ChildProcess[] = [];
const open = async (...args: Parameters<typeof sandbox>): Promise<Sandbox> => {
  const made = await sandbox(...args);
  opened.push(made);
  return made;
};
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const one of opened.splice(0)) await one.dispose();
});

const none = new Map<string, string>();
const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === "linux";
if (!isRoot || !isLinux)
  console.warn("SKIPPED: some faults of the embedded server can only be staged by root on Linux");

/** Another Poststack that creates the server, and starts it unless told otherwise. */
function creator({ project, spec }: Sandbox, ...more: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL("embedded-creator.ts", import.meta.url));
  const args = ["--import", "tsx", script, project, String(spec.port), String(spec.major ?? 15), ...more];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}
const namesBeside = (path: string): readonly string[] => readdirSync(dirname(path)).sort();
const dataOf = async ({ servers, spec, signal }: Sandbox): Promise<string> =>
  (await servers.observe(spec, signal)).dataDirectory;

function continueQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // It has ended.
  }
}

test("the server outlives the process that started it, and that process's death by SIGKILL", async () => {
  const box = await open(15);
  const child = creator(box);
  expect(await once(child, "exit")).toEqual([0, null]);
  const before = await box.servers.observe(box.spec, box.signal);
  expect(before.running).toBe(true);
  expect(await box.ask("select 1")).toBe(1);
  const pid = postmasterOf(before.dataDirectory)?.pid ?? 0;
  expect(execFileSync("ps", ["-o", "sid=", "-p", String(pid)], { encoding: "utf8" }).trim()).toBe(String(pid));
});

test("initdb killed with its maker at ten instants: the next create works and nothing is left", async () => {
  const box = await open(15);
  const data = await dataOf(box);
  let interrupted = 0;
  for (let instant = 0; instant < 10; instant++) {
    const child = creator(box, "create");
    await once(child.stdout ?? child, "data");
    const ended = once(child, "exit");
    await clock.sleep(30 + instant * 60, box.signal);
    child.kill("SIGKILL");
    await ended;
    if (existsSync(dirname(data)) && namesBeside(data).some((name) => name.includes(".new-"))) interrupted++;
    // Complete or not there at all.
    expect(existsSync(data), `instant ${instant}`).toBe(existsSync(join(data, "poststack.conf")));
    await box.servers.create(box.spec, box.admin, none, box.signal);
    await box.servers.start(box.spec, box.admin, box.signal);
    expect(await box.ask("select 1"), `instant ${instant}`).toBe(1);
    expect(namesBeside(data).filter((name) => name.includes(".new-"))).toEqual([]);
    await box.servers.remove(box.spec, box.signal);
  }
  expect(interrupted, "instants that fell into initdb").toBeGreaterThan(4);
}, 240_000);

test("creates and starts at once end with one cluster and one server", async () => {
  const box = await open(15);
  const all = [creator(box), creator(box)];
  const ours = box.servers
    .create(box.spec, box.admin, none, box.signal)
    .then(() => box.servers.start(box.spec, box.admin, box.signal));
  expect(await Promise.all(all.map((child) => once(child, "exit")))).toEqual([
    [0, null],
    [0, null],
  ]);
  await ours;
  const { running, dataDirectory } = await box.servers.observe(box.spec, box.signal);
  expect(running).toBe(true);
  expect(namesBeside(dataDirectory).filter((name) => name.includes(".new-"))).toEqual([]);
});

test("after a kill -9 of the server, a start waits for its orphans and brings the committed data back", async () => {
  const box = await open(15);
  const { servers, spec, admin, signal } = box;
  await servers.create(spec, admin, none, signal);
  await servers.start(spec, admin, signal);
  await box.ask("create table kept as select 1 as n");
  const session = await box.connect();
  const { dataDirectory, logFile } = await servers.observe(spec, signal);
  // A stopped backend cannot notice that its postmaster is dead, and still has the shared memory.
  process.kill(session.pid, "SIGSTOP");
  try {
    process.kill(postmasterOf(dataDirectory)?.pid ?? 0, "SIGKILL");
    await expect.poll(async () => (await servers.observe(spec, signal)).running).toBe(false);
    const starting = servers.start(spec, admin, signal);
    await expect.poll(() => readFileSync(logFile, "utf8"), { timeout: 20_000 }).toContain("shared memory block");
    process.kill(session.pid, "SIGCONT");
    await starting;
  } finally {
    continueQuietly(session.pid);
  }
  expect(await box.ask("select n from kept")).toBe(1);
  await session.close();
});

test("a pid file whose pid is another program's by now is no running server, and hinders no start", async () => {
  const box = await open(15);
  const { servers, spec, admin, signal } = box;
  await servers.create(spec, admin, none, signal);
  await servers.start(spec, admin, signal);
  const { dataDirectory: data } = await servers.observe(spec, signal);
  const pidFile = join(data, "postmaster.pid");
  const lines = readFileSync(pidFile, "utf8").split("\n");
  const owner = isRoot ? { uid: 65534, gid: 65534 } : {};
  await servers.stop(spec, signal);
  // As after a power cut: the file stays, the pid is given to a program of the server's own user.
  const { uid, gid } = await import("node:fs").then(({ statSync }) => statSync(data));
  const stranger = spawn("sleep", ["60"], { cwd: "/", ...(isRoot ? { ...owner, uid, gid } : {}) });
  children.push(stranger);
  writeFileSync(pidFile, [String(stranger.pid), ...lines.slice(1)].join("\n"), { mode: 0o600 });
  execFileSync("chown", [`${uid}:${gid}`, pidFile]);

  expect((await servers.observe(spec, signal)).running).toBe(false);
  await servers.stop(spec, signal);
  expect(stranger.exitCode, "the stranger got no signal").toBeNull();
  await servers.start(spec, admin, signal);
  expect(await box.ask("select 1")).toBe(1);
  expect(stranger.signalCode).toBeNull();
});

test("a project that was moved still knows its running server", async () => {
  const box = await open(15);
  const { servers, spec, admin, signal } = box;
  await servers.create(spec, admin, none, signal);
  await servers.start(spec, admin, signal);
  const moved = join(dirname(box.directory), "dev2");
  renameSync(box.directory, moved);
  try {
    expect(postmasterOf(join(moved, "postgres"))?.port).toBe(spec.port);
  } finally {
    renameSync(moved, box.directory);
  }
  await servers.stop(spec, signal);
});

test.skipIf(!isRoot || !isLinux)("a full disk is DISK_FULL, and leaves nothing", async () => {
  const box = await open(15);
  const environmentDirectory = box.directory;
  execFileSync("chmod", ["755", box.project]);
  mkdirSync(environmentDirectory, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", environmentDirectory]);
  try {
    const error = await box.servers.create(box.spec, box.admin, none, box.signal).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PoststackError);
    expect((error as PoststackError).code).toBe("DISK_FULL");
    expect(readdirSync(environmentDirectory)).toEqual([]);
  } finally {
    execFileSync("umount", [environmentDirectory]);
  }
});

test.skipIf(!isRoot || !isLinux)(
  "root without CAP_SYS_PTRACE, as in most containers, still recognises its server",
  async () => {
    const box = await open(15);
    await box.servers.create(box.spec, box.admin, none, box.signal);
    await box.servers.start(box.spec, box.admin, box.signal);
    const script = `import { postmasterOf } from ${JSON.stringify(new URL("../../controller/adapters/embedded/postmaster.ts", import.meta.url).pathname)};
    process.stdout.write(String(postmasterOf(process.argv[1]).port));`;
    const data = await dataOf(box);
    const dropped = ["--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", "--"];
    const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script, data];
    const seen = spawnSync("setpriv", [...dropped, ...node], { encoding: "utf8" });
    expect(seen.stderr + seen.stdout).toBe(String(box.spec.port));
  },
);

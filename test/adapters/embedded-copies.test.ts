import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { embeddedServers } from "../../controller/adapters/embedded.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import type { EmbeddedServers } from "../../controller/core/ports/embedded.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { projectRoot } from "../support/build.ts";
import { sandbox, type Sandbox } from "../support/embedded.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn("SKIPPED: only root's data lies outside the project, where a copy of the project reaches it");
const none = new Map<string, string>();

/** A project with its data outside, made and running. */
async function original(): Promise<Sandbox & { readonly data: string; readonly pointer: string }> {
  const box = await sandbox(15);
  onTestFinished(() => box.dispose());
  await box.servers.create(box.spec, box.admin, none, box.signal);
  await box.servers.start(box.spec, box.admin, box.signal);
  await box.ask("create table kept as select 1 as n");
  const { dataDirectory: data } = await box.servers.observe(box.spec, box.signal);
  return { ...box, data, pointer: join(dirname(data), "state-directory") };
}

function elsewhere(): string {
  const folder = mkdtempSync(join(tmpdir(), "poststack-test-copy-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, ".poststack", "dev");
}

function serversOf(directory: string): EmbeddedServers {
  return embeddedServers({ directory, root: projectRoot, environment: process.env, postgres: postgres("test"), clock });
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error instanceof PoststackError ? error.code : error),
  );

test.skipIf(!isRoot)("in a copy of a project the original's data is foreign: no call touches it", async () => {
  const box = await original();
  const { data, directory, spec, admin, signal, pointer } = box;
  expect(readFileSync(pointer, "utf8")).toBe(`${directory}\n`);
  expect(statSync(pointer).mode & 0o777).toBe(0o600);
  const copy = elsewhere();
  cpSync(dirname(directory), dirname(copy), { recursive: true, verbatimSymlinks: true });
  expect(lstatSync(join(copy, "postgres")).isSymbolicLink()).toBe(true);

  const servers = serversOf(copy);
  const calls = [
    () => servers.observe(spec, signal),
    () => servers.create(spec, admin, none, signal),
    () => servers.start(spec, admin, signal),
    () => servers.configure(spec, none, signal),
    () => servers.reload(spec, signal),
    () => servers.stop(spec, signal),
    () => servers.remove(spec, signal),
  ];
  for (const call of calls) expect(await codeOf(call()), String(call)).toBe("NAME_TAKEN");
  expect(await box.ask("select n from kept")).toBe(1);
  expect(existsSync(join(data, "PG_VERSION"))).toBe(true);
  expect(readFileSync(pointer, "utf8")).toBe(`${directory}\n`);
});

test.skipIf(!isRoot)(
  "a project that was moved takes its data along, and a copy left in its old place has none",
  async () => {
    const box = await original();
    const { data, directory, spec, signal, pointer } = box;
    const moved = elsewhere();
    cpSync(dirname(directory), dirname(moved), { recursive: true, verbatimSymlinks: true });
    renameSync(directory, `${directory}-away`);

    const servers = serversOf(moved);
    expect(await servers.observe(spec, signal)).toMatchObject({ running: true, dataDirectory: data });
    expect(readFileSync(pointer, "utf8")).toBe(`${moved}\n`);
    renameSync(`${directory}-away`, directory);
    expect(await codeOf(serversOf(directory).remove(spec, signal))).toBe("NAME_TAKEN");
    expect(await box.ask("select n from kept")).toBe(1);
    await servers.remove(spec, signal);
    expect(existsSync(dirname(data))).toBe(false);
  },
);

test.skipIf(!isRoot)(
  "data from before there was a pointer gets one; another name of the same folder is no copy",
  async () => {
    const { directory, spec, signal, pointer } = await original();
    rmSync(pointer);
    await serversOf(directory).observe(spec, signal);
    expect(readFileSync(pointer, "utf8")).toBe(`${directory}\n`);
    const alias = dirname(dirname(elsewhere()));
    symlinkSync(dirname(directory), join(alias, ".poststack"));
    expect(await serversOf(join(alias, ".poststack", "dev")).observe(spec, signal)).toMatchObject({ running: true });
    expect(readFileSync(pointer, "utf8")).toBe(`${directory}\n`);
  },
);

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs, {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { layoutOf } from "../../../controller/adapters/embedded/layout.ts";
import { exchange, settleExchange, whereDataIs } from "../../../controller/adapters/embedded/physical/exchange.ts";

let folder: string;
let data: string;
const incoming = (): string => `${data}.new-12-34-abcdef`;
const outgoing = (): string => `${data}.before_20261120T145500123Z`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "poststack-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  data = join(folder, "postgres");
  fill(data, "old");
  fill(incoming(), "new");
});

function fill(path: string, text: string): void {
  mkdirSync(path);
  writeFileSync(join(path, "PG_VERSION"), text);
}
const textIn = (path: string): string | undefined =>
  existsSync(join(path, "PG_VERSION")) ? readFileSync(join(path, "PG_VERSION"), "utf8") : undefined;

const writing = ["openSync", "writeFileSync", "fsyncSync", "renameSync", "linkSync", "rmSync"] as const;

/** As if the process had been killed before its n-th writing call: from then on none of them does anything. */
function dyingAt(n: number, run: () => void): "died" | "lived" {
  const calls = fs as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
  const originals = writing.map((name) => [name, calls[name]] as const);
  let count = 0;
  for (const [name, original] of originals) {
    calls[name] = (...args) => {
      if (++count >= n) throw new Error("dead");
      return original?.(...args);
    };
  }
  syncBuiltinESMExports();
  try {
    run();
  } catch (error) {
    if (count < n) throw error;
  } finally {
    for (const [name, original] of originals) if (original !== undefined) calls[name] = original;
    syncBuiltinESMExports();
  }
  return count >= n ? "died" : "lived";
}

test("a kill before any call: the data is the old or the new, and whoever comes next completes what was decided", () => {
  const ends: (string | undefined)[] = [];
  let killAt = 1;
  for (; ; killAt++) {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    fill(data, "old");
    fill(incoming(), "new");
    if (dyingAt(killAt, () => exchange(data, incoming(), outgoing())) === "lived") break;
    expect(killAt, "it ends some day").toBeLessThan(60);
    // A look finds one of them whole, wherever it lies.
    const seen = textIn(whereDataIs(data));
    expect(["old", "new"]).toContain(seen);
    // And the next is killed, too.
    for (let again = 1; dyingAt(again, () => settleExchange(data)) === "died"; again++)
      expect(["old", "new"]).toContain(textIn(whereDataIs(data)));
    const end = textIn(data);
    ends.push(end);
    const isNew = end === "new";
    expect(textIn(isNew ? outgoing() : incoming()), `killed before call ${killAt}`).toBe(isNew ? "old" : "new");
    expect(readdirSync(folder).filter((name) => name.endsWith(".exchange"))).toEqual([]);
  }
  // Once it is decided, it stays so.
  expect(ends.join(" ")).toMatch(/^old( old)*( new)+$/);
  expect(killAt, "calls were counted at all").toBeGreaterThan(8);
  expect([textIn(data), textIn(outgoing())]).toEqual(["new", "old"]);
});

test("nothing is decided: nothing happens", () => {
  expect(settleExchange(data)).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(["postgres", "postgres.new-12-34-abcdef"]);
});

/** What a server looks like from outside: a program at work in its data, which names it. */
async function serverOn(path: string): Promise<void> {
  const server = spawn("sleep", ["1000"], { cwd: path, stdio: "ignore" });
  onTestFinished(() => void server.kill("SIGKILL"));
  await once(server, "spawn");
  writeFileSync(join(path, "postmaster.pid"), `${server.pid}\n${path}\n`);
}

test("data that a server runs on stays where it is, also when it was started after all was decided", async () => {
  writeFileSync(
    `${data}.exchange`,
    JSON.stringify({ incoming: "postgres.new-12-34-abcdef", outgoing: "postgres.before_20261120T145500123Z" }),
  );
  await serverOn(data);
  settleExchange(data);
  expect([textIn(data), textIn(incoming()), existsSync(`${data}.exchange`)]).toEqual(["old", "new", false]);
  expect(() => exchange(data, incoming(), outgoing())).toThrow(
    expect.objectContaining({ code: "POSTGRES_LOCKED" }) as Error,
  );
  expect([textIn(data), textIn(incoming()), existsSync(`${data}.exchange`)]).toEqual(["old", "new", false]);
});

test("nobody is told that the data was replaced when a server was started on it in between", async () => {
  await serverOn(data);
  const pidFile = join(data, "postmaster.pid");
  const pid = readFileSync(pidFile);
  rmSync(pidFile);
  const { renameSync } = fs;
  // The record's: what is decided is decided, and then it is there.
  fs.renameSync = (...args) => {
    renameSync(...args);
    writeFileSync(pidFile, pid);
  };
  syncBuiltinESMExports();
  try {
    expect(() => exchange(data, incoming(), outgoing())).toThrow(
      expect.objectContaining({ code: "POSTGRES_LOCKED" }) as Error,
    );
  } finally {
    fs.renameSync = renameSync;
    syncBuiltinESMExports();
  }
  expect([textIn(data), textIn(incoming()), existsSync(`${data}.exchange`)]).toEqual(["old", "new", false]);
});

test.skipIf(process.getuid?.() !== 0)(
  "between the renames the data has its place and its owner, also where new data would have others",
  () => {
    // In a home that only its owner may enter: root's new data would belong to `postgres`, and lie in /var/lib.
    const user = { uid: 4711, gid: 4711 };
    const directory = join(folder, "home", ".poststack", "dev");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    expect(layoutOf(directory).data).toMatch(/^\/var\/lib\//);
    data = join(directory, "postgres");
    fill(data, "old");
    fill(incoming(), "new");
    for (const path of [data, incoming()]) chownSync(path, user.uid, user.gid);
    const before = layoutOf(directory);
    expect([before.data, before.user]).toEqual([data, user]);
    const { renameSync } = fs;
    let renames = 0;
    // The record's, the old data's, and the one that counts.
    fs.renameSync = (...args) => {
      if (++renames === 3) throw new Error("dead");
      renameSync(...args);
    };
    syncBuiltinESMExports();
    try {
      expect(() => exchange(data, incoming(), outgoing())).toThrow("dead");
    } finally {
      fs.renameSync = renameSync;
      syncBuiltinESMExports();
    }
    expect(existsSync(data)).toBe(false);
    expect(layoutOf(directory)).toEqual(before);
    expect(settleExchange(layoutOf(directory).data)).toBe(true);
    expect([textIn(data), layoutOf(directory)]).toEqual(["new", before]);
  },
);

test("what the old data is to be called is there already: nothing is decided", () => {
  fill(outgoing(), "older");
  expect(() => exchange(data, incoming(), outgoing())).toThrow(
    expect.objectContaining({ code: "NAME_TAKEN" }) as Error,
  );
  expect([textIn(data), textIn(outgoing())]).toEqual(["old", "older"]);
});

test.each([
  ["no JSON", "{"],
  ["another folder", JSON.stringify({ incoming: "../elsewhere", outgoing: "postgres.before_1" })],
  ["a path", JSON.stringify({ incoming: "postgres.new-1/../elsewhere", outgoing: "postgres.before_1" })],
  ["the data itself", JSON.stringify({ incoming: "postgres", outgoing: "postgres.before_1" })],
  ["numbers", JSON.stringify({ incoming: 1, outgoing: 2 })],
])("a record that names %s decides nothing", (_what, text) => {
  fill(join(folder, "elsewhere"), "foreign");
  mkdirSync(`${data}.new-1`);
  writeFileSync(`${data}.exchange`, text);
  settleExchange(data);
  expect([textIn(data), textIn(incoming())]).toEqual(["old", "new"]);
});

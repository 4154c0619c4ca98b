import { execFileSync } from "node:child_process";
import fs, {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { clusterCopies } from "../../../controller/adapters/embedded/physical/copies.ts";
import { settleExchange, whereDataIs } from "../../../controller/adapters/embedded/physical/exchange.ts";
import type { CopyFile } from "../../../controller/core/ports/cluster-copies.ts";
import type { Layout } from "../../../controller/adapters/embedded/layout.ts";

// What is done with the folders; servers are started on them in test/scenarios/physical-copy.test.ts.
const signal = new AbortController().signal;
const spec = { name: "postgres", major: 17, bind: "127.0.0.1", port: 5433 };
const ending = "before_20261120T145500123Z";

let folder: string;
let data: string;
let file: string;
let copy: CopyFile;
let copies: ReturnType<typeof clusterCopies>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "poststack-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  [data, file] = [join(folder, "postgres"), join(folder, "copy.tar.gz")];
  for (const name of ["global", "pg_wal"]) mkdirSync(join(data, name), { recursive: true });
  for (const [name, text] of [
    ["PG_VERSION", "17"],
    ["global/pg_control", "old"],
    ["postgresql.conf", "port = 1"],
    ["pg_hba.conf", "reject"],
    ["pg_wal/00000002.history", "1\n"],
  ] as const)
    writeFileSync(join(data, name), text);
  const layout: Layout = { link: data, data, socketDirectory: "", logFile: "", user: undefined };
  const programs = () => Promise.resolve({ bin: "", major: 17, environment: {} });
  copies = clusterCopies({ layout: () => layout, programs, clock });
  writeFileSync(file, "");
  const wal = { timeline: 1, start: "0/2000028", end: "0/2000120" };
  const { sha256 } = await copies.pack(file, () => Promise.resolve({ texts: new Map(), wal, segments: [] }), signal);
  copy = { path: file, sha256 };
  writeFileSync(join(data, "global/pg_control"), "present");
  writeFileSync(join(data, "postgresql.conf"), "port = 2");
});

const textOf = (...names: readonly string[]): string => readFileSync(join(...names), "utf8");

test("what is unpacked has no settings of its own, goes on where the data's log was, and is gone afterwards", async () => {
  await copies.open(spec, copy, true, signal, () => {
    const [name = ""] = readdirSync(folder).filter((one) => one.startsWith("postgres.new-"));
    const files = readdirSync(join(folder, name));
    expect(files).toEqual(expect.arrayContaining(["PG_VERSION", "postgresql.conf", "recovery.signal"]));
    expect(files).not.toContain("pg_hba.conf");
    expect(textOf(folder, name, "postgresql.conf")).toBe("");
    expect(textOf(folder, name, "pg_wal/00000002.history")).toBe("1\n");
    return Promise.resolve();
  });
  expect(readdirSync(folder).sort()).toEqual(["copy.tar.gz", "postgres"]);
  expect(textOf(data, "global/pg_control")).toBe("present");
});

test("what takes the data's place has the settings of the present", async () => {
  const replaced = await copies.open(spec, copy, true, signal, (copy) => copy.takePlace(ending));
  expect(replaced).toBe(`${data}.${ending}`);
  expect([textOf(data, "global/pg_control"), textOf(data, "postgresql.conf"), textOf(data, "pg_hba.conf")]).toEqual([
    "old",
    "port = 2",
    "reject",
  ]);
  expect(textOf(replaced, "global/pg_control")).toBe("present");
  copies.removeReplaced(join(folder, "copy.tar.gz"));
  copies.removeReplaced(replaced);
  expect(readdirSync(folder).sort()).toEqual(["copy.tar.gz", "postgres"]);
});

test("nothing is run on a file that is not the one that was verified, and nothing of it stays", async () => {
  let isRun = false;
  const run = (): Promise<void> => Promise.resolve(void (isRun = true));
  await expect(copies.open(spec, { ...copy, sha256: "ab".repeat(32) }, true, signal, run)).rejects.toMatchObject({
    code: "BACKUP_BROKEN",
  });
  await expect(copies.check({ ...copy, sha256: "ab".repeat(32) }, signal)).rejects.toMatchObject({
    code: "BACKUP_BROKEN",
  });
  expect([isRun, readdirSync(folder).sort()]).toEqual([false, ["copy.tar.gz", "postgres"]]);
});

describe("what the server's user can put in the way of root", () => {
  const secret = (): string => join(folder, "secret");
  const plants: readonly [string, (path: string) => void][] = [
    ["a link", (path) => symlinkSync(secret(), path)],
    ["a pipe", (path) => void execFileSync("mkfifo", [path])],
  ];
  beforeEach(() => writeFileSync(secret(), "nobody's business", { mode: 0o600 }));

  test.each(plants)("%s among the histories of the log is not read", async (_what, plant) => {
    plant(join(data, "pg_wal/0000000A.history"));
    await expect(copies.open(spec, copy, true, signal, () => Promise.resolve())).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
    });
    expect(readdirSync(folder).sort()).toEqual(["copy.tar.gz", "postgres", "secret"]);
  });

  test.each(plants)("%s among the settings is not read", async (_what, plant) => {
    plant(join(data, "x.conf"));
    await expect(copies.open(spec, copy, true, signal, (one) => one.takePlace(ending))).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
    });
    expect(textOf(data, "global/pg_control")).toBe("present");
  });

  test.each(plants)("%s in the unpacked folder, where settings go, is replaced", async (_what, plant) => {
    writeFileSync(join(data, "x.conf"), "present");
    await copies.open(spec, copy, true, signal, (one) => {
      const [unpacked = ""] = readdirSync(folder).filter((name) => name.startsWith("postgres.new-"));
      for (const name of ["x.conf", "y.conf"]) plant(join(folder, unpacked, name));
      return one.takePlace(ending);
    });
    expect([textOf(data, "x.conf"), textOf(secret())]).toEqual(["present", "nobody's business"]);
    expect(lstatSync(join(data, "x.conf")).isFile()).toBe(true);
    expect(readdirSync(data)).not.toContain("y.conf");
  });

  test.skipIf(process.getuid?.() !== 0)("he gets the folder when root has put all into it", async () => {
    const user = { uid: 4711, gid: 4711 };
    for (const name of ["", ...readdirSync(data, { recursive: true }).map(String)]) {
      chownSync(join(data, name), user.uid, user.gid);
    }
    const layout: Layout = { link: data, data, socketDirectory: "", logFile: "", user };
    const programs = () => Promise.resolve({ bin: "", major: 17, environment: {} });
    const { lchownSync } = fs;
    const chowned: string[] = [];
    fs.lchownSync = (path, ...rest) => {
      chowned.push(String(path).replace(/^.*\/postgres\.new-[^/]+/, ""));
      if (chowned.at(-1) === "") {
        expect(readdirSync(join(String(path), "pg_wal"))).toContain("00000002.history");
        expect(readdirSync(String(path))).toContain("recovery.signal");
      }
      lchownSync(path, ...rest);
    };
    syncBuiltinESMExports();
    try {
      const owners = await clusterCopies({ layout: () => layout, programs, clock }).open(
        spec,
        copy,
        true,
        signal,
        () => {
          const [unpacked = ""] = readdirSync(folder).filter((name) => name.startsWith("postgres.new-"));
          const names = ["", ...readdirSync(join(folder, unpacked), { recursive: true }).map(String)];
          return Promise.resolve(new Set(names.map((name) => lstatSync(join(folder, unpacked, name)).uid)));
        },
      );
      expect([...owners]).toEqual([user.uid]);
    } finally {
      fs.lchownSync = lchownSync;
      syncBuiltinESMExports();
    }
    expect(chowned.at(-1)).toBe("");
    expect(chowned.filter((path) => path === "")).toHaveLength(1);
  });
});

test("a disk that fails half-way: what is to be the data is not cleared away", async () => {
  const { renameSync } = fs;
  let renames = 0;
  // The record's, the old data's, and the one that counts.
  fs.renameSync = (...args) => {
    if (++renames === 3) throw Object.assign(new Error("disk"), { code: "EIO" });
    renameSync(...args);
  };
  syncBuiltinESMExports();
  try {
    await expect(copies.open(spec, copy, true, signal, (copy) => copy.takePlace(ending))).rejects.toThrow("disk");
  } finally {
    fs.renameSync = renameSync;
    syncBuiltinESMExports();
  }
  expect(existsSync(data)).toBe(false);
  expect(textOf(whereDataIs(data), "global/pg_control")).toBe("old");
  expect(copies.leftovers()).toEqual([]);
  settleExchange(data);
  expect(textOf(data, "global/pg_control")).toBe("old");
});

import fs, { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { clusterCopies } from "../../../controller/adapters/embedded/physical/copies.ts";
import { settleExchange, whereDataIs } from "../../../controller/adapters/embedded/physical/exchange.ts";
import type { Layout } from "../../../controller/adapters/embedded/layout.ts";

// What is done with the folders; servers are started on them in test/scenarios/physical-copy.test.ts.
const signal = new AbortController().signal;
const spec = { name: "postgres", major: 17, bind: "127.0.0.1", port: 5433 };
const ending = "before_20261120T145500123Z";

let folder: string;
let data: string;
let file: string;
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
  await copies.pack(file, () => Promise.resolve({ texts: new Map(), wal, segments: [] }), signal);
  writeFileSync(join(data, "global/pg_control"), "present");
  writeFileSync(join(data, "postgresql.conf"), "port = 2");
});

const textOf = (...names: readonly string[]): string => readFileSync(join(...names), "utf8");

test("what is unpacked has no settings of its own, goes on where the data's log was, and is gone afterwards", async () => {
  await copies.open(spec, file, true, signal, () => {
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
  const replaced = await copies.open(spec, file, true, signal, (copy) => copy.takePlace(ending));
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
    await expect(copies.open(spec, file, true, signal, (copy) => copy.takePlace(ending))).rejects.toThrow("disk");
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

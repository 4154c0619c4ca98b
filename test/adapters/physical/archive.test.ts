import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs, {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { tarEnd, tarEntry } from "../../../controller/adapters/containers/tar.ts";
import {
  parseBackupManifest,
  renderBackupManifest,
} from "../../../controller/adapters/embedded/physical/backup-manifest.ts";
import { packCluster } from "../../../controller/adapters/embedded/physical/pack.ts";
import { readCopy } from "../../../controller/adapters/embedded/physical/unpack.ts";
import type { ServerUser } from "../../../controller/adapters/embedded/server-user.ts";
import type { BackupEnd, CopyFile } from "../../../controller/core/ports/cluster-copies.ts";

const signal = new AbortController().signal;
const wal = { timeline: 1, start: "0/2000028", end: "0/2000120" };
const segment = "000000010000000000000002";
const end: BackupEnd = { texts: new Map([["backup_label", "START\n"]]), wal, segments: [segment] };
const stop = (): Promise<BackupEnd> => Promise.resolve(end);
const long = `base/5/${"ä".repeat(90)}`;

let folder: string;
let data: string;
let source: { readonly data: string; readonly user: ServerUser };
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "poststack-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  [data, file] = [join(folder, "data"), join(folder, "copy.tar.gz")];
  source = { data, user: undefined };
  for (const name of ["base/5", "global", "pg_wal", "pg_replslot/one"])
    mkdirSync(join(data, name), { recursive: true });
  for (const [name, content] of [
    ["PG_VERSION", "17\n"],
    ["postmaster.pid", "1"],
    ["base/5/1259", Buffer.alloc(3 * 1024 * 1024 + 7, "page")],
    ["base/5/1260", ""],
    [long, "a long name"],
    ["global/pg_control", "control"],
    [`pg_wal/${segment}`, "log"],
    ["pg_wal/000000010000000000000001", "old log"],
    ["pg_replslot/one/state", "slot"],
    ["postgresql.conf", "archive_command = 'evil'"],
  ] as const)
    writeFileSync(join(data, name), content);
  writeFileSync(file, "");
});

type Call = (...args: readonly unknown[]) => unknown;

/** @returns puts the call back */
function replaced(module: object, name: string, by: (original: Call) => Call): () => void {
  const calls = module as Record<string, Call>;
  const original = calls[name] as Call;
  const set = (call: Call): void => {
    calls[name] = call;
    syncBuiltinESMExports();
  };
  set(by(original));
  return () => set(original);
}

/** As it is now. */
const copy = (): CopyFile => ({ path: file, sha256: sha256(readFileSync(file)) });

function unpack(of = copy()): Promise<number> {
  const target = join(folder, "unpacked");
  mkdirSync(target);
  return readCopy(of, { folder: target, owner: undefined, isLeftOut: (one) => one.endsWith(".conf") }, signal);
}
const unpacked = (...names: readonly string[]): string => join(folder, "unpacked", ...names);

test("a copy comes back as it was, without what does not belong into it, and without its settings", async () => {
  const { files: count, sha256: sum } = await packCluster(source, file, stop, signal);
  expect(sum).toBe(copy().sha256);
  expect(await readCopy(copy(), undefined, signal)).toBe(count);
  expect(await unpack()).toBe(count);
  expect(readdirSync(unpacked(), { recursive: true }).map(String).sort()).toEqual(
    [
      ...["PG_VERSION", "backup_label", "base", "base/5", "base/5/1259", "base/5/1260", long, "global"],
      ...[
        "global/pg_control",
        "pg_replslot",
        "pg_wal",
        "pg_wal/archive_status",
        "pg_wal/summaries",
        `pg_wal/${segment}`,
      ],
    ].sort(),
  );
  for (const name of ["base/5/1259", long, "global/pg_control", `pg_wal/${segment}`])
    expect(readFileSync(unpacked(name)).equals(readFileSync(join(data, name))), name).toBe(true);
  expect(statSync(unpacked("PG_VERSION")).mode & 0o777).toBe(0o600);
  expect(statSync(unpacked("base")).mode & 0o777).toBe(0o700);
});

test("the control file is the last that is copied before the backup ends", async () => {
  let order: readonly string[] = [];
  await packCluster(
    source,
    file,
    () => {
      // What is written from now on is the log's to tell.
      writeFileSync(join(data, "base/5/1260"), "later");
      writeFileSync(join(data, "global/pg_control"), "later!!");
      return stop();
    },
    signal,
  );
  order = [
    ...gunzipSync(readFileSync(file))
      .toString("latin1")
      .matchAll(/"Path":"([^"]+)"/g),
  ].map(([, name = ""]) => name);
  expect(order.slice(-2)).toEqual(["global/pg_control", "backup_label"]);
  await unpack();
  expect(readFileSync(unpacked("global/pg_control"), "utf8")).toBe("control");
});

test("a segment of the log that is gone makes no copy", async () => {
  const gone = { ...end, segments: [segment, "000000010000000000000003"] };
  await expect(packCluster(source, file, () => Promise.resolve(gone), signal)).rejects.toMatchObject({
    code: "BACKUP_FAILED",
  });
});

test.skipIf(process.platform !== "linux")("a disk that is full is told", async () => {
  await expect(packCluster(source, "/dev/full", stop, signal)).rejects.toMatchObject({ code: "DISK_FULL" });
});

test("a copy that is not there is told", async () => {
  await expect(readCopy({ path: join(folder, "none"), sha256: "" }, undefined, signal)).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
});

test("nobody waits for a copy that is not wanted any more", async () => {
  const abort = new AbortController();
  const reason = new Error("enough");
  const stopping = (): Promise<BackupEnd> => {
    abort.abort(reason);
    return stop();
  };
  await expect(packCluster(source, file, stopping, abort.signal)).rejects.toBe(reason);
  await expect(readCopy(copy(), undefined, abort.signal)).rejects.toBe(reason);
});

test.each(["base/5/link", "pg_tblspc"])("%s is a link: nothing is followed out of the data", async (name) => {
  symlinkSync("/etc", join(data, name));
  await expect(packCluster(source, file, stop, signal)).rejects.toMatchObject({ code: "BACKUP_FAILED" });
});

test("a file that another was put in place of after it was looked at is no copy, however whole it is", async () => {
  await packCluster(source, file, stop, signal);
  const lookedAt = copy();
  writeFileSync(join(data, "PG_VERSION"), "16\n");
  // As its place is made for a copy: empty. It is written from its beginning and not cut off.
  writeFileSync(file, "");
  await packCluster(source, file, stop, signal);
  await unpack();
  rmSync(unpacked(), { recursive: true });
  const broken = { code: "BACKUP_BROKEN", message: expect.stringContaining("checksum") as unknown };
  await expect(readCopy(lookedAt, undefined, signal)).rejects.toMatchObject(broken);
  await expect(unpack(lookedAt)).rejects.toMatchObject(broken);
});

describe("what the server's user can put into its folder", () => {
  const secret = "nobody's business";
  const log = `pg_wal/${segment}`;
  const pipe = (path: string): void => void execFileSync("mkfifo", [path]);
  const link = (path: string): void => {
    writeFileSync(join(folder, "secret"), secret, { mode: 0o600 });
    symlinkSync(join(folder, "secret"), path);
  };

  test.each<[string, string, (path: string) => void, string]>([
    ["a link for a segment of the log", log, link, "it is a link"],
    ["a pipe for a segment of the log", log, pipe, "it is not a regular file"],
    ["a folder for a segment of the log", log, (path) => mkdirSync(path), "it is not a regular file"],
    ["a pipe for the control file", "global/pg_control", pipe, "it is not a regular file"],
  ])("%s is not read", async (_what, name, plant, why) => {
    rmSync(join(data, name));
    plant(join(data, name));
    await expect(packCluster(source, file, stop, signal)).rejects.toMatchObject({
      code: "BACKUP_FAILED",
      facts: { what: `${join(data, name)} cannot be read: ${why}`, next: expect.any(String) as unknown },
    });
  });

  test("a pipe among the files is left out", async () => {
    pipe(join(data, "base/5/pipe"));
    await packCluster(source, file, stop, signal);
    await unpack();
    expect(existsSync(unpacked("base/5/pipe"))).toBe(false);
  });

  test("a file that becomes a link when its name has been read is not followed", async () => {
    const name = join(data, "base/5/1259");
    let isPlanted = false;
    const putBack = replaced(fs, "lstatSync", (original) => (path: unknown, ...rest: readonly unknown[]) => {
      const stats = original(path, ...rest);
      if (path === name && !isPlanted) {
        isPlanted = true;
        rmSync(name);
        link(name);
      }
      return stats;
    });
    try {
      await expect(packCluster(source, file, stop, signal)).rejects.toMatchObject({
        code: "BACKUP_FAILED",
        message: expect.stringContaining("it is a link") as unknown,
      });
    } finally {
      putBack();
    }
  });

  test.skipIf(process.getuid?.() !== 0)("root reads for it what it may read itself, and no more", async () => {
    const owned = { data, user: { uid: 4711, gid: 4711 } };
    for (const name of ["", ...readdirSync(data, { recursive: true }).map(String)])
      chownSync(join(data, name), 4711, 4711);
    await packCluster(owned, file, stop, signal);
    // As behind a folder that was exchanged for a link, where O_NOFOLLOW does not help.
    chownSync(join(data, "base/5/1260"), 0, 0);
    await packCluster(owned, file, stop, signal);
    chmodSync(join(data, "base/5/1260"), 0o640);
    await expect(packCluster(owned, file, stop, signal)).rejects.toMatchObject({
      code: "BACKUP_FAILED",
      message: expect.stringContaining("the server's user may not read it") as unknown,
    });
  });
});

describe("data that cannot be read is told as such: it is not the copy that cannot be written", () => {
  const fault = (code: string): Error => Object.assign(new Error(code), { code });
  test.each<[string, string, string, () => () => void]>([
    [
      "a folder",
      "base/5",
      "EPERM",
      () =>
        replaced(fs, "readdirSync", (original) => (path: unknown, ...rest: readonly unknown[]) => {
          if (path === join(data, "base/5")) throw fault("EPERM");
          return original(path, ...rest);
        }),
    ],
    [
      "a file",
      "base/5/1259",
      "EACCES",
      () =>
        replaced(fs.promises, "open", (original) => (path: unknown, ...rest: readonly unknown[]) => {
          return path === join(data, "base/5/1259") ? Promise.reject(fault("EACCES")) : original(path, ...rest);
        }),
    ],
    [
      "a page of a file",
      "base/5/1259",
      "EIO",
      () =>
        replaced(fs.promises, "open", (original) => async (path: unknown, ...rest: readonly unknown[]) => {
          const handle = (await original(path, ...rest)) as fs.promises.FileHandle;
          if (path === join(data, "base/5/1259")) handle.read = () => Promise.reject(fault("EIO"));
          return handle;
        }),
    ],
  ])("%s", async (_what, name, code, spoil) => {
    const putBack = spoil();
    try {
      await expect(packCluster(source, file, stop, signal)).rejects.toMatchObject({
        code: "BACKUP_FAILED",
        facts: { what: `${join(data, name)} cannot be read: ${code}`, next: expect.any(String) as unknown },
      });
    } finally {
      putBack();
    }
  });
});

describe("a copy that is not whole", () => {
  const change = (edit: (bytes: Buffer) => Buffer): void => {
    writeFileSync(file, gzipSync(edit(gunzipSync(readFileSync(file)))));
  };
  test.each<[string, () => void, RegExp]>([
    ["cut", () => truncateSync(file, statSync(file).size - 20), /end|unexpected/],
    ["cut between two entries", () => change((bytes) => bytes.subarray(0, 512)), /ends in the middle/],
    ["empty", () => truncateSync(file, 0), /./],
    ["no gzip", () => writeFileSync(file, "PGDMP"), /header/],
    [
      "one byte of a file changed",
      () => change((bytes) => bytes.fill("!", bytes.indexOf("17\n"), bytes.indexOf("17\n") + 1)),
      /PG_VERSION is not what the manifest says/,
    ],
    [
      "one file left out of the manifest, though its checksum is right",
      () =>
        change((bytes) => {
          const at = bytes.indexOf("backup_manifest");
          const listed = { path: "PG_VERSION", sizeBytes: 3, modifiedAt: 0, sha256: sha256("17\n") };
          const manifest = Buffer.from(renderBackupManifest([listed], wal));
          return Buffer.concat([
            bytes.subarray(0, at),
            tarEntry({ path: "backup_manifest", type: "file", mode: 0o600, content: manifest }),
            tarEnd(),
          ]);
        }),
      /is not what the manifest says/,
    ],
    ["without a manifest", () => archive(tarEntry({ path: "a", type: "file", mode: 0o600 })), /no backup_manifest/],
    ...["/etc/passwd", "../out", "a/../../out", "a//b", "."].map((path): [string, () => void, RegExp] => [
      `an entry that is called ${path}`,
      () => archive(tarEntry({ path, type: "file", mode: 0o600, content: Buffer.from("x") })),
      /an entry is called/,
    ]),
    [
      "a link",
      () => archive(tarEntry({ path: "a", type: "link", mode: 0o777, target: "/etc" })),
      /an entry of type "2"/,
    ],
  ])("%s", async (_what, spoil, why) => {
    await packCluster(source, file, stop, signal);
    spoil();
    const broken = { code: "BACKUP_BROKEN", message: expect.stringMatching(why) as unknown };
    await expect(readCopy(copy(), undefined, signal)).rejects.toMatchObject(broken);
    await expect(unpack()).rejects.toMatchObject(broken);
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  const archive = (...entries: readonly Buffer[]): void => {
    writeFileSync(file, gzipSync(Buffer.concat([...entries, tarEnd()])));
  };
});

test("the manifest is read as it was written, and not when a letter of it was changed", () => {
  const files = [
    { path: "PG_VERSION", sizeBytes: 3, modifiedAt: 1_700_000_000, sha256: sha256("17\n") },
    { path: 'a "name"', sizeBytes: 0, modifiedAt: 0, sha256: sha256("") },
  ];
  const text = renderBackupManifest(files, wal);
  expect(parseBackupManifest(text)?.get('a "name"')).toEqual({ sizeBytes: 0, sha256: sha256("") });
  expect(parseBackupManifest(text)?.size).toBe(2);
  for (const changed of [text.replace('"Size":3', '"Size":4'), text.slice(0, -1), `${text} `, "", "{}"])
    expect(parseBackupManifest(changed)).toBeUndefined();
});

const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

import { createHash } from "node:crypto";
import {
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
import type { BackupEnd } from "../../../controller/core/ports/cluster-copies.ts";

const signal = new AbortController().signal;
const wal = { timeline: 1, start: "0/2000028", end: "0/2000120" };
const segment = "000000010000000000000002";
const end: BackupEnd = { texts: new Map([["backup_label", "START\n"]]), wal, segments: [segment] };
const stop = (): Promise<BackupEnd> => Promise.resolve(end);
const long = `base/5/${"ä".repeat(90)}`;

let folder: string;
let data: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "poststack-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  [data, file] = [join(folder, "data"), join(folder, "copy.tar.gz")];
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

function unpack(path = file): Promise<number> {
  const target = join(folder, "unpacked");
  mkdirSync(target);
  return readCopy(path, { folder: target, owner: undefined, isLeftOut: (one) => one.endsWith(".conf") }, signal);
}
const unpacked = (...names: readonly string[]): string => join(folder, "unpacked", ...names);

test("a copy comes back as it was, without what does not belong into it, and without its settings", async () => {
  const count = await packCluster(data, file, stop, signal);
  expect(await readCopy(file, undefined, signal)).toBe(count);
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
    data,
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
  await expect(packCluster(data, file, () => Promise.resolve(gone), signal)).rejects.toMatchObject({
    code: "BACKUP_FAILED",
  });
});

test.skipIf(process.platform !== "linux")("a disk that is full is told", async () => {
  await expect(packCluster(data, "/dev/full", stop, signal)).rejects.toMatchObject({ code: "DISK_FULL" });
});

test("a copy that is not there is told", async () => {
  await expect(readCopy(join(folder, "none"), undefined, signal)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});

test("nobody waits for a copy that is not wanted any more", async () => {
  const abort = new AbortController();
  const reason = new Error("enough");
  const stopping = (): Promise<BackupEnd> => {
    abort.abort(reason);
    return stop();
  };
  await expect(packCluster(data, file, stopping, abort.signal)).rejects.toBe(reason);
  await expect(readCopy(file, undefined, abort.signal)).rejects.toBe(reason);
});

test.each(["base/5/link", "pg_tblspc"])("%s is a link: nothing is followed out of the data", async (name) => {
  symlinkSync("/etc", join(data, name));
  await expect(packCluster(data, file, stop, signal)).rejects.toMatchObject({ code: "BACKUP_FAILED" });
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
    await packCluster(data, file, stop, signal);
    spoil();
    const broken = { code: "BACKUP_BROKEN", message: expect.stringMatching(why) as unknown };
    await expect(readCopy(file, undefined, signal)).rejects.toMatchObject(broken);
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

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

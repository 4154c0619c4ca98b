import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import type { Stats } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { stampedDevice, stampOf } from "../../controller/adapters/file-stamp.ts";
import { projectFiles } from "../../controller/adapters/files.ts";
import { textCache } from "../../controller/adapters/text-cache.ts";
import type { Stamp } from "../../controller/core/ports/files.ts";
import { projectWith } from "../support/project.ts";
import { cacheOf, hasStamps, later, nextTick } from "../support/text-cache.ts";

const path = "migrations/1_a.sql";
const options = { limitBytes: 1024 };

/** A project with a migration that a run has read, and what the next run knows of it. */
function known() {
  const { root, files } = projectWith({ [path]: "select 1;", "migrations/2_b.sql": "select 2;" });
  const directory = join(root, "cache");
  const file = join(root, path);
  linkSync(file, join(root, "other-name"));
  nextTick(root);
  const read = (): void => {
    const cache = cacheOf(directory, root);
    const { bytes, stamp } = files.readStamped(path, options);
    if (stamp !== undefined) cache.keep(path, stamp, bytes.toString());
    cache.save();
  };
  const recalled = (nowMs?: () => number): string | undefined =>
    cacheOf(directory, root, nowMs).find(path, () => projectFiles(root).stamp(path));
  read();
  nextTick(root);
  const [name = ""] = readdirSync(directory);
  return { root, directory, file, read, recalled, cacheFile: join(directory, name) };
}

type Known = ReturnType<typeof known>;

/** The file's own times, as `touch -r` and `cp -p` set them. */
function keepingTimes(file: string, edit: () => void): void {
  const reference = `${file}.times`;
  execFileSync("touch", ["-r", file, reference]);
  edit();
  execFileSync("touch", ["-r", reference, file]);
  rmSync(reference);
}

describe.skipIf(!hasStamps)("a file is read again when it was", () => {
  test.each<[string, (it: Known) => void]>([
    ["rewritten in place", ({ file }) => writeFileSync(file, "select 9;")],
    [
      "rewritten in place, its modification time restored",
      ({ file }) => keepingTimes(file, () => writeFileSync(file, "select 9;")),
    ],
    ["appended to", ({ file }) => appendFileSync(file, "\n")],
    ["written by another name of it", ({ root }) => writeFileSync(join(root, "other-name"), "select 9;")],
    [
      "written by another name of it, its time restored",
      ({ root, file }) => keepingTimes(file, () => writeFileSync(join(root, "other-name"), "select 9;")),
    ],
    [
      "copied over with its time, as cp -p does",
      ({ root, file }) => {
        writeFileSync(join(root, "new"), "select 9;");
        execFileSync("touch", ["-r", file, join(root, "new")]);
        execFileSync("cp", ["-p", join(root, "new"), file]);
      },
    ],
    [
      "replaced by rename by a file with its time, as rsync -t and git do",
      ({ root, file }) => {
        writeFileSync(join(root, "new"), "select 9;");
        execFileSync("touch", ["-r", file, join(root, "new")]);
        renameSync(join(root, "new"), file);
      },
    ],
    [
      "replaced by a file that is older",
      ({ root, file }) => {
        writeFileSync(join(root, "new"), "select 9;");
        utimesSync(join(root, "new"), 1, 1);
        renameSync(join(root, "new"), file);
      },
    ],
    [
      "exchanged with another of its size",
      ({ root, file }) => {
        renameSync(file, join(root, "aside"));
        renameSync(join(root, "migrations/2_b.sql"), file);
      },
    ],
    [
      "restored from a copy, edited between",
      ({ root, file }) => {
        execFileSync("cp", ["-p", file, join(root, "backup")]);
        writeFileSync(file, "select 9;");
        execFileSync("cp", ["-p", join(root, "backup"), file]);
      },
    ],
    ["written with what it held", ({ file }) => keepingTimes(file, () => writeFileSync(file, "select 1;"))],
    ["closed to others", ({ file }) => chmodSync(file, 0o600)],
    [
      "replaced by a link",
      ({ root, file }) => {
        renameSync(file, join(root, "aside"));
        symlinkSync("../aside", file);
      },
    ],
    [
      "made a folder",
      ({ file }) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    ["removed", ({ file }) => rmSync(file)],
    [
      "moved out of the project with its folder, a link in its place",
      ({ root }) => {
        const outside = projectWith().root;
        renameSync(join(root, "migrations"), join(outside, "migrations"));
        symlinkSync(join(outside, "migrations"), join(root, "migrations"));
      },
    ],
  ])("%s", (_name, edit) => {
    const it = known();
    expect(it.recalled()).toBe("select 1;");
    edit(it);
    expect(it.recalled()).toBeUndefined();
  });
});

describe.skipIf(!hasStamps)("a file is not read again when", () => {
  test.each<[string, (it: Known) => void]>([
    ["nothing has happened", () => undefined],
    ["somebody has read it", ({ file }) => readFileSync(file)],
    ["another one came", ({ root }) => writeFileSync(join(root, "migrations/3_c.sql"), "select 3;")],
    [
      "its folder was away and came back",
      ({ root }) => {
        renameSync(join(root, "migrations"), join(root, "aside"));
        renameSync(join(root, "aside"), join(root, "migrations"));
      },
    ],
  ])("%s", (_name, edit) => {
    const it = known();
    edit(it);
    expect(it.recalled()).toBe("select 1;");
  });
});

describe.skipIf(!hasStamps)("a cache that is of no use is no error, and is written anew", () => {
  test.each<[string, (it: Known) => void]>([
    ["gone", ({ directory }) => rmSync(directory, { recursive: true })],
    ["empty", ({ cacheFile }) => writeFileSync(cacheFile, "")],
    ["cut", ({ cacheFile }) => writeFileSync(cacheFile, readFileSync(cacheFile).subarray(0, -1))],
    ["longer", ({ cacheFile }) => appendFileSync(cacheFile, "x")],
    ["zeroes, as a crash leaves them", ({ cacheFile }) => writeFileSync(cacheFile, Buffer.alloc(500))],
    ["writable by others", ({ cacheFile }) => chmodSync(cacheFile, 0o622)],
    [
      "behind a link",
      ({ cacheFile }) => {
        renameSync(cacheFile, `${cacheFile}.aside`);
        symlinkSync(`${cacheFile}.aside`, cacheFile);
      },
    ],
    [
      "another project's",
      ({ directory, cacheFile, file }) => {
        const other = textCache({ directory, owner: "other", nowMs: () => Date.now() + later });
        other.keep(path, statSync(file), "select 9;");
        other.save();
        const name = readdirSync(directory).find((one) => join(directory, one) !== cacheFile) ?? "";
        renameSync(join(directory, name), cacheFile);
      },
    ],
  ])("%s", (_name, spoil) => {
    const it = known();
    spoil(it);
    expect(it.recalled()).toBeUndefined();
    it.read();
    expect(it.recalled()).toBe("select 1;");
  });

  test.each([0, 0.1, 0.3, 0.5, 0.7, 0.9])("a bit that is wrong, after %d of it", (share) => {
    const it = known();
    const bytes = readFileSync(it.cacheFile);
    const at = Math.floor(share * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(it.cacheFile, bytes);
    expect(it.recalled()).toBeUndefined();
  });

  test.skipIf(process.getuid?.() !== 0)("another user's", () => {
    const it = known();
    chownSync(it.cacheFile, 12345, 12345);
    expect(it.recalled()).toBeUndefined();
  });

  test("it cannot be written", () => {
    const it = known();
    rmSync(it.directory, { recursive: true });
    writeFileSync(it.directory, "a file");
    it.read();
    expect(it.recalled()).toBeUndefined();
  });

  test("the clock was set back behind it", () => {
    const it = known();
    expect(it.recalled(() => Date.now() - 60_000)).toBeUndefined();
    expect(it.recalled()).toBe("select 1;");
  });
});

describe("what is kept", () => {
  const beganAtMs = 1_000_000;
  const stamp: Stamp = { dev: 1, ino: 2, size: 3, mtimeMs: 0, ctimeMs: 0 };
  const keptAs = (it: Stamp): string | undefined => {
    const open = () => textCache({ directory: join(root, "cache"), owner: "o", nowMs: () => beganAtMs });
    const { root } = projectWith();
    const cache = open();
    cache.keep("a", it, "fact");
    cache.save();
    return open().find("a", () => it);
  };

  test.each<[string, Partial<Stamp>, boolean]>([
    ["an old file", {}, true],
    ["one of before 1970", { mtimeMs: -5 }, true],
    ["changed a little more than two seconds before", { ctimeMs: 997_999.99975 }, true],
    ["changed two seconds before: it may change again in the same tick", { ctimeMs: 998_000 }, false],
    ["changed after the look began", { ctimeMs: 1_000_001 }, false],
    ["changed in the future", { ctimeMs: 2_000_000 }, false],
    ["modified in the future", { mtimeMs: 2_000_000 }, false],
  ])("%s", (_name, different, isKept) => {
    expect(keptAs({ ...stamp, ...different })).toBe(isKept ? "fact" : undefined);
  });

  test.each(["dev", "ino", "size", "mtimeMs", "ctimeMs"] as const)("another %s is another file", (field) => {
    const { root } = projectWith();
    const open = () => textCache({ directory: join(root, "cache"), owner: "o", nowMs: () => beganAtMs });
    const cache = open();
    cache.keep("a", stamp, "fact");
    cache.save();
    expect(open().find("a", () => stamp)).toBe("fact");
    expect(open().find("a", () => ({ ...stamp, [field]: stamp[field] + 0.00025 }))).toBeUndefined();
    expect(open().find("a", () => undefined)).toBeUndefined();
  });

  test("what was found stays, what was not asked for goes, and nothing is written without news", () => {
    const { root } = projectWith();
    const directory = join(root, "cache");
    const open = () => textCache({ directory, owner: "o", nowMs: () => beganAtMs });
    const inode = () => readdirSync(directory).map((name) => statSync(join(directory, name)).ino);
    const first = open();
    for (const name of ["a", "b"]) first.keep(name, stamp, name);
    first.save();
    const written = inode();

    const second = open();
    expect([second.wasOfUse(), second.find("b", () => stamp), second.wasOfUse()]).toEqual([false, "b", true]);
    second.keep("a", stamp, "a");
    second.save();
    expect(inode(), "it knew both").toEqual(written);

    const third = open();
    third.find("b", () => stamp);
    third.keep("c", stamp, "c");
    third.save();
    const last = open();
    expect(["a", "b", "c"].map((name) => last.find(name, () => stamp))).toEqual([undefined, "b", "c"]);
    const [name = ""] = readdirSync(directory);
    expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  });

  test("caches that nobody has written for a month go with the next that is", () => {
    const { root } = projectWith({ "cache/old.bin": "", "cache/young.bin": "" });
    const directory = join(root, "cache");
    const nowMs = Date.now();
    const days = (count: number): number => nowMs / 1000 - count * 24 * 3600;
    utimesSync(join(directory, "old.bin"), days(31), days(31));
    utimesSync(join(directory, "young.bin"), days(29), days(29));
    const cache = textCache({ directory, owner: "o", nowMs: () => nowMs });
    cache.keep("a", stamp, "fact");
    cache.save();
    expect(readdirSync(directory).filter((name) => name.length < 20)).toEqual(["young.bin"]);
  });
});

describe("a stamp is given", () => {
  const root = import.meta.dirname;
  const stats = statSync(import.meta.filename);
  const like = (different: Partial<Stats>): Stats => Object.assign(Object.create(stats) as Stats, different);

  test.each<[string, Stats, number | undefined, boolean]>([
    ["to a file", stats, stats.dev, true],
    ["not where another device is mounted over it", stats, stats.dev + 1, false],
    ["not where the file system is not trusted", stats, undefined, false],
    ["not to a folder", statSync(root), statSync(root).dev, false],
    ["not to an inode that a number cannot hold", like({ ino: 2 ** 53 }), stats.dev, false],
  ])("%s", (_name, found, device, isGiven) => {
    expect(stampOf(found, device) !== undefined).toBe(isGiven);
  });

  test.skipIf(process.platform !== "linux")("on file systems only that are known to tell the truth", () => {
    expect([stampedDevice("/proc"), stampedDevice("/sys"), stampedDevice("/nowhere")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

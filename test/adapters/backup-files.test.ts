import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { backupFiles } from "../../controller/adapters/backup-files.ts";
import { backupPrograms } from "../../controller/adapters/backup-programs.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { projectWith } from "../support/project.ts";

const files = backupFiles({});
const signal = new AbortController().signal;
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const isOwn = (name: string): boolean => name.startsWith("mine-");

describe("a file of a backup", () => {
  test("is nobody else's, has its name only when it is whole, and goes with its manifest", async () => {
    const { root } = projectWith();
    const folder = join(root, "deep/backups");
    const path = join(folder, "a.dump");
    const partial = files.begin(path, isOwn, "ours");
    expect([modeOf(partial), modeOf(folder)]).toEqual([0o600, 0o700]);
    files.append(partial, Buffer.from("one "));
    files.append(partial, Buffer.from("two"));
    expect(files.list(folder)).toEqual([]);
    const sha256 = createHash("sha256").update("one two").digest("hex");
    expect(await files.measure(partial, signal)).toEqual({ sizeBytes: 7, sha256 });
    files.publish(partial, path, "{}");
    expect(files.list(folder)).toEqual([{ path, sizeBytes: 7, manifest: "{}" }]);
    expect(readdirSync(folder)).toEqual(["a.dump", "a.dump.json"]);
    expect([modeOf(path), modeOf(`${path}.json`)]).toEqual([0o600, 0o600]);
    files.remove(path);
    files.remove(path);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("what an earlier try left goes, what belongs to others stays", () => {
    const project = projectWith();
    const { root } = project;
    for (const name of ["mine-1.partial", "other-1.partial", "mine-2.txt"]) project.write(name, "x");
    const partial = files.begin(join(root, "mine-3.dump"), (name) => isOwn(name) && name.endsWith(".partial"), "ours");
    expect(readdirSync(root).sort()).toEqual(["mine-2.txt", "mine-3.dump.partial", "other-1.partial"]);
    files.discard(partial);
    files.discard(partial);
    expect(existsSync(partial)).toBe(false);
  });

  test("a link in its place is not followed", () => {
    const project = projectWith();
    const { root } = project;
    const target = project.write("target", "precious");
    symlinkSync(target, join(root, "a.dump.partial"));
    files.append(
      files.begin(join(root, "a.dump"), () => false, "theirs"),
      Buffer.from("ours"),
    );
    expect(readFileSync(target, "utf8")).toBe("precious");
    expect(readFileSync(join(root, "a.dump.partial"), "utf8")).toBe("ours");
    symlinkSync(target, join(root, "b.dump"));
    expect(files.find(join(root, "b.dump"))).toBeUndefined();
  });

  test.each([
    ["in a folder that is not there", "none/a.dump", "make the folder first, or correct the path"],
    ["below a file", "file/a.dump", "correct the path: a part of it is a file"],
  ])("for somebody's own path %s is refused, and no folder is made", (_name, name, next) => {
    const project = projectWith();
    project.write("file", "precious");
    const path = join(project.root, name);
    expect(files.occupied(path)).toEqual([]);
    expect(files.find(path)).toBeUndefined();
    const begin = (): string => files.begin(path, () => false, "theirs");
    expect(begin).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ code: "FILE_UNREADABLE", next }) }),
    );
    expect(readdirSync(project.root)).toEqual(["file"]);
  });

  test("its names are taken by whatever has them, also by a link to nowhere", () => {
    const project = projectWith();
    const { root } = project;
    const path = join(root, "a.dump");
    expect(files.occupied(path)).toEqual([]);
    project.write("a.dump.json", "{}");
    expect(files.occupied(path)).toEqual([`${path}.json`]);
    symlinkSync(join(root, "nowhere"), path);
    expect(files.occupied(path)).toEqual([path, `${path}.json`]);
  });

  test("a manifest that is too large vouches for nothing", () => {
    const project = projectWith();
    const { root } = project;
    project.write("a.dump", "x");
    writeFileSync(join(root, "a.dump.json"), Buffer.alloc(100_000, " "));
    expect(files.find(join(root, "a.dump"))).toEqual({ path: join(root, "a.dump"), sizeBytes: 1, manifest: undefined });
  });

  test("one that cannot be read is told; a folder that is not there holds none", async () => {
    const { root } = projectWith();
    expect(files.list(join(root, "none"))).toEqual([]);
    const error: unknown = await files.measure(join(root, "none"), signal).catch((thrown: unknown) => thrown);
    expect(error instanceof PoststackError ? error.code : error).toBe("FILE_UNREADABLE");
  });
});

describe("programs in PATH", () => {
  const version = (text: string): string => `#!/bin/sh\necho '${text}'\n`;

  test.each<[string, readonly string[], number, string | undefined]>([
    ["of the version", ["90", "91"], 90, "90"],
    ["else the next newer one", ["93", "92"], 91, "92"],
    ["never an older one", ["90"], 91, undefined],
    ["nor one that cannot tell", ["not at all"], 90, undefined],
  ])("%s", (_name, there, major, expected) => {
    const project = projectWith();
    const { root } = project;
    for (const [index, text] of there.entries()) {
      for (const program of ["pg_dump", "pg_restore"])
        project.write(`${index}/${program}`, version(`${program} (PostgreSQL) ${text}.1`), 0o755);
    }
    const path = there.map((_, index) => join(root, String(index))).join(":");
    const found = backupPrograms(major, `${path}:relative:/nowhere`);
    expect(found === undefined ? undefined : String(found.major)).toBe(expected);
  });

  test("one alone is of no use", () => {
    const project = projectWith();
    const { root } = project;
    project.write("pg_dump", version("pg_dump (PostgreSQL) 95.1"), 0o755);
    expect(backupPrograms(95, root)).toBeUndefined();
  });
});

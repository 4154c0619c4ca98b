import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { projectFiles } from "../../controller/adapters/files.ts";
import { renderError } from "../../controller/core/errors.ts";
import { errorsIn } from "../config/table.ts";
import { projectWith } from "../support/project.ts";

const limitBytes = 1024;

/** A project with a folder beside it that is not its business. */
function staged() {
  const { root } = projectWith({ "project/a.txt": "a", "project/sub/b.txt": "b", "outside/secret.txt": "hunter2" });
  return { root: join(root, "project"), outside: join(root, "outside"), files: projectFiles(join(root, "project")) };
}

const codeOf = (work: () => unknown): string =>
  errorsIn(work)
    .map(({ code }) => code)
    .join() || "fine";

test("files are read by paths relative to the project, or absolute", () => {
  const { root, files } = staged();
  expect(files.read("a.txt", { limitBytes })).toBe("a");
  expect(files.read("./sub/../sub/b.txt", { limitBytes })).toBe("b");
  expect(files.read(join(root, "sub/b.txt"), { limitBytes })).toBe("b");
  expect(files.readBytes("a.txt", { limitBytes })).toEqual(Buffer.from("a"));
});

test("a folder's names are sorted; one that does not exist has none", () => {
  const { root, files } = staged();
  for (const name of ["10.sql", "2.sql", "B", "a"]) writeFileSync(join(root, "sub", name), "");
  expect(files.list("sub")).toEqual(["10.sql", "2.sql", "B", "a", "b.txt"]);
  expect(files.list("nowhere")).toEqual([]);
  expect(files.list(".")).toEqual(["a.txt", "sub"]);
  expect([files.exists("sub"), files.exists("a.txt"), files.exists("nowhere"), files.exists("a.txt/b")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([files.isFolder("sub"), files.isFolder("a.txt"), files.isFolder("nowhere")]).toEqual([true, false, false]);
});

test("a digest is that of all bytes, of any file up to the limit", () => {
  const { root, files } = staged();
  const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");
  // More than a piece, and not a whole number of them.
  const bytes = randomBytes(200_001);
  writeFileSync(join(root, "large.bin"), bytes);
  writeFileSync(join(root, "empty"), "");
  const digest = (path: string, limit: number) => files.digest(path, { limitBytes: limit });
  expect(digest("large.bin", 200_001)).toBe(sha256(bytes));
  expect(digest("large.bin", 200_000)).toBeUndefined();
  expect(digest("empty", 0)).toBe(sha256(""));
  expect(["../outside/secret.txt", "sub", "nowhere"].map((path) => codeOf(() => digest(path, limitBytes)))).toEqual([
    "PATH_OUTSIDE",
    "FILE_UNREADABLE",
    "FILE_MISSING",
  ]);
});

describe("a path that is refused", () => {
  test.each<[string, string, string]>([
    ["a folder above", "../outside/secret.txt", "PATH_OUTSIDE"],
    ["above and back in by another name", "sub/../../outside/secret.txt", "PATH_OUTSIDE"],
    ["above, where nothing is", "../nowhere/x", "PATH_OUTSIDE"],
    ["an absolute path", "/etc/passwd", "PATH_OUTSIDE"],
    ["a link out", "link-out", "PATH_OUTSIDE"],
    ["a link to a link out", "link-link", "PATH_OUTSIDE"],
    ["a file behind a folder that is a link out", "folder-out/secret.txt", "PATH_OUTSIDE"],
    ["a folder that begins like the project", "../project-b/x.txt", "PATH_OUTSIDE"],
    ["a link that leads in a circle", "circle", "FILE_UNREADABLE"],
    ["a link to nothing", "dangling", "FILE_MISSING"],
    ["nothing", "nowhere.txt", "FILE_MISSING"],
    ["a file as a folder", "a.txt/b", "FILE_MISSING"],
    ["a folder", "sub", "FILE_UNREADABLE"],
    ["the project itself", ".", "FILE_UNREADABLE"],
    ["a FIFO, without waiting for a writer", "fifo", "FILE_UNREADABLE"],
    ["a link to a FIFO", "link-fifo", "FILE_UNREADABLE"],
    ["a file over the limit", "large.txt", "FILE_UNREADABLE"],
    ["a text that is not UTF-8", "latin1.txt", "FILE_UNREADABLE"],
    ["a name with a NUL", "a\0.txt", "FILE_UNREADABLE"],
    ["a name that is too long", "x".repeat(5000), "FILE_UNREADABLE"],
  ])("%s", (_name, path, code) => {
    const { root, outside, files } = staged();
    symlinkSync(join(outside, "secret.txt"), join(root, "link-out"));
    symlinkSync("link-out", join(root, "link-link"));
    symlinkSync(outside, join(root, "folder-out"));
    symlinkSync("circle", join(root, "circle"));
    symlinkSync("nowhere", join(root, "dangling"));
    mkdirSync(`${root}-b`);
    writeFileSync(`${root}-b/x.txt`, "x");
    execFileSync("mkfifo", [join(root, "fifo")]);
    symlinkSync("fifo", join(root, "link-fifo"));
    writeFileSync(join(root, "large.txt"), "x".repeat(limitBytes + 1));
    writeFileSync(join(root, "latin1.txt"), Buffer.from([0xe4]));
    const place = { file: "f.yml", line: 1, column: 2 };
    const [error] = errorsIn(() => files.read(path, { limitBytes, from: place }));
    expect(error?.code).toBe(code);
    expect(error?.facts.where).toEqual(place);
    expect(error?.facts.next).toBeTruthy();
    expect(renderError(error?.facts ?? { code: "INTERNAL", what: "" })).not.toContain("hunter2");
  });

  test.each([
    ["is not UTF-8", "latin1.txt", "save it as UTF-8"],
    ["is larger than", "large.txt", "make it smaller"],
  ])("what to do about one that %s", (how, path, next) => {
    const { root, files } = staged();
    writeFileSync(join(root, "large.txt"), "x".repeat(limitBytes + 1));
    writeFileSync(join(root, "latin1.txt"), Buffer.from([0xe4]));
    const [error] = errorsIn(() => files.read(path, { limitBytes }));
    expect(error?.facts.what).toContain(how);
    expect(error?.facts.next).toContain(next);
  });

  test("a socket", async () => {
    const { root, files } = staged();
    const server = createServer();
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    await new Promise<void>((resolve) => server.listen(join(root, "socket"), resolve));
    expect(codeOf(() => files.read("socket", { limitBytes }))).toBe("FILE_UNREADABLE");
  });

  test.skipIf(process.getuid?.() === 0)("a file that this user may not read", () => {
    const { root, files } = staged();
    chmodSync(join(root, "a.txt"), 0);
    expect(codeOf(() => files.read("a.txt", { limitBytes }))).toBe("FILE_UNREADABLE");
  });

  test("folders out of the project are neither listed nor looked into", () => {
    const { root, outside, files } = staged();
    symlinkSync(outside, join(root, "folder-out"));
    expect(codeOf(() => files.list("folder-out"))).toBe("PATH_OUTSIDE");
    expect(codeOf(() => files.list(".."))).toBe("PATH_OUTSIDE");
    expect(codeOf(() => files.list("../nowhere"))).toBe("PATH_OUTSIDE");
    expect(codeOf(() => files.list("a.txt"))).toBe("FILE_UNREADABLE");
    expect(codeOf(() => files.isFolder("folder-out"))).toBe("PATH_OUTSIDE");
  });
});

test("a file of exactly the limit is read; the code for a larger one can be chosen", () => {
  const { root, files } = staged();
  writeFileSync(join(root, "exact"), "x".repeat(limitBytes));
  expect(files.read("exact", { limitBytes }).length).toBe(limitBytes);
  expect(codeOf(() => files.read("exact", { limitBytes: limitBytes - 1, tooLarge: "CONFIG_LIMIT" }))).toBe(
    "CONFIG_LIMIT",
  );
});

test.each([0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 200_000])("a file of %i bytes is read whole", (size) => {
  const { root, files } = staged();
  const bytes = randomBytes(size);
  writeFileSync(join(root, "bytes"), bytes);
  const read = files.readBytes("bytes", { limitBytes: 1_000_000 });
  files.readBytes("a.txt", { limitBytes });
  expect(read.equals(bytes), "also when another file was read meanwhile").toBe(true);
});

test("a FIFO is refused even when there is something in it", () => {
  const { root, files } = staged();
  execFileSync("mkfifo", [join(root, "fifo")]);
  const writer = openSync(join(root, "fifo"), "r+");
  onTestFinished(() => closeSync(writer));
  writeSync(writer, "select 1;");
  expect(codeOf(() => files.readBytes("fifo", { limitBytes }))).toBe("FILE_UNREADABLE");
});

test("links inside the project are followed, and a project may itself be reached by a link", () => {
  const { root, outside } = staged();
  symlinkSync("sub", join(root, "folder-in"));
  symlinkSync("a.txt", join(root, "link-in"));
  symlinkSync(root, join(outside, "project-link"));
  const files = projectFiles(join(outside, "project-link"));
  expect(files.read("link-in", { limitBytes })).toBe("a");
  expect(files.read("folder-in/b.txt", { limitBytes })).toBe("b");
  expect(files.read(join(root, "a.txt"), { limitBytes })).toBe("a");
  expect(files.list("folder-in")).toEqual(["b.txt"]);
});

test("a folder that turns into a link out between two passes is noticed in the second", async () => {
  const { root, outside, files } = staged();
  writeFileSync(join(outside, "b.txt"), "hunter2");
  expect(files.read("sub/b.txt", { limitBytes })).toBe("b");
  await Promise.resolve();
  renameSync(join(root, "sub"), join(root, "was"));
  symlinkSync(outside, join(root, "sub"));
  expect(codeOf(() => files.read("sub/b.txt", { limitBytes }))).toBe("PATH_OUTSIDE");
});

test("a file that is swapped again and again is read whole or refused, never followed out", async () => {
  const { root, outside, files } = staged();
  const script = `const fs = require("node:fs");
    process.stdout.write("ready");
    for (let i = 0; ; i++) {
      fs.writeFileSync("next", "b".repeat(500)); fs.renameSync("next", "swapped");
      fs.symlinkSync(${JSON.stringify(join(outside, "secret.txt"))}, "next"); fs.renameSync("next", "swapped");
    }`;
  const { spawn } = await import("node:child_process");
  const swapper = spawn(process.execPath, ["-e", script], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => swapper.stdout.once("data", resolve));
  const seen = new Set<string>();
  for (let attempt = 0; attempt < 3000; attempt++) {
    seen.add(codeOf(() => expect(files.read("swapped", { limitBytes })).toBe("b".repeat(500))));
    if (attempt % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  swapper.kill("SIGKILL");
  await new Promise((resolve) => swapper.once("exit", resolve));
  expect(
    [...seen].filter((code) => !["fine", "PATH_OUTSIDE", "FILE_MISSING", "FILE_UNREADABLE"].includes(code)),
  ).toEqual([]);
  expect(seen).toContain("PATH_OUTSIDE");
  rmSync(join(root, "swapped"), { force: true });
});

import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { secretSources } from "../../controller/adapters/secret-sources.ts";
import { reveal } from "../../controller/core/secret.ts";
import { projectWith } from "../support/project.ts";

const place = { file: ".poststack.yml", line: 1, column: 1 };
const unreadable = (what: string) =>
  expect.objectContaining({
    message: expect.stringContaining(what),
    facts: expect.objectContaining({ code: "SECRET_UNREADABLE", where: place }),
  });

test.each<[string, string | Buffer, string]>([
  ["an empty file", "", "gives an empty secret"],
  ["a line end and nothing else", "\n", "gives an empty secret"],
  ["bytes that are no text", Buffer.from([0xff, 0xfe]), "something else than UTF-8"],
  ["a NUL", "a\0b", "gives a NUL"],
  ["more than a secret can be", "x".repeat(64 * 1024 + 1), "is larger than 64 KiB"],
])("%s is no secret", (_name, content, what) => {
  const file = projectWith().write("secret", content, 0o600);
  expect(() => secretSources.file(file, place)).toThrow(unreadable(what));
});

test("a pipe is refused at once, not waited for", () => {
  const pipe = join(projectWith().root, "pipe");
  execFileSync("mkfifo", ["-m", "600", pipe]);
  expect(() => secretSources.file(pipe, place)).toThrow(unreadable("is not a regular file"));
});

test("a link is followed, and what counts is the mode of the file", () => {
  const project = projectWith();
  const { root } = project;
  const file = project.write("secret", "kept", 0o600);
  symlinkSync(file, join(root, "link"));
  expect(reveal(secretSources.file(join(root, "link"), place))).toBe("kept");
  chmodSync(file, 0o644);
  expect(() => secretSources.file(join(root, "link"), place)).toThrow(
    expect.objectContaining({ facts: expect.objectContaining({ code: "SECRET_EXPOSED" }) }),
  );
});

test.each<[string, readonly [string, ...string[]], string]>([
  ["that prints without end", ["yes"], "printed more than 64 KiB"],
  ["that a signal ends", ["sh", "-c", "kill -TERM $$"], "ended with SIGTERM"],
  ["that fails", ["sh", "-c", "echo canary; exit 3"], "ended with exit code 3"],
  ["that is not there", ["poststack-no-such-program"], "cannot be run (ENOENT)"],
])("a command %s gives no secret, and its output is not told", async (_name, command, what) => {
  const error: unknown = await secretSources.command(command, "/", place).catch((thrown: unknown) => thrown);
  expect(error).toEqual(unreadable(what));
  expect(JSON.stringify(error)).not.toContain("canary");
});

test("a command runs without a shell and without input", async () => {
  const secret = await secretSources.command(["sh", "-c", 'cat; printf %s "$0"', "a;$(b) *"], "/", place);
  expect(reveal(secret)).toBe("a;$(b) *");
});

test("a program that a command leaves behind, and that holds its output, is not waited for", async () => {
  const pidFile = join(projectWith().root, "pid");
  const leave =
    'setsid sh -c \'echo $$ > "$0"; exec sleep 600\' "$0" & while [ ! -s "$0" ]; do sleep 0.01; done; echo kept';
  try {
    const secret = await secretSources.command(["sh", "-c", leave, pidFile], "/", place);
    expect(reveal(secret)).toBe("kept");
    await expect(
      secretSources.command(["sh", "-c", `${leave}; exec sleep 600`, `${pidFile}2`], "/", place),
    ).rejects.toEqual(unreadable("did not end within 10 s"));
  } finally {
    for (const file of [pidFile, `${pidFile}2`]) process.kill(Number(readFileSync(file, "utf8")), "SIGKILL");
  }
});

test("random numbers stay below their limit and reach it", () => {
  const seen = new Set(Array.from({ length: 1000 }, () => secretSources.randomInt(3)));
  expect(seen).toEqual(new Set([0, 1, 2]));
});

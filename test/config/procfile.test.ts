import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { parseProcfile, shellCommand } from "../../controller/config/procfile.ts";
import { PoststackErrors } from "../../controller/core/errors.ts";

describe("a Procfile", () => {
  test.each<[string, string, readonly string[]]>([
    ["one process", "web: node server.mjs", ["web|node server.mjs|1:1"]],
    ["several, in their order", "web: a\napi: b\n", ["web|a|1:1", "api|b|2:1"]],
    ["comments and blank lines", "# note\n\n  # more\nweb: a # not ours to cut\n", ["web|a # not ours to cut|4:1"]],
    ["Windows line ends and a byte order mark", "\uFEFFweb: a\r\napi: b\r\n", ["web|a|1:1", "api|b|2:1"]],
    ["blanks around", "  web  :   a b  \n", ["web|a b|1:3"]],
    ["no blank after the colon", "web:a", ["web|a|1:1"]],
    ["a colon in the command", "web: curl http://h:80", ["web|curl http://h:80|1:1"]],
    ["every character of a name", "a_B-9: x", ["a_B-9|x|1:1"]],
    ["names of Object's own properties", "__proto__: x\nconstructor: y", ["__proto__|x|1:1", "constructor|y|2:1"]],
  ])("%s", (_name, text, expected) => {
    const found = parseProcfile(text, "Procfile");
    expect(found.map(({ name, line, place }) => `${name}|${line}|${place.line}:${place.column}`)).toEqual(expected);
  });

  test.each([
    ["no colon", "web: a\njust text", 2, "is not `name: command`"],
    ["no command", "web:   ", 1, "is not `name: command`"],
    ["a bad name", "web.1: a", 1, "is not `name: command`"],
    ["a name with a blank", "my web: a", 1, "is not `name: command`"],
    ["a name twice", "web: a\nweb: b", 2, '"web" stands here and in line 1'],
    ["nothing", "", 1, "names no process"],
    ["only comments", "# web: a", 1, "names no process"],
  ])("%s is an error with its place", (_name, text, line, what) => {
    const found = errorsOf(() => parseProcfile(text, "Procfile"));
    expect(found).toHaveLength(1);
    expect(found[0]?.facts).toMatchObject({ code: "PROCFILE_SYNTAX", where: { file: "Procfile", line } });
    expect(found[0]?.message).toContain(what);
  });

  test("all errors are told at once", () => {
    expect(errorsOf(() => parseProcfile("a\nb\nweb: x", "Procfile"))).toHaveLength(2);
  });
});

function errorsOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof PoststackErrors) return error.errors;
    throw error;
  }
  return [];
}

describe("exec stands before what is surely one simple command", () => {
  test.each([
    "node server.mjs",
    "./bin/web --port $PORT --name 'a b' \"x $HOME ${USER} y\"",
    "python3 -m http.server ${PORT}",
    "bundle exec puma -p $PORT",
    "node -e 'a(); b() && c()'",
    "cat *.txt",
  ])("%s", (line) => expect(shellCommand(line)).toEqual(["/bin/sh", "-c", `exec ${line}`]));

  test.each([
    "cd app && node x.mjs",
    "A=1 node x.mjs",
    "node a.mjs; node b.mjs",
    "node a.mjs | tee log",
    "node a.mjs > log",
    "node a.mjs &",
    "(node a.mjs)",
    "echo $(date)",
    "node `which x`",
    "node $(x)",
    'node "$(x)"',
    "exec node a.mjs",
    "while true; do :; done",
    "if",
    ". ./env",
    "$PROGRAM run",
    '"my program" run',
    "node it's",
    "! node a.mjs",
    "-x",
    "node a\\ b",
    "node ${X:-$(y)}",
  ])("not: %s", (line) => expect(shellCommand(line)).toEqual(["/bin/sh", "-c", line]));

  test("what it starts is the program itself, with the same arguments as under the shell", () => {
    const line = `node -p 'JSON.stringify([process.ppid, ...process.argv.slice(1)])' -- "$A b" '$A' \${A}`;
    const [parent, ...args] = run(shellCommand(line));
    expect(parent).toBe(process.pid);
    expect(args).toEqual(run(["/bin/sh", "-c", `${line}; true`]).slice(1));
  });
});

function run([file = "", ...args]: readonly string[]): [number, ...string[]] {
  const { stdout } = spawnSync(file, args, { encoding: "utf8", env: { ...process.env, A: "x" } });
  return JSON.parse(stdout) as [number, ...string[]];
}

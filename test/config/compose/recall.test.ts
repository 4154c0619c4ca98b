import { rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectFiles } from "../../../controller/adapters/files.ts";
import { readCompose, type ComposeOptions } from "../../../controller/config/compose/load.ts";
import { loadedFrom, type LoadedCompose } from "../../../controller/config/compose/loaded.ts";
import { composeRecall } from "../../../controller/config/compose/recall/recall.ts";
import type { Path } from "../../../controller/config/source.ts";
import type { Cache } from "../../../controller/core/ports/files.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { hasCorpus } from "../../support/corpus.ts";
import { projectWith } from "../../support/project.ts";
import { composeCases, optionsOf } from "./corpus-cases.ts";

// Compose files that were understood once are not parsed again (docs/decisions/0011-known-by-what-it-was-made-from.md).

/** A cache of one run after the other. */
function memory(): Cache & { readonly kept: Map<string, Buffer> } {
  const kept = new Map<string, Buffer>();
  return { kept, read: (name) => kept.get(name), write: (name, bytes) => void kept.set(name, bytes) };
}

/** One run: loads so many times, and keeps what it has learnt. */
function run(cache: Cache, options: ComposeOptions, { build = "a build", loads = 1 } = {}) {
  const recall = composeRecall(build, cache);
  let parsed = 0;
  const read = (asked: ComposeOptions) => {
    parsed++;
    return readCompose(asked);
  };
  let loaded: LoadedCompose | undefined;
  for (let load = 0; load < loads; load++) loaded = recall.load(options, read);
  recall.save();
  return { loaded: loaded ?? expect.fail("it loads at least once"), parsed };
}

/** Every path of a value, itself among them, and one that is not there. */
function* pathsIn(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  yield [...path, "nothing"];
  if (Array.isArray(value)) for (const [index, one] of value.entries()) yield* pathsIn(one, [...path, index]);
  else if (value instanceof Map)
    for (const [key, one] of value as Map<string, unknown>) yield* pathsIn(one, [...path, key]);
  else if (typeof value === "object" && value !== null)
    for (const [key, one] of Object.entries(value)) yield* pathsIn(one, [...path, key]);
}

const holdsSecret = (value: unknown): boolean =>
  value instanceof Secret ||
  (typeof value === "object" &&
    value !== null &&
    (value instanceof Map ? [...(value as Map<string, unknown>).values()] : Object.values(value)).some(holdsSecret));

describe.skipIf(!hasCorpus)("of every case of the corpus", () => {
  const accepted = composeCases.filter((one) => one.expect === "ok");
  test.each(accepted.map((one) => [one.id, one] as const))("%s says the same when it is recalled", (_id, one) => {
    const options = optionsOf(one, ["*"]);
    const cache = memory();
    const fresh = run(cache, options).loaded;
    const again = run(cache, options);
    expect([again.parsed, cache.kept.size]).toEqual(holdsSecret(fresh.project) ? [1, 0] : [0, 1]);
    expect(again.loaded.project).toEqual(fresh.project);
    expect(again.loaded.warnings).toEqual(fresh.warnings);
    const told = ({ placeOf, sourcesAt }: LoadedCompose) =>
      Array.from(pathsIn(fresh.project), (path) => [path, placeOf(path), [...sourcesAt(path)]]);
    expect(told(again.loaded)).toEqual(told(fresh));
  });
});

const files = {
  "compose.yaml": `include: [other/compose.yaml]
services:
  web:
    extends: { file: base.yaml, service: web }
    image: web:\${TAG:-1}
    env_file: [app.env, { path: local.env, required: false }]
    environment: ["\${PREFIX}_KEY", FIXED=password-in-file]
    label_file: labels
    profiles: ["", debug]
`,
  "base.yaml": "services: { web: { command: [serve] } }\n",
  "other/compose.yaml": "services: { other: { image: 'other:${OTHER:-1}' } }\n",
  "app.env": "PASSWORD=password-in-env-file\nFROM_SHELL\n",
  labels: "team=a\n",
  ".env": "TAG=2\n",
};

/** A project that an earlier run has kept. */
function kept() {
  const { root } = projectWith(files);
  const cache = memory();
  const shell = new Map([
    ["PREFIX", "APP"],
    ["APP_KEY", "password-in-shell"],
    ["FROM_SHELL", "x"],
    ["SHLVL", "1"],
  ]);
  const options = (): ComposeOptions => ({
    files: projectFiles(root),
    directory: root,
    composeFiles: ["compose.yaml"],
    shell,
    name: "test",
  });
  expect(run(cache, options()).parsed).toBe(1);
  expect(run(cache, options()).parsed).toBe(0);
  /** With the times that it had: they are not what a file is known by. */
  const write = (name: string, text: string): void => {
    const path = join(root, name);
    const before = statSync(path, { throwIfNoEntry: false });
    writeFileSync(path, text);
    if (before !== undefined) utimesSync(path, before.atime, before.mtime);
  };
  return { root, cache, shell, options, write };
}

type Kept = ReturnType<typeof kept>;

test.each<[string, (kept: Kept) => void]>([
  ["the file itself", ({ write }) => write("compose.yaml", files["compose.yaml"].replace("FIXED=p", "FIXED=P"))],
  ["a file that is extended", ({ write }) => write("base.yaml", files["base.yaml"].replace("serve", "server"))],
  [
    "a file that is included",
    ({ write }) => write("other/compose.yaml", files["other/compose.yaml"].replace(":-1", ":-2")),
  ],
  ["an env file", ({ write }) => write("app.env", "PASSWORD=other\nFROM_SHELL\n")],
  ["an env file that need not be there, and comes", ({ write }) => write("local.env", "LOCAL=1\n")],
  ["a label file", ({ write }) => write("labels", "team=b\n")],
  ["the folder's .env", ({ write }) => write(".env", "TAG=3\n")],
  ["the folder's .env, which goes", ({ root }) => rmSync(join(root, ".env"))],
  [".env beside a file that is included", ({ write }) => write("other/.env", "OTHER=2\n")],
  ["a variable that the files name", ({ shell }) => shell.set("TAG", "4")],
  ["one that is empty now", ({ shell }) => shell.set("TAG", "")],
  ["one that is gone", ({ shell }) => shell.delete("FROM_SHELL")],
  ["one whose name another one makes", ({ shell }) => shell.set("APP_KEY", "other")],
  ["the one that makes the name", ({ shell }) => shell.set("PREFIX", "NONE")],
  ["which profiles are active, by a variable", ({ shell }) => shell.set("COMPOSE_PROFILES", "debug")],
])("is read anew: %s has changed", (_name, change) => {
  const project = kept();
  change(project);
  const { loaded, parsed } = run(project.cache, project.options());
  expect(parsed).toBe(1);
  expect(loaded.project).toEqual(loadedFrom(readCompose(project.options())).project);
  expect(run(project.cache, project.options()).parsed, "and kept anew").toBe(0);
});

test.each<[string, Partial<ComposeOptions>, string?]>([
  ["a profile", { profiles: ["debug"] }],
  ["another name", { name: "other" }],
  ["other env files", { envFiles: ["app.env"] }],
  ["one more file", { composeFiles: ["compose.yaml", "base.yaml"] }],
  ["variables that must have a value", { requiresVariables: true }],
  ["a program that was built anew", {}, "another build"],
])("is read anew: %s", (_name, change, build = "a build") => {
  const { cache, options } = kept();
  expect(run(cache, { ...options(), ...change }, { build }).parsed).toBe(1);
  expect(run(cache, options()).parsed, "beside what was kept before").toBe(0);
});

test("a variable that no file names makes no difference", () => {
  const { cache, shell, options } = kept();
  shell.set("SHLVL", "2").set("PWD", "/");
  expect(run(cache, options()).parsed).toBe(0);
});

test("a run that loads several times parses once, and sees what changes meanwhile", () => {
  const { root, write, options } = kept();
  expect(run(memory(), options(), { loads: 3 }).parsed).toBe(1);
  const recall = composeRecall("a build", memory());
  const command = () => recall.load(options(), readCompose).project.services.get("web")?.command;
  expect(command()).toEqual(["serve"]);
  write("base.yaml", "services: { web: { command: [work] } }\n");
  expect(command()).toEqual(["work"]);
  rmSync(join(root, "app.env"));
  expect(command).toThrow("app.env");
});

test("a file that changes while it is read twice is not kept", () => {
  const { root, files: plain } = projectWith({
    "compose.yaml": "services: { a: { image: x, env_file: app.env }, b: { image: x, env_file: app.env } }\n",
    "app.env": "A=0\n",
  });
  let count = 0;
  const files = { ...plain, read: (path: string) => (path.endsWith("app.env") ? `A=${++count}\n` : expect.fail(path)) };
  const options = { files, directory: root, composeFiles: ["compose.yaml"], shell: new Map() };
  const cache = memory();
  expect(run(cache, options).loaded.project.services.get("b")?.environment).toEqual(new Map([["A", "2"]]));
  expect(cache.kept.size).toBe(0);
});

test("what is wrong is told every time", () => {
  const { root } = projectWith({ "compose.yaml": "services: { web: { image: x, colour: red } }\n" });
  const cache = memory();
  const options = { files: projectFiles(root), directory: root, composeFiles: ["compose.yaml"], shell: new Map() };
  for (const _ of [1, 2]) expect(() => run(cache, options)).toThrow("colour");
  expect(cache.kept.size).toBe(0);
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ["is empty", () => Buffer.alloc(0)],
  ["has lost its end", (bytes) => bytes.subarray(0, -1)],
  ["has lost all but its first line", (bytes) => bytes.subarray(0, bytes.indexOf("\n") + 1)],
  ["has another last bit", (bytes) => changed(bytes, bytes.length - 1)],
  ["has another bit", (bytes) => changed(bytes, bytes.indexOf("\n") + 100)],
  ["asks for less", (bytes) => Buffer.concat([Buffer.from("[]"), bytes.subarray(bytes.indexOf("\n"))])],
  [
    "asks for what nobody knows",
    (bytes) => Buffer.concat([Buffer.from('[["age","web"],1]'), bytes.subarray(bytes.indexOf("\n"))]),
  ],
  ["is no such file", () => Buffer.from("hello\nworld, and some more of it: more than a nonce and a tag\n")],
])("a cache that %s is as good as none", (_name, damage) => {
  const { cache, options } = kept();
  for (const [name, bytes] of cache.kept) cache.kept.set(name, damage(bytes));
  const { loaded, parsed } = run(cache, options());
  expect([parsed, loaded.project.services.get("web")?.image]).toEqual([1, "web:2"]);
  expect(run(cache, options()).parsed, "and written anew").toBe(0);
});

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

test("the cache holds nothing that can be read without the files and variables", () => {
  const { cache } = kept();
  const text = [...cache.kept.values()].map((bytes) => bytes.toString("latin1")).join("\n");
  expect(text).toContain("app.env");
  expect(text).not.toMatch(/password-in|image|serve/);
});

import { execFile, execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileState } from "../../controller/adapters/state.ts";
import { stateUnreadable } from "../../controller/adapters/state-unreadable.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { resourceId } from "../../controller/core/id.ts";
import { reveal, Secret } from "../../controller/core/secret.ts";
import type { State, StateFacts } from "../../controller/core/ports/state.ts";

let project = "";
let root = "";
let file = "";
let state: State;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "poststack-test-"));
  root = join(project, ".poststack");
  file = join(root, "dev", "state.json");
  state = fileState(root, "dev");
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return "no error";
  } catch (error) {
    return error instanceof PoststackError ? error.code : String(error);
  }
};
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const secretOf = (facts: StateFacts, name: string): string =>
  reveal(facts.secrets.get(name)?.current ?? new Secret("there is none"));
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const plain = (facts: StateFacts | undefined): unknown =>
  facts && {
    ...facts,
    secrets: [...facts.secrets].map(([name, { current }]) => [name, reveal(current)]),
  };

test("an engine that is gone is forgotten, and nothing else is", () => {
  const before = state.ensure(["role:app"]);
  state.forgetEngine();
  state.recordEngine({ engine: "docker", address: "unix:///gone" });
  state.recordStart(resourceId("container", "web"), "id1");
  state.forgetEngine();
  expect(plain(fileState(root, "dev").read())).toEqual(plain(before));
});

test("a start that was not finished is known until it is, and stands in the way of nothing else", () => {
  const [web, worker] = [resourceId("container", "web"), resourceId("container", "worker")];
  const { owner } = state.ensure(["role:app"]);
  state.recordStart(web, "id1");
  state.recordStart(worker, "id2");
  expect(fileState(root, "dev").read()?.unfinishedStarts).toEqual(
    new Map([
      [web, "id1"],
      [worker, "id2"],
    ]),
  );
  state.recordStart(web, undefined);
  expect(state.read()).toMatchObject({ owner, unfinishedStarts: new Map([[worker, "id2"]]) });
  state.recordStart(worker, undefined);
  expect(state.read()).toEqual(state.ensure(["role:app"]));
  expect(readFileSync(file, "utf8")).not.toContain("unfinishedStarts");
});

/** Empty files until the file system takes no more, at most a few. */
function fillNames(folder: string): void {
  for (let index = 0; index < 8; index++) {
    try {
      writeFileSync(join(folder, `filler-${index}`), "");
    } catch {
      return;
    }
  }
}

test("nothing was ever recorded: reading gives nothing and writes nothing", () => {
  expect(state.read()).toBeUndefined();
  expect(existsSync(root)).toBe(false);
});

test("what ensure makes is on disk, private, ignored by git, and stays", () => {
  const made = state.ensure(["role:app", "__proto__"]);
  expect(made.owner).toMatch(/^[0-9a-f]{32}$/);
  expect([...made.secrets.keys()]).toEqual(["role:app", "__proto__"]);
  expect(plain(fileState(root, "dev").read())).toEqual(plain(made));
  expect([mode(root), mode(join(root, "dev")), mode(file)]).toEqual(["700", "700", "600"]);
  expect(readFileSync(join(root, ".gitignore"), "utf8")).toBe("*\n");

  const before = statSync(file).ino;
  expect(plain(state.ensure(["role:app"]))).toEqual(plain(made));
  expect(statSync(file).ino, "nothing to add: no write").toBe(before);
  const more = state.ensure(["role:more"]);
  expect(secretOf(more, "role:app")).toBe(secretOf(made, "role:app"));
  expect(readdirSync(join(root, "dev"))).toEqual(["state.json"]);
});

test("a secret of the state does not print", () => {
  const facts = state.ensure(["role:app"]);
  const text = secretOf(facts, "role:app");
  expect(inspect(facts, { depth: 9 }) + JSON.stringify([...facts.secrets])).not.toContain(text);
});

test("the system identifier is kept and written once", () => {
  state.ensure(["role:app"]);
  state.recordSystemIdentifier("7123456789012345678");
  const before = statSync(file).ino;
  state.recordSystemIdentifier("7123456789012345678");
  expect(statSync(file).ino).toBe(before);
  expect(state.read()?.systemIdentifier).toBe("7123456789012345678");
});

test("removing forgets the file and leaves what others keep beside it", () => {
  state.ensure([]);
  writeFileSync(join(root, "dev", "web.log"), "");
  state.remove();
  expect(readdirSync(join(root, "dev"))).toEqual(["web.log"]);
  rmSync(join(root, "dev", "web.log"));
  state.remove();
  expect(existsSync(join(root, "dev"))).toBe(false);
  state.remove();
});

describe("a state that this user may not read is not lost", () => {
  test.skipIf(process.getuid?.() === 0)("it is told as what it is", () => {
    state.ensure([]);
    chmodSync(file, 0o000);
    expect(codeOf(() => state.read())).toBe("FILE_UNREADABLE");
  });

  test.each([
    ["another user's", 1, "run Poststack as root: an environment is one user's"],
    ["its own", 0, "chmod 600 /bin/sh"],
  ])("%s", (_name, uid, next) => {
    const { facts } = stateUnreadable("/bin/sh", "EACCES", uid);
    expect(facts.what).toContain("/bin/sh may not be read by this user (EACCES); it belongs to root");
    expect(facts.next).toContain(next);
    expect(facts.next).not.toContain("move");
  });
});

describe("a state that is not what was written is refused, and never replaced", () => {
  test("cut at every byte", () => {
    state.ensure(["role:app"]);
    state.recordSystemIdentifier("42");
    const whole = readFileSync(file);
    // Without its last newline the file still says all that it said.
    for (let length = 0; length < whole.length - 1; length++) {
      writeFileSync(file, whole.subarray(0, length));
      expect(
        codeOf(() => state.read()),
        `cut after ${length} bytes`,
      ).toBe("STATE_LOST");
    }
    expect(codeOf(() => state.ensure(["role:app"]))).toBe("STATE_LOST");
    expect(codeOf(() => state.recordSystemIdentifier("43"))).toBe("STATE_LOST");
    expect(readFileSync(file).length).toBe(whole.length - 2);
  });

  test("one byte changed, anywhere", () => {
    state.ensure(["role:app"]);
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      writeFileSync(file, changed);
      // White space between tokens may turn into other white space: then nothing was lost.
      const harmless = [0x20, 0x0a].includes(whole[at] ?? 0) ? "|no error" : "";
      expect(
        codeOf(() => state.read()),
        `byte ${at}`,
      ).toMatch(new RegExp(`^(STATE_LOST|STATE_NEWER${harmless})$`));
    }
  });

  test.each<[string, string, (facts: object) => unknown]>([
    ["of a newer version", "STATE_NEWER", () => ({ version: 2, anything: "else" })],
    ["null", "STATE_LOST", () => null],
    ["a list", "STATE_LOST", () => []],
    ["of no version", "STATE_LOST", ({ ...rest }) => ({ ...rest, version: undefined })],
    ["without facts", "STATE_LOST", ({ ...rest }) => ({ ...rest, facts: undefined })],
    ["of a version that is text", "STATE_LOST", ({ ...rest }) => ({ ...rest, version: "1" })],
  ])("%s", (_name, code, change) => {
    state.ensure([]);
    writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")) as object)));
    expect(codeOf(() => state.read())).toBe(code);
  });

  test("swapped with another environment's", () => {
    const staging = fileState(root, "staging");
    state.ensure(["role:app"]);
    staging.ensure(["role:app"]);
    writeFileSync(file, readFileSync(join(root, "staging", "state.json")));
    expect(codeOf(() => state.read())).toBe("STATE_LOST");
  });

  test("removed while the data is still there", () => {
    state.ensure([]);
    mkdirSync(join(root, "dev", "postgres"));
    writeFileSync(join(root, "dev", "postgres", "PG_VERSION"), "15\n");
    rmSync(file);
    expect(codeOf(() => state.read())).toBe("STATE_LOST");
    expect(codeOf(() => state.ensure([]))).toBe("STATE_LOST");
    expect(existsSync(file)).toBe(false);
  });

  test("a link, a directory, a file too large", () => {
    state.ensure([]);
    const whole = readFileSync(file);
    writeFileSync(join(project, "elsewhere"), whole, { mode: 0o600 });
    rmSync(file);
    symlinkSync(join(project, "elsewhere"), file);
    expect(codeOf(() => state.read())).toBe("STATE_LOST");
    rmSync(file);
    mkdirSync(file);
    expect(codeOf(() => state.read())).toBe("STATE_LOST");
    rmSync(file, { recursive: true });
    writeFileSync(file, Buffer.concat([whole, Buffer.alloc(1024 * 1024, " ")]), { mode: 0o600 });
    expect(codeOf(() => state.read())).toBe("STATE_LOST");
  });

  test.each([0o640, 0o604, 0o620])("mode %o: others can read or change it", (open) => {
    state.ensure([]);
    chmodSync(file, open);
    expect(codeOf(() => state.read())).toBe("SECRET_EXPOSED");
  });
});

const outputOf = async (args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [...args], { encoding: "utf8" })).stdout;

/** The exit status of a writer that dies before its n-th writing call; 0 when it needs fewer. */
const attempt = (killAt: number): number | null =>
  spawnSync(
    process.execPath,
    [
      "--import",
      "tsx",
      script("../support/kill-at-write.ts"),
      String(killAt),
      script("../support/state-writer.ts"),
      root,
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  ).status;

test("a crash before any writing call leaves the state readable, and the next run completes it", () => {
  let killAt = 1;
  for (; attempt(killAt) !== 0; killAt++) {
    expect(killAt, "it ends some day").toBeLessThan(60);
    const found = plain(state.read());
    const completed = state.ensure(["role:app"]);
    expect(plain(completed), "a secret on disk is never made anew").toEqual(found ?? plain(completed));
    state.recordSystemIdentifier("42");
    expect(readdirSync(join(root, "dev"))).toEqual(["state.json"]);
    rmSync(root, { recursive: true });
  }
  expect(killAt, "calls were counted at all").toBeGreaterThan(8);
});

test("of several first writers one wins, and all have its secrets", async () => {
  const source = `
    const { fileState } = await import(process.argv[1]);
    const { reveal } = await import(process.argv[2]);
    while (Date.now() < Number(process.argv[4]));
    const { owner, secrets } = fileState(process.argv[3], "dev").ensure(["role:app"]);
    process.stdout.write(owner + reveal(secrets.get("role:app").current));`;
  const modules = ["../../controller/adapters/state.ts", "../../controller/core/secret.ts"].map(script);
  // All at one moment, when each has loaded its code.
  const args = ["--import", "tsx", "--input-type=module", "-e", source, ...modules, root, String(Date.now() + 3_000)];
  const said = await Promise.all(Array.from({ length: 4 }, () => outputOf(args)));
  expect(said[0]).toMatch(/^[0-9a-f]{32}[\w-]{32}$/);
  expect(new Set(said).size).toBe(1);
  expect(readdirSync(join(root, "dev"))).toEqual(["state.json"]);
});

describe("a full disk", () => {
  const canMount = process.getuid?.() === 0 && process.platform === "linux";
  if (!canMount) console.warn("SKIPPED: a full disk can only be staged by root on Linux");

  test.skipIf(!canMount).each([
    ["has no room for the text", "size=8k"],
    ["has no room for another name", "size=1m,nr_inodes=6"],
  ])("that %s is DISK_FULL, and what was there stays", (_name, options) => {
    mkdirSync(root);
    execFileSync("mount", ["-t", "tmpfs", "-o", `${options},mode=0700`, "tmpfs", root]);
    try {
      const first = plain(state.ensure(["role:app"]));
      fillNames(root);
      const names = Array.from({ length: 200 }, (_, index) => `role:${index}`);
      expect(codeOf(() => state.ensure(names))).toBe("DISK_FULL");
      expect(plain(state.read())).toEqual(first);
      expect(readdirSync(join(root, "dev"))).toEqual(["state.json"]);
    } finally {
      execFileSync("umount", [root]);
    }
  });
});

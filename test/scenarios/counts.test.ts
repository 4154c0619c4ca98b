import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../support/build.ts";
import { startCluster, type Cluster } from "../support/cluster.ts";
import { countingProxy, type CountingProxy } from "../support/counting-proxy.ts";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";

// What a command costs, in facts that are the same on every machine. Times are the business of bench/.

let cluster: Cluster;
let proxy: CountingProxy;
beforeAll(async () => {
  cluster = await startCluster();
  proxy = await countingProxy(cluster.port);
}, 60_000);
afterAll(async () => {
  proxy.close();
  await cluster.stop();
});

/** So many roles, grants and migrations, all applied. */
async function applied(name: string, count: number): Promise<Project> {
  const numbers = Array.from({ length: count }, (_, index) => String(index + 1).padStart(3, "0"));
  const project = await forThisTest(
    newProject({
      ".poststack.yml": [
        `project: { name: ${name} }`,
        "environments:",
        "  dev:",
        "    postgres:",
        "      url: { file: admin.url }",
        "      sslmode: disable",
        "      extensions: [pg_trgm]",
        "      roles:",
        ...numbers.map((number) => `        ${name}_${number}: { login: true, password: auto_generated }`),
        "      grants:",
        ...numbers.map(
          (number) =>
            `        - { to: ${name}_${number}, on: { schema: public, tables: all }, privileges: [select], default: true }`,
        ),
        '    init: [{ run: ["node", "--version"], name: seed }]',
        "",
      ].join("\n"),
      ...Object.fromEntries(
        numbers.map((number) => [`migrations/${number}_table.sql`, `create table t_${number} (id int);\n`]),
      ),
    }),
  );
  project.write("admin.url", `postgres://postgres:${cluster.password}@127.0.0.1:${proxy.port}/postgres`, 0o600);
  await project.ok("apply", "--yes");
  proxy.counts();
  return project;
}

test("a plan with nothing to do is one connection and a handful of questions, however much there is", async () => {
  const small = await applied("small", 1);
  expect(await small.plan()).toEqual([]);
  const few = proxy.counts();
  expect(few.connections).toBe(1);
  // Two of them ask what stands in between: this server is external, and the proxy gives the connection another port.
  expect(few.statements).toBeLessThanOrEqual(13);

  const large = await applied("large", 30);
  expect(await large.plan()).toEqual([]);
  expect(proxy.counts()).toEqual(few);

  expect((await large.ok("apply", "--yes")).stdout).toContain("Nothing to do");
  expect(proxy.counts(), "apply looks once and takes no lock").toEqual(few);
});

test("a migration that leaves no trace costs three statement strings: its beginning, its text, its end", async () => {
  const project = await applied("steps", 1);
  const add = async (from: number, to: number): Promise<number> => {
    for (let number = from; number <= to; number++) {
      project.write(
        `migrations/${String(number).padStart(3, "0")}_more.sql`,
        `create table more_${number} (id int);\n`,
      );
    }
    proxy.counts();
    await project.ok("apply", "--yes");
    return proxy.counts().statements;
  };
  const [three, eight] = [await add(2, 4), await add(5, 12)];
  expect(eight - three).toBe((8 - 3) * 3);
});

test("a plan loads no part of Node or of Poststack that it does not need, and starts no program", async () => {
  const project = await applied("lean", 1);
  project.write(
    "watch.cjs",
    `const programs = [];
    const childProcess = require("node:child_process");
    for (const name of ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"]) {
      childProcess[name] = (...args) => { throw new Error("starts " + args[0]); };
    }
    process.once("exit", () => {
      require("node:fs").writeFileSync("loaded", process.moduleLoadList.join("\\n"));
      require("node:fs").writeFileSync("files", Object.keys(require.cache).join("\\n"));
    });`,
  );
  const options = { NODE_OPTIONS: `--require ${project.path("watch.cjs")}` };
  const { code, stdout } = await project.runWith(options, "plan");
  expect([code, stdout]).toEqual([0, "Nothing to do.\n"]);
  // main.cjs comes from the code cache, past require().
  expect(
    project
      .read("files")
      .split("\n")
      .map((path) => basename(path)),
  ).toEqual(["watch.cjs", "poststack.cjs"]);
  const loaded = project.read("loaded").split("\n");
  expect(loaded).toContain("NativeModule net");
  // fetch for the driver's test of where it runs; streams of files and line editing for standard input; TLS where the
  // connection has none; Web Crypto, of which the driver would need eight calls to log in.
  for (const heavy of [
    "internal/deps/undici/undici",
    "http",
    "internal/fs/streams",
    "internal/readline/interface",
    "_tls_wrap",
    "internal/crypto/webcrypto",
  ]) {
    expect(loaded, heavy).not.toContain(`NativeModule ${heavy}`);
  }
});

test("an apply with nothing to do reads every migration once", async () => {
  const project = await applied("once", 3);
  project.write(
    "watch.cjs",
    `const fs = require("node:fs");
    const { openSync } = fs;
    const opened = [];
    fs.openSync = (path, ...more) => { opened.push(String(path).split("/").at(-1)); return openSync(path, ...more); };
    process.once("exit", () => fs.writeFileSync("opened", opened.join("\\n")));`,
  );
  const { code, stdout } = await project.runWith({ NODE_OPTIONS: `--require ${project.path("watch.cjs")}` }, "apply");
  expect([code, stdout]).toEqual([0, expect.stringContaining("Nothing to do")]);
  const opened = project.read("opened").split("\n");
  expect(opened.filter((name) => name.endsWith(".sql"))).toEqual(["001_table.sql", "002_table.sql", "003_table.sql"]);
});

test("the compiled code of a long run is kept once and used by the next, and nothing is said of it", async () => {
  const project = await applied("long", 1);
  const cache = project.path("cache");
  const runs = [];
  for (const number of ["002", "003"]) {
    // Long enough for the loader's wish to V8, which must not be part of what is kept.
    project.write(`migrations/${number}_slow.sql`, "select pg_sleep(0.5);\n");
    const { code, stderr } = await project.runWith({ XDG_CACHE_HOME: cache }, "apply", "--yes");
    const [name = "none"] = readdirSync(cache, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith("apply.bin"),
    );
    runs.push({
      code,
      stderr: stderr.split("\n").filter((line) => /node|v8|flag/i.test(line)),
      kept: statSync(join(cache, name)).ino,
    });
  }
  const [first, second] = runs;
  expect(first).toMatchObject({ code: 0, stderr: [] });
  expect(second).toEqual(first);
});

test("the checks of Compose files are compiled once, and taken from what is kept by the next command", async () => {
  const project = await forThisTest(
    newProject({
      ".poststack.yml": "project: { name: checks }\nenvironments: { dev: { deployment: { compose: compose.yaml } } }\n",
      "compose.yaml": "services: { web: { image: busybox } }\n",
    }),
  );
  const cache = project.path("cache");
  const kept: (readonly [string, number])[][] = [];
  for (const _ of [1, 2]) {
    const { code, text } = await project.runWith({ XDG_CACHE_HOME: cache }, "config", "validate");
    expect([code, text]).toEqual([0, expect.stringContaining("Valid")]);
    const found = readdirSync(cache, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".bin"));
    kept.push(
      found.sort().map((path) => [basename(path).replace(/-v.*/, ""), statSync(join(cache, path)).ino] as const),
    );
  }
  const [first, second] = kept;
  expect(first?.map(([name]) => name)).toEqual(["config.bin", "generated-compose"]);
  // One that V8 rejects is written anew.
  expect(second).toEqual(first);
});

test("the version is told by the loader alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "poststack-test-"));
  try {
    cpSync(join(projectRoot, "dist", "poststack.cjs"), join(folder, "poststack.cjs"));
    const { version } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
      readonly version: string;
    };
    for (const asked of ["version", "--version", "-V"]) {
      expect(execFileSync(process.execPath, [join(folder, "poststack.cjs"), asked], { encoding: "utf8" })).toBe(
        `${version}\n`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

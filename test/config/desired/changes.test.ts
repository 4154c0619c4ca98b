import { describe, expect, test } from "vitest";
import { driftOfFields } from "../../../controller/resources/process/fields.ts";
import { configOf, ensureState, projectOf, wishOf, type WishOptions } from "./wish.ts";

const job = "init:\n  - run: [node, seed.mjs, $LEVEL]\n    inputs: [seeds]\nvariables: { LEVEL: debug }\n";
const deployment = "deployment:\n  procfile: Procfile\nvariables: { LEVEL: debug }\n";
const files = { Procfile: "web: node web.mjs\n", "seeds/a.csv": "1", "environments/dev.env": "TOKEN=one\n" };

type Change = (
  body: string,
) => { readonly body?: string; readonly files?: Readonly<Record<string, string>> } & WishOptions;

describe("what makes a job run again", () => {
  /** Names of the key's parts that a change touches. */
  async function changed(change: Change): Promise<readonly string[]> {
    const project = projectOf(job, files);
    await ensureState(project);
    const before = (await wishOf(project)).resources.job[0];
    const { body, files: written = {}, ...options } = change(job);
    if (body !== undefined) project.write(".poststack.yml", configOf(body));
    for (const [path, text] of Object.entries(written)) project.write(path, text);
    const after = (await wishOf(project, options)).resources.job[0];
    const names = new Set([...(before?.keyParts.keys() ?? []), ...(after?.keyParts.keys() ?? [])]);
    const found = [...names].filter((name) => before?.keyParts.get(name) !== after?.keyParts.get(name));
    expect(before?.key === after?.key).toBe(found.length === 0);
    return found.sort();
  }

  test.each<[string, Change, readonly string[]]>([
    ["nothing", () => ({}), []],
    ["its command", (body) => ({ body: body.replace("seed.mjs", "seed.mjs, x") }), ["command"]],
    ["a variable", (body) => ({ body: body.replace("debug", "info") }), ["command", "variables/LEVEL"]],
    [
      "a variable of its own",
      (body) => ({ body: body.replace("    inputs", "    environment: { A: b }\n    inputs") }),
      ["variables/A"],
    ],
    ["an env file", () => ({ files: { "environments/dev.env": "TOKEN=two\n" } }), ["variables/TOKEN"]],
    ["an input's content", () => ({ files: { "seeds/a.csv": "2" } }), ["inputs/seeds/a.csv"]],
    ["a new input", () => ({ files: { "seeds/b.csv": "1" } }), ["inputs/seeds/b.csv"]],
    ["its folder", (body) => ({ body: body.replace("    inputs", "    cwd: seeds\n    inputs") }), ["cwd"]],
    ["the server's port does not", (body) => ({ body: `${body}postgres: { port: 6000 }\n` }), []],
    ["another password does not", (body) => ({ body: `${body}postgres: { password: other }\n` }), []],
    ["the shell's path does not", () => ({ shell: { PATH: "/other", EDITOR: "vi" } }), []],
    [
      "another time limit does not",
      (body) => ({ body: body.replace("    inputs", "    timeout: 1m\n    inputs") }),
      [],
    ],
    ["a comment and a job before it do not", (body) => ({ body: body.replace("init:\n", "init:\n  # first\n") }), []],
  ])("%s", async (_name, change, expected) => expect(await changed(change)).toEqual(expected));

  test("its parts hold no value of an env file", async () => {
    const { resources } = await wishOf(projectOf(job, files));
    expect([...(resources.job[0]?.keyParts.values() ?? [])]).not.toContain("one");
  });

  test("its name stays when a job comes before it", async () => {
    const later = job.replace("init:\n", "init:\n  - run: [echo, hello world]\n");
    const { resources } = await wishOf(projectOf(later, files));
    expect(resources.job.map(({ name }) => name)).toEqual(["echo-hello-world", "node-seed.mjs-LEVEL"]);
  });

  test("two jobs of one command have two names", async () => {
    const { resources } = await wishOf(projectOf("init: [{ run: [x] }, { run: [x] }, { run: ['--'] }]"));
    expect(resources.job.map(({ name }) => name)).toEqual(["x", "x-2", "job"]);
  });

  test("a step's words count for each of its commands, which may say otherwise", async () => {
    const body =
      "init:\n  - name: seed\n    when: once\n    timeout: 1m\n    environment: { A: step, B: step }\n" +
      "    run:\n      one: { command: [x] }\n      two: { command: [y], when: always, timeout: 2m, environment: { B: own }, depends_on: [one] }";
    const { resources } = await wishOf(projectOf(body));
    expect(
      resources.job
        .filter((job) => job.container === undefined)
        .map(({ id, when, timeoutMs, environment }) => [
          id,
          when,
          timeoutMs,
          environment.get("A"),
          environment.get("B"),
        ]),
    ).toEqual([
      ["job:seed.one", "once", 60_000, "step", "step"],
      ["job:seed.two", "always", 120_000, "step", "own"],
    ]);
    expect(resources.job[1]?.dependsOn).toContain("job:seed.one");
  });
});

describe("what makes a process start anew", () => {
  async function changed(change: Change): Promise<readonly string[]> {
    const project = projectOf(deployment, files);
    await ensureState(project);
    const before = (await wishOf(project)).resources.process[0];
    const { body, files: written = {}, ...options } = change(deployment);
    if (body !== undefined) project.write(".poststack.yml", configOf(body));
    for (const [path, text] of Object.entries(written)) project.write(path, text);
    const after = (await wishOf(project, options)).resources.process[0];
    const drift = driftOfFields(after?.fields ?? new Map(), before?.fields ?? new Map());
    expect(before?.configHash === after?.configHash).toBe(drift.length === 0);
    return drift.map(({ field, from, to }) => `${field} ${from} → ${to}`);
  }

  test.each<[string, Change, readonly string[]]>([
    ["nothing", () => ({}), []],
    ["a variable, in plain", (body) => ({ body: body.replace("debug", "info") }), ["LEVEL debug → info"]],
    [
      "an env file, hidden",
      () => ({ files: { "environments/dev.env": "TOKEN=two\n" } }),
      ["TOKEN «secret» → «secret»"],
    ],
    [
      "a variable made of the shell, hidden",
      (body) => ({ body: body.replace("debug", "$S"), shell: { S: "x" } }),
      ["LEVEL debug → «secret»"],
    ],
    [
      "its line",
      () => ({ files: { Procfile: "web: node other.mjs\n" } }),
      ['command /bin/sh -c "exec node web.mjs" → /bin/sh -c "exec node other.mjs"'],
    ],
    [
      "its place among the lines",
      () => ({ files: { Procfile: "api: x\nweb: node web.mjs\n" } }),
      ['command /bin/sh -c "exec node web.mjs" → /bin/sh -c "exec x"'],
    ],
    [
      "its signal",
      (body) => ({ body: body.replace("Procfile\n", "Procfile\n  processes: { web: { stop_signal: SIGINT } }\n") }),
      ["stop_signal SIGTERM → SIGINT"],
    ],
    [
      "the server's port",
      (body) => ({ body: `${body}postgres: { port: 6000, password: { env: PW } }\n`, shell: { PW: "p" } }),
      ["DB_PASSWORD «secret» → «secret»", "DB_PORT 5432 → 6000", "POSTSTACK_DATABASE_URL «secret» → «secret»"],
    ],
    ["the shell's path does not", () => ({ shell: { PATH: "/other", LANG: "C" } }), []],
    [
      "a longer grace does not",
      (body) => ({ body: body.replace("Procfile\n", "Procfile\n  processes: { web: { stop_grace: 1m } }\n") }),
      [],
    ],
  ])("%s", async (_name, change, expected) => expect(await changed(change)).toEqual(expected));
});

const environment = async (
  body: string,
  shell: Readonly<Record<string, string>>,
  extra: Readonly<Record<string, string>> = {},
) => {
  const { resources } = await wishOf(projectOf(body, { Procfile: "web: x\nworker: y", ...extra }), { shell });
  const injected = /^(DB_|POSTSTACK_)/;
  return resources.process.map((one) =>
    Object.fromEntries([...one.environment].filter(([name]) => !injected.test(name))),
  );
};

describe("what a process is given", () => {
  test("basics of the shell and nothing else of it", async () => {
    const shell = { PATH: "/bin", HOME: "/root", LC_ALL: "C", TZ: "UTC", EDITOR: "vi", AWS_SECRET: "x", PORT: "1" };
    const [web] = await environment("deployment: { procfile: Procfile }", shell);
    expect(web).toEqual({ PATH: "/bin", HOME: "/root", LC_ALL: "C", TZ: "UTC", PORT: "5000" });
  });

  test("names of env files with their strongest value", async () => {
    const extra = { "environments/dev.env": "A=file\nB=file\nC=file\nDB_HOST=file" };
    const body = "deployment: { procfile: Procfile }\nvariables: { A: written }";
    const [web] = await environment(body, { B: "shell" }, extra);
    expect(web).toEqual({ A: "written", B: "shell", C: "file", PORT: "5000" });
  });

  test("its own environment, which may extend what it hides and refer to PORT", async () => {
    const body =
      'deployment:\n  procfile: Procfile\n  processes:\n    worker:\n      replicas: 2\n      environment: { A: "${A}+own", SELF: "http://h:$PORT" }\nvariables: { A: all }';
    expect(await environment(body, {})).toEqual([
      { A: "all", PORT: "5000" },
      { A: "all+own", PORT: "5100", SELF: "http://h:5100" },
      { A: "all+own", PORT: "5101", SELF: "http://h:5101" },
    ]);
  });

  test.each<[string, string, Readonly<Record<string, string>>, readonly string[]]>([
    ["the first port is 5000", "", {}, ["5000", "5100"]],
    ["PORT of variables: moves all", "\nvariables: { PORT: 8000 }", {}, ["8000", "8100"]],
    ["PORT of an env file too", "", { "environments/dev.env": "PORT=9000" }, ["9000", "9100"]],
    ["PORT of its own moves one", "\n  processes: { worker: { environment: { PORT: 80 } } }", {}, ["5000", "80"]],
  ])("%s", async (_name, body, extra, expected) => {
    const found = await environment(`deployment:\n  procfile: Procfile${body}`, {}, extra);
    expect(found.map(({ PORT }) => PORT)).toEqual(expected);
  });
});

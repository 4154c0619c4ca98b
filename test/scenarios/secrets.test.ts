import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { quickstart, type Project } from "../support/scenario.ts";

// RELIABILITY 34, 35: the passwords of one environment, generated and given, searched wherever a command leaves words.
let project: Project;
let passwords: readonly string[];
const given = "canary-given-päss/word+1";
const said: string[] = [];

/** As they are, in base64 and percent-encoded. */
const formsOf = (password: string): readonly string[] => [
  password,
  Buffer.from(password).toString("base64").replace(/=+$/, ""),
  encodeURIComponent(password),
];

const found = (text: string): readonly string[] => passwords.flatMap(formsOf).filter((form) => text.includes(form));

/** What `ps` shows of every process, again and again until the work is done. */
async function withProcessList(work: Promise<unknown>): Promise<string> {
  let listed = "";
  const ended = new AbortController();
  const done = work.finally(() => ended.abort());
  while (!ended.signal.aborted) {
    listed += execFileSync("ps", ["-A", "-ww", "-o", "args="], { encoding: "utf8", maxBuffer: 1 << 26 });
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
  await done;
  return listed;
}

let listed: string;
beforeAll(async () => {
  project = await quickstart();
  project.write("secrets/reporting", given, 0o600);
  project.edit(".poststack.yml", "password: auto_generated", "password: { file: secrets/reporting }");
  const commands = [
    ["apply", "--yes", "-vv"],
    ["apply", "--yes", "--json", "--log-level", "debug"],
    ["plan", "--to", "stopped", "-vv"],
    ["plan", "--to", "absent", "--json"],
    ["plan", "--out", "saved.plan", "--to", "stopped"],
    ["status", "dev", "--json"],
    ["config", "show", "--json"],
    ["env", "config", "dev"],
    ["env", "dry-run", "dev", "--json"],
    ["config", "explain", "DB_PASSWORD"],
    ["config", "explain", "POSTSTACK_DATABASE_URL"],
    ["db", "url"],
    ["db", "url", "--admin", "--json"],
    ["db", "test-connection"],
    ["db", "status", "--json"],
    ["logs", "show"],
    ["env", "logs", "dev"],
    ["doctor", "--json"],
    ["env", "restart", "dev", "--yes", "-vv"],
    ["env", "stop", "dev", "--yes", "-vv"],
    ["apply", "--yes", "-vv"],
  ];
  listed = await withProcessList(
    (async () => {
      for (const command of commands) said.push((await project.run(...command)).text);
    })(),
  );
  const state = JSON.parse(project.read(".poststack/dev/state.json")) as {
    readonly facts: { readonly secrets: readonly { readonly current: string }[] };
  };
  passwords = [given, ...state.facts.secrets.map(({ current }) => current)];
}, 120_000);
afterAll(() => project.dispose());

test("there is something to be found", () => {
  expect(passwords.length).toBeGreaterThanOrEqual(3);
  expect(found(project.read(".poststack/dev/state.json")).length).toBeGreaterThanOrEqual(2);
  expect(listed).toContain("postgres -D");
});

test("no password in what any command prints, also with -vv and debug logs", () => {
  for (const text of said) expect(found(text), text.slice(0, 200)).toEqual([]);
});

test("no password in the command line of any process that ran meanwhile", () => {
  expect(found(listed)).toEqual([]);
});

test("no password in any file but the state and the secret's own, the server's log and data among them", () => {
  const files = filesBelow(project.root).filter((path) => !/\/(?:state\.json|secrets\/reporting)$/.test(path));
  expect(files.some((path) => path.endsWith("/postgres.log"))).toBe(true);
  for (const path of files) expect(found(readFileSync(path, "latin1")), path).toEqual([]);
});

test("no password in the ledger", async () => {
  const tables = ["schema_migrations", "job_runs", "events", "system_info", "objects", "privileges"];
  for (const table of tables) {
    const rows = await project.sql(`select to_jsonb(t)::text as row from poststack.${table} t`);
    expect(found(rows.map(({ row }) => row).join("\n")), table).toEqual([]);
  }
});

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() && statSync(path).size < 64 * 1024 * 1024 ? [path] : [];
  });
}

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { resourceId, type ResourceId } from "../../controller/core/id.ts";
import { contentDigest } from "../../controller/core/plan.ts";
import type { ProcessRecord } from "../../controller/core/ports/host.ts";
import type { Content } from "../../controller/core/resource.ts";
import { Secret } from "../../controller/core/secret.ts";
import { contentOf, type Action } from "../../controller/resources/index.ts";
import type { ObservedPrivilege } from "../../controller/resources/grant/model.ts";
import type { DesiredInstance } from "../../controller/resources/instance/model.ts";
import type { HostJob } from "../../controller/resources/job/model.ts";
import type { MigrationFile } from "../../controller/resources/migration/model.ts";
import type { DesiredProcess } from "../../controller/resources/process/model.ts";
import type { DesiredRole } from "../../controller/resources/role/model.ts";

type Of<K extends Action["kind"], V extends string> = Extract<Action, { readonly kind: K; readonly verb: V }>;

const place = { file: ".poststack.yml", line: 1, column: 1 };
const facts = { dependsOn: [] as ResourceId[], reason: "not found", hazards: [] as never[], place };
const digest = (action: Action, isKeyed = false): string => contentDigest(contentOf(action), isKeyed);

const login = { user: "postgres", password: new Secret("a") };
const instance: DesiredInstance = {
  ...{ id: resourceId("instance", "postgres"), provider: "embedded", to: "running", deleteData: false },
  spec: { name: "postgres", major: 17, bind: "127.0.0.1", port: 5433 },
  endpoint: {
    ...{ host: "127.0.0.1", port: 5433, sslmode: "disable", database: "app", maintenanceDatabase: "postgres" },
    ...{ admin: login, owner: login },
  },
  parameters: new Map([["work_mem", "8MB"]]),
  ...{ dependsOn: [], place },
};
const createInstance = (more: Partial<DesiredInstance>): Of<"instance", "create"> => ({
  ...facts,
  ...{ id: instance.id, kind: "instance", verb: "create", desired: { ...instance, ...more } },
});

const attributes: DesiredRole["attributes"] = {
  ...{ login: true, inherit: true, superuser: false, createdb: false, createrole: false },
  ...{ replication: false, bypassrls: false, connectionLimit: -1 },
};
const role: DesiredRole = {
  ...{ id: resourceId("role", "app"), name: "app", ensure: "present", attributes, generated: "new", inRoles: ["a"] },
  ...{ password: new Secret("a"), mark: "poststack a", dependsOn: [], place },
};
const updateRole = (more: Partial<DesiredRole>, action: Partial<Of<"role", "update">> = {}): Of<"role", "update"> => ({
  ...facts,
  ...{ id: role.id, kind: "role", verb: "update", desired: { ...role, ...more }, oid: 1, drift: [] },
  memberships: { grant: ["a"], revoke: ["b"], ours: [] },
  ...action,
});

const privilege = (object: string): ObservedPrivilege => ({
  ...{ to: "app", type: "table", object, oid: 7, schema: "public", owner: "", privilege: "select" },
  ...{ grantable: false, ours: true, optionOurs: false },
});
const revoke = (...objects: readonly string[]): Of<"grant", "revoke"> => ({
  ...facts,
  ...{ id: resourceId("grant", "app.tables.public"), kind: "grant", verb: "revoke" },
  surplus: objects.map((object) => ({ privilege: privilege(object), onlyOption: false })),
});
const five = ["a", "b", "c", "d", "e"];

const file: MigrationFile = {
  ...{ id: resourceId("migration", "001_a"), version: "001", order: "1", name: "001_a", file: "migrations/001_a.sql" },
  ...{ checksum: "aa", transactional: true },
};
const baseline = (...migrations: readonly MigrationFile[]): Of<"migration", "baseline"> => ({
  ...facts,
  ...{ id: file.id, kind: "migration", verb: "baseline", migrations },
});

const seed: HostJob = {
  ...{ id: resourceId("job", "seed"), name: "seed", command: ["node", "seed.mjs"], cwd: "/app", when: "on_change" },
  environment: new Map([
    ["LEVEL", "info"],
    ["PIN", "7391"],
    ["PATH", "/bin"],
  ]),
  keyParts: new Map([
    ["command", '["node","seed.mjs"]'],
    ["cwd", "."],
    ["variables/LEVEL", "info"],
    ["variables/PIN", "0123456789ab"],
    ["inputs/seed.csv", "ff"],
  ]),
  ...{ key: "k", timeoutMs: 1000, dependsOn: [], place },
};
const runJob = (more: Partial<HostJob>): Of<"job", "run"> => ({
  ...facts,
  ...{ id: seed.id, kind: "job", verb: "run", desired: { ...seed, ...more } },
});
const parts = (...changed: readonly (readonly [string, string])[]): ReadonlyMap<string, string> =>
  new Map([...seed.keyParts, ...changed]);

const web: DesiredProcess = {
  ...{ id: resourceId("process", "web"), name: "web", to: "running", command: ["node", "web.mjs"], cwd: "/app" },
  ...{ environment: new Map(), configHash: "h", readyTimeoutMs: 1000, stopSignal: "SIGTERM", stopGraceMs: 1000 },
  fields: new Map([
    ["cwd", "/app"],
    ["variables/LEVEL", "info"],
    ["secrets/PIN", "0123456789ab"],
  ]),
  ready: { type: "http", url: "http://127.0.0.1:3000/health?key=7391" },
  ...{ dependsOn: [], place },
};
const startProcess = (more: Partial<DesiredProcess>): Of<"process", "start"> => ({
  ...facts,
  ...{ id: web.id, kind: "process", verb: "start", desired: { ...web, ...more } },
});
const record = { running: true, stopSignal: "SIGTERM", stopGraceMs: 1000, pid: 1 } as unknown as ProcessRecord;
const stopProcess = (more: Partial<ProcessRecord>): Of<"process", "stop"> => ({
  ...facts,
  ...{ id: web.id, kind: "process", verb: "stop", record: { ...record, ...more } },
});

const drop = (kind: "role" | "database" | "extension", oid: number, mark = "m"): Action => ({
  ...facts,
  id: resourceId(kind, "app"),
  kind,
  verb: "drop",
  name: "app",
  oid,
  mark,
});

describe("what decides the effect of an action is in its content", () => {
  test.each<[string, Action, Action]>([
    ["a parameter", createInstance({}), createInstance({ parameters: new Map([["work_mem", "9MB"]]) })],
    ["no parameter", createInstance({}), createInstance({ parameters: new Map() })],
    ["an attribute", updateRole({}), updateRole({ attributes: { ...attributes, createdb: true } })],
    ["a membership", updateRole({}), updateRole({}, { memberships: { grant: [], revoke: ["b"], ours: [] } })],
    ["another role of that name", updateRole({}), updateRole({}, { oid: 2 })],
    ["another role to drop", drop("role", 1), drop("role", 2)],
    ["another database to drop", drop("database", 1), drop("database", 2)],
    ["another extension to drop", drop("extension", 1), drop("extension", 2)],
    ["the sixth privilege, which the reason only counts", revoke(...five, "f"), revoke(...five, "g")],
    ["a migration in the middle", baseline(file, file), baseline({ ...file, checksum: "bb" }, file)],
    ["a job's timeout", runJob({}), runJob({ timeoutMs: 2000 })],
    ["a job's folder", runJob({}), runJob({ keyParts: parts(["cwd", "sub"]) })],
    ["a job's input", runJob({}), runJob({ keyParts: parts(["inputs/seed.csv", "fe"]) })],
    ["how long a process may take", startProcess({}), startProcess({ stopGraceMs: 2000 })],
    ["where a process is asked", startProcess({}), startProcess({ ready: { type: "tcp", host: "::1", port: 1 } })],
    ["the signal that ends a process", stopProcess({}), stopProcess({ stopSignal: "SIGKILL" })],
  ])("%s", (_name, one, other) => {
    expect(digest(one)).not.toBe(digest(other));
  });
});

describe("what each command makes up, and what is told elsewhere, is not", () => {
  test.each<[string, Action, Action]>([
    ["a place", runJob({}), { ...runJob({}), place: { ...place, line: 9 } }],
    [
      "a password, and whether it is on disk",
      updateRole({}),
      updateRole({ password: new Secret("b"), generated: "kept" }),
    ],
    ["a mark", updateRole({}), updateRole({ mark: "poststack b" })],
    ["a mark of what goes", drop("database", 1), drop("database", 1, "n")],
    ["since when a run counts", runJob({}), runJob({ startedAfter: new Date(0) })],
    ["the terminal's PATH", runJob({}), runJob({ environment: new Map([...seed.environment, ["PATH", "/other"]]) })],
    ["the order of names", startProcess({}), startProcess({ fields: new Map([...web.fields].toReversed()) })],
    ["the order in which the server lists", revoke("a", "b"), revoke("b", "a")],
    ["which process it is that runs", stopProcess({}), stopProcess({ pid: 2 })],
  ])("%s", (_name, one, other) => {
    for (const isKeyed of [false, true]) expect(digest(one, isKeyed)).toBe(digest(other, isKeyed));
  });
});

describe("what is not public is there as a keyed hash, and only where there is a key", () => {
  const pin = (value: string, hash: string): Action =>
    runJob({
      environment: new Map([...seed.environment, ["PIN", value]]),
      keyParts: parts(["variables/PIN", hash]),
    });
  const command = (word: string, hash: string): Action =>
    runJob({ command: ["node", word], keyParts: parts(["command", hash]) });
  const ready = (url: string, configHash: string): Action => startProcess({ configHash, ready: { type: "http", url } });
  const health = "http://127.0.0.1:3000/health?key=";

  test.each<[string, Action, Action]>([
    ["a job's variable", pin("7391", "0123456789ab"), pin("7392", "ba9876543210")],
    ["a job's command", command("7391", "0123456789ab"), command("7392", "ba9876543210")],
    [
      "a process's variable",
      startProcess({}),
      startProcess({ fields: new Map([...web.fields, ["secrets/PIN", "ba9876543210"]]) }),
    ],
    ["the words of a readiness check", ready(`${health}7391`, "h"), ready(`${health}7392`, "h")],
  ])("%s", (_name, one, other) => {
    expect(digest(one)).toBe(digest(other));
    expect(digest(one, true)).not.toBe(digest(other, true));
  });

  const all = (content: Content): string => inspect(content, { depth: null });

  test("the same value under another key gives another digest: nobody without the key can try values", () => {
    expect(digest(ready(`${health}7391`, "h"), true)).not.toBe(digest(ready(`${health}7391`, "g"), true));
    expect(all(contentOf(pin("7391", "0123456789ab")))).not.toContain("7391");
    expect(all(contentOf(ready(`${health}7391`, "h")))).not.toContain("7391");
  });

  test("a variable called __proto__ is one like any other", () => {
    const named = (value: string): Action => startProcess({ fields: new Map([["variables/__proto__", value]]) });
    expect(digest(named("a"))).not.toBe(digest(named("b")));
  });
});

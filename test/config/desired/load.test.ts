import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { recordFiles } from "../../../controller/config/desired/sources.ts";
import type { Desired } from "../../../controller/resources/index.ts";
import { ensureState, projectOf, startedAt, wishOf, type WishOptions } from "./wish.ts";

const whole = `
postgres:
  extensions: [pgcrypto, { name: hstore, version: "1.8", schema: public }]
  parameters: { shared_buffers: 64MB, log_statement: ddl }
  roles:
    reporting: { login: true, password: auto_generated, in_roles: [readers], connection_limit: 5 }
    readers:
  grants:
    - { to: readers, on: { schema: public, tables: all }, privileges: [select], default: true }
    - { to: readers, on: { schema: public }, privileges: [usage] }
init:
  - run: [node, seed.mjs]
    inputs: [seed.mjs]
  - run:
      one: { command: [echo, "1"], when: always }
      two: { command: [echo, "2"], depends_on: [one] }
deployment:
  procfile: Procfile
  processes:
    web: { ready: { http: /health }, depends_on: [worker] }
    worker: { replicas: 2, stop_signal: SIGINT, stop_grace: 3s }
variables: { LOG_LEVEL: debug, URL: "postgres://$DB_USER@$DB_HOST" }
`;
const files = {
  Procfile: "web: node web.mjs\nworker: node worker.mjs\n",
  "seed.mjs": "",
  "migrations/001_a.sql": "select 1;",
  "migrations/001_a.rollback.sql": "select 0;",
  "migrations/002_b.sql": "-- poststack: no-transaction\nselect 1;",
};

const everything = ({ resources }: Desired) => Object.values(resources).flat();

/** Each resource with what it waits for. */
function waits(desired: Desired): Readonly<Record<string, string>> {
  const all: readonly { readonly id?: string; readonly dependsOn: readonly string[] }[] = everything(desired);
  return Object.fromEntries(all.map(({ id = "migrations", dependsOn }) => [id, dependsOn.join(" ")]));
}

const ofEngine: ReadonlySet<string> = new Set(["network", "volume", "image", "container"]);

describe("an environment in full", () => {
  test("every resource waits for what it needs", async () => {
    const migrated = "database:my_app_dev extension:pgcrypto extension:hstore migration:001_a migration:002_b";
    const ready =
      `role:my_app_dev role:readers role:reporting ${migrated} ` +
      "grant:readers.tables.public grant:readers.schema.public";
    const jobs = "job:node-seed.mjs job:one job:two";
    expect(waits(await wishOf(projectOf(whole, files)))).toEqual({
      "instance:postgres": "",
      "role:my_app_dev": "instance:postgres",
      "role:readers": "instance:postgres",
      "role:reporting": "instance:postgres role:readers",
      "database:my_app_dev": "instance:postgres role:my_app_dev role:readers role:reporting",
      "extension:pgcrypto": "database:my_app_dev",
      "extension:hstore": "database:my_app_dev",
      migrations: "database:my_app_dev extension:pgcrypto extension:hstore",
      "grant:readers.tables.public": `${migrated} role:readers`,
      "grant:readers.schema.public": `${migrated} role:readers`,
      "job:node-seed.mjs": ready,
      "job:one": `${ready} job:node-seed.mjs`,
      "job:two": `${ready} job:node-seed.mjs job:one`,
      "process:web": `${ready} ${jobs} process:worker.1 process:worker.2`,
      "process:worker.1": `${ready} ${jobs}`,
      "process:worker.2": `${ready} ${jobs}`,
    });
  });

  test("the server, its admin and the owner have their defaults", async () => {
    const { endpoint, resources, secretNames, lockName, scope } = await wishOf(projectOf(whole, files));
    expect(endpoint).toMatchObject({
      host: "127.0.0.1",
      port: 5432,
      sslmode: "disable",
      database: "my_app_dev",
      maintenanceDatabase: "postgres",
      admin: { user: "postgres" },
      owner: { user: "my_app_dev" },
    });
    expect(resources.instance[0]).toMatchObject({
      provider: "embedded",
      to: "running",
      spec: { name: "postgres", major: undefined, bind: "127.0.0.1", port: 5432 },
      parameters: new Map([
        ["log_statement", "ddl"],
        ["shared_buffers", "64MB"],
      ]),
    });
    expect(secretNames).toEqual(["instance:postgres", "role:my_app_dev", "role:reporting"]);
    expect(lockName).toBe("my-app/dev");
    // No container engine is needed for what no file asks for, and nobody looks for backups.
    const unasked = new Set([...ofEngine, "backup"]);
    expect([...scope]).toEqual(Object.keys(resources).filter((kind) => !unasked.has(kind)));
  });

  test("roles, migrations, jobs and processes say what the files say", async () => {
    const { resources } = await wishOf(projectOf(whole, files));
    expect(
      resources.role.map(({ name, attributes, generated, inRoles }) => [
        name,
        attributes.login,
        attributes.connectionLimit,
        generated,
        inRoles,
      ]),
    ).toEqual([
      ["my_app_dev", true, -1, "new", []],
      ["readers", false, -1, "no", []],
      ["reporting", true, 5, "new", ["readers"]],
    ]);
    expect(resources.migration[0]?.files).toMatchObject([
      { order: "1", rollbackFile: "migrations/001_a.rollback.sql", transactional: true },
      { order: "2", transactional: false },
    ]);
    expect(resources.extension).toMatchObject([
      { name: "pgcrypto" },
      { name: "hstore", version: "1.8", schema: "public" },
    ]);
    expect(resources.grant[0]).toMatchObject({
      to: "readers",
      privileges: ["select"],
      forFuture: true,
      owner: "my_app_dev",
    });
    expect(
      resources.job.map(({ name, when, timeoutMs, startedAfter }) => [name, when, timeoutMs, startedAfter]),
    ).toEqual([
      ["node-seed.mjs", "on_change", 600_000, undefined],
      ["one", "always", 600_000, startedAt],
      ["two", "on_change", 600_000, undefined],
    ]);
    expect(
      resources.process.map(({ name, command, stopSignal, stopGraceMs, environment, ready }) => [
        name,
        command[2],
        stopSignal,
        stopGraceMs,
        environment.get("PORT"),
        ready,
      ]),
    ).toEqual([
      ["web", "exec node web.mjs", "SIGTERM", 10_000, "5000", { type: "http", url: "http://127.0.0.1:5000/health" }],
      ["worker.1", "exec node worker.mjs", "SIGINT", 3_000, "5100", undefined],
      ["worker.2", "exec node worker.mjs", "SIGINT", 3_000, "5101", undefined],
    ]);
  });

  test("an environment without a word is a server with a database", async () => {
    const { resources } = await wishOf(projectOf("{}"));
    const counts = Object.entries(resources).map(([kind, all]) => [kind, all.length] as const);
    expect(counts.filter(([kind]) => !ofEngine.has(kind))).toEqual([
      ["instance", 1],
      ["role", 1],
      ["database", 1],
      ["extension", 0],
      ["backup", 0],
      ["migration", 1],
      ["grant", 0],
      ["job", 0],
      ["process", 0],
    ]);
  });

  test("every place leads to the files", async () => {
    const found = everything(await wishOf(projectOf(whole, files)));
    const places = found.map(({ place }) => `${place.file}:${place.line}`);
    expect(places.every((place) => /^(\.poststack\.yml|Procfile):\d+$/.test(place)) ? "all" : places).toBe("all");
  });

  test("what was read is watched, also what is not there yet", async () => {
    const project = projectOf(whole, files);
    const { files: recording, sources } = recordFiles(project.files);
    await wishOf({ ...project, files: recording });
    expect(sources().map((path) => path.slice(project.root.length + 1))).toEqual([
      ".poststack.yml",
      "Procfile",
      "environments/dev.env",
      "migrations",
      "migrations/repeatable",
      "seed.mjs",
    ]);
  });
});

describe("the same wish", () => {
  test("comes from the same files, once the state is made", async () => {
    const project = projectOf(whole, files);
    await ensureState(project);
    expect(await wishOf(project)).toEqual(await wishOf(project));
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("comes from keys in another order (seed %i)", async (seed) => {
    const project = projectOf(whole, files);
    await ensureState(project);
    const before = shown(await wishOf(project));
    const config: unknown = parse(readFileSync(`${project.root}/.poststack.yml`, "utf8"));
    project.write(".poststack.yml", stringify(shuffled(config, seed)));
    expect(shown(await wishOf(project))).toBe(before);
  });
});

/** All of it but the places, in the order in which it comes. */
const shown = (desired: Desired): string =>
  JSON.stringify(
    desired,
    (key, value: unknown) =>
      key === "place"
        ? undefined
        : value instanceof Map || value instanceof Set
          ? [...(value as Iterable<unknown>)]
          : value,
    1,
  );

function shuffled(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((one) => shuffled(one, seed));
  if (typeof value !== "object" || value === null) return value;
  const weight = (key: string): number =>
    Array.from(key).reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0) * seed) % 1009, seed);
  const entries = Object.entries(value).sort(([a], [b]) => weight(a) - weight(b));
  return Object.fromEntries(entries.map(([key, one]) => [key, shuffled(one, seed)]));
}

const summary = async (body: string, options: WishOptions) => {
  const { scope, resources } = await wishOf(projectOf(body, files), options);
  return {
    scope: [...scope].join(" "),
    instance: resources.instance[0]?.to,
    database: resources.database[0]?.to,
    processes: resources.process.map(({ to }) => to).join(" "),
    roles: resources.role.map(({ ensure }) => ensure).join(" "),
  };
};

describe("another state of the environment", () => {
  const external = "postgres: { url: 'postgres://admin@db.example.com' }\ndeployment: { procfile: Procfile }";

  test.each<[string, string, WishOptions, Awaited<ReturnType<typeof summary>>]>([
    [
      "stopped: processes and server, nothing that lives in it",
      whole,
      { to: "stopped" },
      {
        scope: "instance process",
        instance: "stopped",
        database: "present",
        processes: "stopped stopped stopped",
        roles: "",
      },
    ],
    [
      "absent: the data directory takes roles and database along",
      whole,
      { to: "absent", deleteData: true },
      {
        scope: "instance process",
        instance: "absent",
        database: "absent",
        processes: "absent absent absent",
        roles: "absent absent absent",
      },
    ],
    [
      "empty: the database goes, the server stays",
      whole,
      { to: "empty", deleteData: true },
      {
        scope: "instance database process",
        instance: "running",
        database: "absent",
        processes: "stopped stopped stopped",
        roles: "",
      },
    ],
    [
      "external, stopped: the server is not ours",
      external,
      { to: "stopped" },
      { scope: "process", instance: "running", database: "present", processes: "stopped stopped", roles: "" },
    ],
    [
      "external, absent: data stays without the leave",
      external,
      { to: "absent" },
      { scope: "process", instance: "running", database: "absent", processes: "absent absent", roles: "absent" },
    ],
    [
      "external, absent with the leave",
      external,
      { to: "absent", deleteData: true },
      {
        scope: "role database process",
        instance: "running",
        database: "absent",
        processes: "absent absent",
        roles: "absent",
      },
    ],
    [
      "without the deployment",
      whole,
      { skipDeployment: true },
      {
        scope: "instance role database extension migration grant job",
        instance: "running",
        database: "present",
        processes: "",
        roles: "present present present",
      },
    ],
    [
      "without the jobs",
      whole,
      { skipInit: true },
      {
        scope: "instance role database extension migration grant process",
        instance: "running",
        database: "present",
        processes: "running running running",
        roles: "present present present",
      },
    ],
  ])("%s", async (_name, body, options, expected) => expect(await summary(body, options)).toEqual(expected));

  test("stopping works with undefined variables, bad migrations and a secret that cannot be had", async () => {
    const body =
      "variables: { A: $NOWHERE }\npostgres: { password: { file: gone } }\ndeployment: { procfile: Procfile }";
    const project = projectOf(body, { Procfile: "web: x", "migrations/bad.sql": "" });
    expect((await wishOf(project, { to: "stopped" })).resources.process).toHaveLength(1);
  });

  test("migrations take their target and the leave to roll back; replay needs the file's word too", async () => {
    const migration = { target: "001", rollback: true, replay: true, baseline: "002", repair: true };
    const plain = await wishOf(projectOf("{}", files), { migration });
    expect(plain.resources.migration[0]).toMatchObject({ ...migration, replay: false });
    const watching = await wishOf(projectOf("watch: { replay_migrations: true }", files), { migration });
    expect(watching.resources.migration[0]).toMatchObject({ replay: true });
    const guarded = await wishOf(projectOf("watch: { replay_migrations: true }\nprotected: true", files), {
      migration,
    });
    expect(guarded).toMatchObject({ protected: true, resources: { migration: [{ replay: false }] } });
  });

  test("an environment may have migrations of its own, in a manner of their own", async () => {
    const own = "migrations: { directory: db/far, format: dbmate, table: ops.applied }";
    const far = { "db/far/20240101_users.sql": "-- migrate:up\nselect 1;\n-- migrate:down\nselect 0;\n" };
    const { resources } = await wishOf(projectOf(own, { ...files, ...far }));
    expect(resources.migration[0]).toMatchObject({
      folder: "db/far",
      files: [{ version: "20240101", rollbackFile: "db/far/20240101_users.sql" }],
      takesOver: { format: "dbmate", table: "ops.applied" },
      place: { file: ".poststack.yml", line: 4, column: 5 },
    });
    const { resources: plain } = await wishOf(projectOf("migrations: db/far", { ...files, "db/far/1_a.sql": "" }));
    expect(plain.migration[0]).toMatchObject({ folder: "db/far", files: [{ version: "1" }] });
    expect(plain.migration[0]).not.toHaveProperty("takesOver");
    await expect(wishOf(projectOf("migrations: db/none", files))).rejects.toMatchObject({
      errors: [{ facts: { code: "FILE_MISSING", where: { line: 4 } } }],
    });
  });

  test.each<[string, readonly string[] | "all", readonly string[]]>([
    ["a process", ["web"], ["process:web"]],
    ["every replica of one", ["worker"], ["process:worker.1", "process:worker.2"]],
    ["one replica", ["worker.2"], ["process:worker.2"]],
    ["an id", ["process:web"], ["process:web"]],
    ["the server", ["postgres"], ["instance:postgres"]],
    ["all", "all", ["instance:postgres", "process:web", "process:worker.1", "process:worker.2"]],
  ])("restarts %s", async (_name, services, expected) => {
    const startedAfter = new Date("2026-02-03");
    const { resources } = await wishOf(projectOf(whole, files), { restart: { services, startedAfter } });
    const found = [...resources.instance, ...resources.process].filter((one) => one.startedAfter === startedAfter);
    expect(found.map(({ id }) => id)).toEqual(expected);
  });

  test("restarting what is not there is an error that knows better", async () => {
    const restart = { services: ["wbe"], startedAfter: new Date() };
    await expect(wishOf(projectOf(whole, files), { restart })).rejects.toThrow(
      "`wbe` is nothing that can be restarted",
    );
  });
});

import fc from "fast-check";
import { resourceId } from "../../controller/core/id.ts";
import { ledgerVersion } from "../../controller/core/ledger.ts";
import type { Endpoint } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { kinds, type Desired, type DesiredResources } from "../../controller/resources/index.ts";
import type { MigrationFile } from "../../controller/resources/migration/model.ts";
import type { DesiredRole } from "../../controller/resources/role/model.ts";

const place = { file: ".poststack.yml", line: 1, column: 1 };
const login = (user: string): Endpoint["admin"] => ({ user, password: new Secret(user) });
const endpoint: Endpoint = {
  host: "127.0.0.1",
  port: 5433,
  sslmode: "disable",
  database: "app_dev",
  maintenanceDatabase: "postgres",
  admin: login("postgres"),
  owner: login("app_dev"),
};
const instanceId = resourceId("instance", "postgres");
const databaseId = resourceId("database", "app_dev");

const names = (words: readonly string[]) => fc.uniqueArray(fc.constantFrom(...words), { maxLength: words.length });

const role = (name: string): fc.Arbitrary<DesiredRole> =>
  fc
    .record({
      login: fc.boolean(),
      createdb: fc.boolean(),
      connectionLimit: fc.constantFrom(-1, 5),
      hasPassword: fc.boolean(),
    })
    .map(({ hasPassword, ...chosen }) => ({
      id: resourceId("role", name),
      name,
      ensure: "present",
      attributes: {
        inherit: true,
        superuser: false,
        createrole: false,
        replication: false,
        bypassrls: false,
        ...chosen,
      },
      ...(hasPassword ? { password: new Secret(name) } : {}),
      generated: "no",
      inRoles: [],
      mark: "poststack mark",
      dependsOn: [instanceId],
      place,
    }));

const migrations = (count: number): readonly MigrationFile[] =>
  Array.from({ length: count }, (_, index) => {
    const version = String(index + 1).padStart(3, "0");
    const name = `${version}_step`;
    return {
      id: resourceId("migration", name),
      ...{ version, name, order: String(index + 1), file: `migrations/${name}.sql`, checksum: `${index}`.repeat(8) },
      rollbackFile: `migrations/${name}.rollback.sql`,
      transactional: true,
    };
  });

/** An environment as the files could ask for it: every part may be there or not, in one of a few shapes. */
export const randomDesired: fc.Arbitrary<Desired> = fc
  .record({
    to: fc.constantFrom("running" as const, "running" as const, "stopped" as const),
    roles: names(["app_dev", "reader", "writer", "web.2"]).chain((all) => fc.tuple(...all.map(role))),
    parameters: fc.dictionary(fc.constantFrom("work_mem", "shared_preload_libraries"), fc.constantFrom("a", "b")),
    migrations: fc.nat({ max: 4 }),
    jobs: names(["seed", "import", "index"]),
    jobKey: fc.constantFrom("k1", "k2"),
    processes: names(["web", "worker", "mailer"]),
    level: fc.constantFrom("debug", "info"),
    extensions: names(["pgcrypto", "citext"]),
  })
  .map(({ to, roles, parameters, migrations: count, jobs, jobKey, processes, level, extensions }) => {
    const owner = roles.some(({ name }) => name === "app_dev");
    const roleIds = roles.map(({ id }) => id);
    const files = migrations(count);
    const jobIds = jobs.map((name) => resourceId("job", name));
    const all: DesiredResources = {
      instance: [
        {
          ...{ id: instanceId, provider: "embedded", to, endpoint, place, dependsOn: [], deleteData: false },
          spec: { name: "postgres", major: 17, bind: "127.0.0.1", port: 5433 },
          parameters: new Map(Object.entries(parameters)),
        },
      ],
      role: roles,
      database: [
        {
          ...{ id: databaseId, name: "app_dev", owner: owner ? "app_dev" : "postgres", ledgerVersion, place },
          ...{ mark: "poststack mark", to: "present", deleteData: false, dependsOn: [instanceId, ...roleIds] },
        },
      ],
      extension: extensions.map((name) => ({
        id: resourceId("extension", name),
        name,
        dependsOn: [databaseId],
        place,
      })),
      migration: [
        {
          ...{ folder: "migrations", files, rollback: true, replay: false, repair: false, place },
          ...(count === 0 ? { target: "0" } : {}),
          dependsOn: [databaseId, ...extensions.map((name) => resourceId("extension", name))],
        },
      ],
      grant: [],
      job: jobs.map((name, index) => ({
        ...{
          id: resourceId("job", name),
          name,
          command: ["true"],
          cwd: "/",
          environment: new Map(),
          when: "on_change",
        },
        ...{ key: jobKey, keyParts: new Map([["command", jobKey]]), timeoutMs: 1000, place },
        dependsOn: [...files.map(({ id }) => id), ...jobIds.slice(0, index)],
      })),
      process: processes.map((name) => ({
        ...{ id: resourceId("process", name), name, to, command: ["true"], cwd: "/", environment: new Map(), place },
        ...{ configHash: level, fields: new Map([["variable LOG_LEVEL", level]]), readyTimeoutMs: 1000 },
        ...{ stopSignal: "SIGTERM", stopGraceMs: 1000, dependsOn: [...files.map(({ id }) => id), ...jobIds] },
      })),
    };
    const nothing = { role: [], database: [], extension: [], migration: [], job: [] };
    return {
      ...{ project: "app", environment: "dev", root: "/app", secretNames: [], endpoint, lockName: "app/dev" },
      protected: false,
      scope: new Set(to === "running" ? kinds : (["instance", "process"] as const)),
      resources: to === "running" ? all : { ...all, ...nothing },
    };
  });

import { createHash } from "node:crypto";
import fc from "fast-check";
import { resourceId } from "../../controller/core/id.ts";
import { ledgerVersion } from "../../controller/core/ledger.ts";
import type { Endpoint } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { kinds, type Desired, type DesiredResources } from "../../controller/resources/index.ts";
import { configOf } from "../../controller/resources/container/config.ts";
import type { DesiredContainer } from "../../controller/resources/container/model.ts";
import type { DesiredImage } from "../../controller/resources/image/model.ts";
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

const project = { project: "app", environment: "dev", root: "/app", workingDirectory: "/app", configFiles: [] };

/**
 * Services in one network, each with a volume, each after the one before it. Volumes go by their place in the file, so a
 * service that is called otherwise, or comes before another one now, takes over what was another one's.
 */
function engineWishes(
  services: readonly string[],
  image: string,
  level: string,
  to: "running" | "stopped",
): Pick<DesiredResources, "network" | "volume" | "image" | "container"> {
  const network = resourceId("network", "default");
  const common = { project, place, config: level, isExternal: false } as const;
  const labels = new Map<string, string>();
  return {
    network:
      services.length === 0
        ? []
        : [
            {
              ...common,
              id: network,
              name: "app-dev_default",
              key: "default",
              to: "present",
              spec: { labels },
              dependsOn: [],
            },
          ],
    volume: services.map((name) => ({
      ...{ ...common, id: resourceId("volume", name), name: `app-dev_${name}`, key: name, to: "present" },
      ...{ deleteData: false, spec: { labels }, dependsOn: [] },
    })),
    image: services.length === 0 ? [] : [imageWish(image)],
    container: services.map((name, index): DesiredContainer => {
      const environment = new Map([["LEVEL", level]]);
      const spec = {
        image,
        environment,
        labels,
        network: { mode: "none" },
        ports: [],
        expose: [],
        mounts: [{ type: "volume", name: `app-dev_data${index}`, target: "/data", readOnly: false }],
      } as const;
      const before = services.slice(0, index).map((other) => resourceId("container", other));
      return {
        ...{
          id: resourceId("container", name),
          service: name,
          number: 1,
          name: `app-dev-${name}-1`,
          to,
          spec,
          image: resourceId("image", image),
          project,
        },
        config: configOf(spec, [], (text) => createHash("sha256").update(JSON.stringify(text)).digest("hex")),
        ...{ files: [], sharesWith: [], postStart: [], preStop: [], runs: "always", place },
        needs: before.map((id) => ({ id, name: id, condition: "started", required: true, restart: index % 2 === 0 })),
        acceptance: { stableMs: 0, limitMs: 1_000 },
        dependsOn: [network, resourceId("image", image), resourceId("volume", name), ...before],
      };
    }),
  };
}

const imageWish = (reference: string): DesiredImage => ({
  ...{ id: resourceId("image", reference), reference, source: { type: "registry", pull: "always" } },
  ...{ since: new Date(0), project, place, dependsOn: [] },
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
    services: names(["api", "db", "cache"]),
    image: fc.constantFrom("web:1", "web:2"),
  })
  .map((chosen) => {
    const { to, roles, parameters, migrations: count, jobs, jobKey, processes, level, extensions } = chosen;
    const { services, image } = chosen;
    const owner = roles.some(({ name }) => name === "app_dev");
    const roleIds = roles.map(({ id }) => id);
    const files = migrations(count);
    const jobIds = jobs.map((name) => resourceId("job", name));
    const all: DesiredResources = {
      ...engineWishes(services, image, level, to),
      backup: [],
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
          ...{ folder: "migrations", files, rollback: true, replay: false, repair: false, rehearse: false, place },
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
      scope: new Set(to === "running" ? kinds : (["instance", "container", "process"] as const)),
      resources: to === "running" ? all : { ...all, ...nothing },
    };
  });

import type { ErrorFacts } from "../../controller/core/errors.ts";
import { fromFacts } from "../../controller/core/errors.ts";
import { resourceId, type ResourceId } from "../../controller/core/id.ts";
import type { Deferred } from "../../controller/core/plan.ts";
import type { ProcessRecord } from "../../controller/core/ports/host.ts";
import { unreachable } from "../../controller/core/unreachable.ts";
import type { Observation } from "../../controller/engine/observe.ts";
import type { ObservedDatabase } from "../../controller/resources/database/model.ts";
import type { ObservedExtension } from "../../controller/resources/extension/model.ts";
import type { ObservedInstance } from "../../controller/resources/instance/model.ts";
import type { ObservedJob } from "../../controller/resources/job/model.ts";
import type { LedgerRow, MigrationFile } from "../../controller/resources/migration/model.ts";
import type { DesiredRole, ObservedRole } from "../../controller/resources/role/model.ts";
import type { Action, Desired } from "../../controller/resources/index.ts";
import { applyToEngine, emptyEngine, observeEngine, type SimulatedEngine } from "./simulated-engine.ts";

/**
 * What a host and its server would look like after each action: enough of it to prove that the plans of all kinds together
 * come to an end. What each kind really does is proved against a real server in its own tests.
 */
export interface SimulatedWorld {
  instance: ObservedInstance | undefined;
  readonly roles: Map<string, ObservedRole>;
  readonly databases: Map<string, ObservedDatabase>;
  readonly extensions: Map<string, ObservedExtension>;
  readonly ledger: Map<string, LedgerRow>;
  readonly jobs: Map<string, ObservedJob>;
  readonly processes: Map<ResourceId, ProcessRecord>;
  readonly engine: SimulatedEngine;
  /** What ran, in order: nothing may run twice that must run once. */
  readonly history: string[];
}

export const emptyWorld = (): SimulatedWorld => ({
  instance: undefined,
  roles: new Map(),
  databases: new Map(),
  extensions: new Map(),
  ledger: new Map(),
  jobs: new Map(),
  processes: new Map(),
  engine: emptyEngine(),
  history: [],
});

/** As `engine/observe.ts` would see it. */
export function observeWorld(desired: Desired, world: SimulatedWorld): Observation {
  const [wanted] = desired.resources.instance;
  const instance: ObservedInstance = world.instance ?? absentInstance(wanted?.id ?? resourceId("instance", "postgres"));
  const processes = [...world.processes.values()].map((record) => ({ id: record.resource as ResourceId, record }));
  const host = { instance: [instance], process: processes, ...observeEngine(world.engine) };
  const isUp = instance.server === "up";
  if (instance.server === "down") {
    const deferred: Deferred[] = (["role", "database", "extension", "migration", "job"] as const)
      .filter((kind) => desired.scope.has(kind))
      .map((kind) => ({ id: resourceId(kind, "all"), reason: "the server is not running" }));
    return { observed: host, deferred };
  }
  const [database] = world.databases.values();
  return {
    observed: {
      ...host,
      role: isUp ? [...world.roles.values()] : [],
      database: isUp ? [...world.databases.values()] : [],
      extension: isUp && database !== undefined ? [...available(desired, world), ...world.extensions.values()] : [],
      migration:
        isUp && database !== undefined
          ? [{ ledger: "present", rows: [...world.ledger.values()], objects: 0, pending: new Map() }]
          : [],
      grant: [],
      job: isUp ? [...world.jobs.values()] : [],
    },
    deferred: [],
  };
}

const available = (desired: Desired, { extensions }: SimulatedWorld): readonly ObservedExtension[] =>
  desired.resources.extension
    .filter(({ name }) => !extensions.has(name))
    .map(({ name, version }) => ({ name, availableVersions: [version ?? "1.0"] }));

const absentInstance = (id: ResourceId): ObservedInstance => ({
  id,
  provider: "embedded",
  server: "absent",
  binaries: "PostgreSQL 17.10",
  written: new Map(),
  parameters: new Map(),
  configurationIsLoaded: true,
});

/** One action, as if it had been carried out. */
export function applyToWorld(world: SimulatedWorld, action: Action): void {
  world.history.push(`${action.verb} ${action.id}`);
  switch (action.kind) {
    case "instance":
      return applyInstance(world, action);
    case "role":
      return applyRole(world, action);
    case "database":
      return applyDatabase(world, action);
    case "extension":
      return applyExtension(world, action);
    case "migration":
      return applyMigration(world, action);
    case "job":
      if (action.verb === "run") {
        const { name, key, keyParts } = action.desired;
        world.jobs.set(name, {
          name,
          last: { key, keyParts, state: "succeeded", exitCode: 0 },
          succeededAt: new Date(0),
        });
      }
      return;
    case "process":
      return applyProcess(world, action);
    case "grant":
    case "backup":
      return;
    case "network":
    case "volume":
    case "image":
    case "container":
      return applyToEngine(world.engine, action);
    default:
      return unreachable(action);
  }
}

type Of<K extends Action["kind"]> = Extract<Action, { readonly kind: K }>;

const refused = (error: ErrorFacts): never => {
  throw fromFacts(error);
};

function applyInstance(world: SimulatedWorld, action: Of<"instance">): void {
  if (action.verb === "refuse") return refused(action.error);
  const { id, spec, parameters, endpoint } = action.desired;
  if (action.verb === "delete") {
    Object.assign(world, { instance: undefined });
    for (const map of [world.roles, world.databases, world.extensions, world.ledger, world.jobs]) map.clear();
    return;
  }
  const written = new Map([
    ...parameters,
    ["port", String(spec?.port)],
    ["listen_addresses", spec?.bind ?? "127.0.0.1"],
  ]);
  const observedParameters = [...parameters].map(([name, setting]) => {
    const limits = { minimum: undefined, maximum: undefined, choices: [], overridden: false, pendingRestart: false };
    return [name, { setting, unit: undefined, type: "string", context: contextOf(name), ...limits }] as const;
  });
  world.instance = {
    id,
    provider: "embedded",
    server: action.verb === "stop" ? "down" : "up",
    dataMajor: 17,
    systemIdentifier: "1",
    ...(action.verb === "stop" ? {} : { version: 170_010, startedAt: new Date(0), runningPort: endpoint.port }),
    binaries: "PostgreSQL 17.10",
    written: action.verb === "stop" ? (world.instance?.written ?? written) : written,
    parameters: new Map(observedParameters),
    configurationIsLoaded: true,
  };
}

/** Two parameters of the random stacks: one that a reload takes in, and one that needs a restart. */
const contextOf = (name: string): string => (name === "shared_preload_libraries" ? "postmaster" : "sighup");

function applyRole(world: SimulatedWorld, action: Of<"role">): void {
  if (action.verb === "refuse") return refused(action.error);
  if (action.verb === "drop") world.roles.delete(action.name);
  else world.roles.set(action.desired.name, observedRole(action.desired));
}

const observedRole = ({ name, attributes, inRoles, password }: DesiredRole): ObservedRole => ({
  name,
  oid: 1000 + name.length,
  owner: "ours",
  strayMark: false,
  isAdmin: false,
  attributes,
  password: password === undefined ? "none" : "matches",
  inRoles,
  ourMemberships: inRoles,
  inheriting: attributes.inherit ? inRoles : [],
  ownedObjects: 0,
  ownsIn: [],
  ownsDatabases: [],
});

function applyDatabase(world: SimulatedWorld, action: Of<"database">): void {
  if (action.verb === "refuse") return refused(action.error);
  if (action.verb === "drop") {
    world.databases.delete(action.name);
    return;
  }
  const { name, owner, ledgerVersion } = action.desired;
  world.databases.set(name, {
    name,
    oid: 1,
    owner: "ours",
    marked: true,
    strayMark: false,
    ownerRole: owner,
    ownerIsOurs: true,
    ledgerVersion,
    witnessed: true,
    ledgerUnreadable: false,
    ledgerWriters: [owner],
    objects: 0,
  });
}

function applyExtension(world: SimulatedWorld, action: Of<"extension">): void {
  if (action.verb === "refuse") return refused(action.error);
  if (action.verb === "drop") {
    world.extensions.delete(action.name);
    return;
  }
  const { name, version = "1.0", schema = "public" } = action.desired;
  const installed = { version, schema, oid: 7, ours: true, relocatable: true, neededBy: [] };
  world.extensions.set(name, { name, availableVersions: ["1.0", "2.0"], installed });
}

function applyMigration(world: SimulatedWorld, action: Of<"migration">): void {
  switch (action.verb) {
    case "refuse":
      return refused(action.error);
    case "rollback":
    case "unrecord":
      world.ledger.delete(action.migration.order);
      return;
    case "hold":
      throw new Error("no random stack has a contract");
    case "rebuild":
    case "repeat":
    case "forget":
      throw new Error("no random stack has a repeatable file");
    case "import":
    case "baseline":
      for (const migration of action.migrations) world.ledger.set(migration.order, rowOf(migration));
      return;
    default:
      world.ledger.set(action.migration.order, rowOf(action.migration));
  }
}

const rowOf = ({ version, order, name, checksum, rollbackFile }: MigrationFile): LedgerRow => ({
  ...{ version, order, name, checksum },
  state: "applied",
  hasRollback: rollbackFile !== undefined,
});

function applyProcess(world: SimulatedWorld, action: Of<"process">): void {
  switch (action.verb) {
    case "refuse":
      return refused(action.error);
    case "stop":
    case "delete":
      world.processes.delete(action.id);
      return;
    default: {
      const { configHash, fields, stopSignal, stopGraceMs } = action.desired;
      const running = {
        running: true,
        accepted: true,
        startedAt: new Date(0),
        pid: 1,
        startTime: "1",
        logFile: "/log",
      };
      world.processes.set(action.id, {
        ...({
          resource: action.id,
          configHash,
          fields,
          stopSignal,
          stopGraceMs,
          ...running,
        } as unknown as ProcessRecord),
      });
    }
  }
}

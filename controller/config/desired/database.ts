import { resourceId, type ResourceId } from "../../core/id.ts";
import { ledgerVersion } from "../../core/ledger.ts";
import type { StateFacts } from "../../core/ports/state.ts";
import type { DesiredDatabase } from "../../resources/database/model.ts";
import type { DesiredExtension } from "../../resources/extension/model.ts";
import type { DesiredInstance } from "../../resources/instance/model.ts";
import type { EnvironmentSource } from "../source.ts";
import type { DesiredOptions } from "./options.ts";
import type { OnEngine } from "./server-container.ts";
import type { Server } from "./server.ts";

/** There is one server in an environment. */
export const instanceName = "postgres";
export const instanceId = resourceId("instance", instanceName);

export interface InstanceWishes {
  readonly environment: EnvironmentSource;
  readonly server: Server;
  readonly state: StateFacts | undefined;
  readonly options: DesiredOptions;
  readonly startedAfter: Date | undefined;
  readonly onEngine: Pick<OnEngine, "container" | "dependsOn">;
}

export function desiredInstance(wishes: InstanceWishes): DesiredInstance {
  const { environment, server, state, options, startedAfter, onEngine } = wishes;
  const { postgres = {} } = environment.config;
  const { endpoint, provider } = server;
  const { version, bind = "127.0.0.1" } = postgres;
  const major = version === undefined ? undefined : Number.parseInt(String(version), 10);
  const spec = { name: instanceName, major, bind, port: endpoint.port };
  const to = options.to === "stopped" || options.to === "absent" ? options.to : "running";
  return {
    id: instanceId,
    provider,
    // An external server is not ours to stop.
    to: provider === "external" ? "running" : to,
    ...(provider === "embedded" ? { spec } : {}),
    ...(onEngine.container === undefined ? {} : { container: onEngine.container }),
    ...(provider !== "container" && state?.engine !== undefined ? { isOnEngine: true } : {}),
    endpoint,
    parameters: sortedTexts(postgres.parameters ?? {}),
    ...(state?.systemIdentifier === undefined ? {} : { knownIdentifier: state.systemIdentifier }),
    deleteData: options.deleteData ?? false,
    ...(startedAfter === undefined ? {} : { startedAfter }),
    dependsOn: onEngine.dependsOn,
    place: environment.placeOf(["postgres"]),
  };
}

const sortedTexts = (map: { readonly [name: string]: string | number | boolean }): ReadonlyMap<string, string> =>
  new Map(
    Object.keys(map)
      .sort()
      .map((name) => [name, String(map[name])]),
  );

export function desiredDatabase(
  environment: EnvironmentSource,
  { endpoint }: Server,
  mark: string,
  { to, deleteData = false }: DesiredOptions,
  roles: readonly ResourceId[],
): DesiredDatabase {
  return {
    id: resourceId("database", endpoint.database),
    name: endpoint.database,
    owner: endpoint.owner.user,
    ledgerVersion,
    mark,
    to: to === "absent" || to === "empty" ? "absent" : "present",
    deleteData,
    // All roles, not only the owner: once it is made, the sessions in which roles are made move into it.
    dependsOn: [instanceId, ...roles],
    place: environment.placeOf(["postgres", "database"]),
  };
}

export function desiredExtensions(environment: EnvironmentSource, database: ResourceId): readonly DesiredExtension[] {
  return (environment.config.postgres?.extensions ?? []).map((written, index) => {
    const { name, version, schema } = typeof written === "string" ? { name: written } : written;
    return {
      id: resourceId("extension", name),
      name,
      ...(version === undefined ? {} : { version: String(version) }),
      ...(schema === undefined ? {} : { schema }),
      dependsOn: [database],
      place: environment.placeOf(["postgres", "extensions", index]),
    };
  });
}

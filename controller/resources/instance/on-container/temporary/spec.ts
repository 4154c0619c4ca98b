import type { ImageConfig } from "../../../../core/ports/container-images.ts";
import type { ContainerSpec } from "../../../../core/ports/container-spec.ts";
import type { ContainerFile } from "../../../../core/ports/containers.ts";
import type { Endpoint } from "../../../../core/ports/postgres.ts";
import { settings, settingsFile, settingsText, verifierFile } from "../files.ts";
import { layoutOf } from "../layout.ts";
import { clusterEnvironment } from "../spec.ts";

/** Where Postgres listens inside. */
export const containerPort = 5432;

/** What a temporary server is made as. */
export interface Wish {
  /** On the engine. */
  readonly image: { readonly id: string; readonly config: ImageConfig };
  readonly login: Pick<Endpoint, "admin" | "maintenanceDatabase">;
  /** Where it is published on the engine's machine; undefined: on every address. */
  readonly bind: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
}

/**
 * The server that an environment would get of this image, for a few seconds: no network, no volume and no file of the
 * environment, nothing that an engine would start again, and data that goes with the container.
 */
export function temporarySpec({ image: { id, config }, login, bind, labels }: Wish): ContainerSpec {
  return {
    image: id,
    ...(config.entrypoint === undefined ? {} : { entrypoint: config.entrypoint }),
    command: ["postgres", "-c", `config_file=${settingsFile}`],
    environment: clusterEnvironment(config, login, ["--no-sync"]),
    labels,
    restart: { name: "no" },
    healthcheck: "none",
    network: { mode: "default" },
    // The engine knows which port is free.
    ports: [{ containerPort, protocol: "tcp", ...(bind === undefined ? {} : { hostIp: bind }) }],
    expose: [],
    // Not in memory: what a migration writes may be large.
    mounts: [{ type: "volume", target: layoutOf(config).mount, readOnly: false }],
  };
}

/** @param verifier of the superuser's password, never the password (RELIABILITY 35) */
export const temporaryFiles = (
  parameters: ReadonlyMap<string, string>,
  config: ImageConfig,
  verifier: string,
): readonly ContainerFile[] => [
  settings(settingsFile, settingsText(temporaryParameters(parameters), layoutOf(config).data)),
  // The entrypoint reads it as the server's user, whose number is the image's own matter.
  settings(verifierFile, `${verifier}\n`),
];

/** Nothing outlives the container, so nothing waits for the disk; and nothing leaves it. */
const light = [
  ["fsync", "off"],
  ["full_page_writes", "off"],
  ["synchronous_commit", "off"],
  ["shared_buffers", "32MB"],
  ["archive_mode", "off"],
] as const;

/**
 * Those of the server's own that decide whether an extension can be made, or how much a transaction may do; and what has to
 * fit to one of them: without a full log no sender of it is allowed (manual: wal_level).
 */
const needed = new Set([
  "shared_preload_libraries",
  "session_preload_libraries",
  "local_preload_libraries",
  "max_locks_per_transaction",
  "max_prepared_transactions",
  "max_worker_processes",
  "wal_level",
  "max_wal_senders",
]);

/** Of the environment's, without what is meant for its machine, its memory and its files. */
function temporaryParameters(parameters: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kept = [...parameters].filter(([name]) => name.includes(".") || needed.has(name.toLowerCase()));
  return new Map([...kept, ...light]);
}

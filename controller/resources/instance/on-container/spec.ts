import { composeContainerLabels, ownLabels } from "../../../core/engine-labels.ts";
import type { Ports } from "../../../core/ports.ts";
import type { ImageConfig, ImageDetails } from "../../../core/ports/container-images.ts";
import type { ContainerSpec, NetworkAttachment, RestartPolicy } from "../../../core/ports/container-spec.ts";
import type { Endpoint } from "../../../core/ports/postgres.ts";
import type { ContainerServer, DesiredInstance } from "../model.ts";
import { startFile, verifierFile } from "./files.ts";
import { layoutOf } from "./layout.ts";

/** Labels that only a server's container has. */
export const serverLabels = {
  /** The major version of its image, which is that of its data. */
  major: "io.poststack.postgres.major",
  /** The cluster's directory, inside the container. */
  data: "io.poststack.postgres.data",
  /** `127.0.0.1:5433`: the engine tells only while it runs. */
  published: "io.poststack.postgres.published",
} as const;

/** Milliseconds for the last checkpoint of a busy server. */
const stopGraceMs = 60_000;
/** Parallel queries exchange rows there; an engine gives 64 MB unless it is told (image's manual: --shm-size). */
const shmBytes = 256 * 1024 * 1024;

/** Not after somebody stopped it by hand. */
export const serverRestart: RestartPolicy = { name: "unless-stopped" };

export const publishedText = ({ bind, port }: Pick<ContainerServer, "bind" | "port">): string =>
  `${bind ?? "*"}:${port}`;

export function specOf(
  { id, endpoint }: DesiredInstance,
  server: ContainerServer,
  { config }: Pick<ImageDetails, "config">,
  ports: Pick<Ports, "state" | "server">,
): ContainerSpec {
  const { name, image, volume, bind, port, networks, project, alias, service } = server;
  const { mount, data, major } = layoutOf(config);
  const { user } = endpoint.admin;
  const compose = { service, number: 1, configHash: server.config, dependsOn: [] };
  return {
    image,
    entrypoint: ["sh", startFile, ...(config.entrypoint ?? [])],
    command: ["postgres"],
    environment: clusterEnvironment(config, endpoint),
    labels: new Map([
      ...composeContainerLabels(project, compose),
      ...ownLabels({ id, config: server.config, project, container: name }, ports),
      [serverLabels.data, data],
      [serverLabels.published, publishedText(server)],
      ...(major === undefined ? [] : [[serverLabels.major, String(major)] as const]),
    ]),
    // Fast shutdown: sessions are ended, what is committed is kept (manual: 18.5, Shutting Down the Server).
    stopSignal: "SIGINT",
    stopGraceMs,
    restart: serverRestart,
    healthcheck: {
      // Over TCP: the server of the first start listens on the socket and on another port.
      test: ["CMD", "pg_isready", "--quiet", "--host=127.0.0.1", "--port=5432", `--username=${user}`],
      intervalMs: 5_000,
      timeoutMs: 5_000,
      // A failure in it does not count: recovery after a crash can take minutes.
      startPeriodMs: 300_000,
      retries: 3,
    },
    network: attached(networks, alias),
    ports: [{ containerPort: 5432, protocol: "tcp", hostPort: port, ...(bind === undefined ? {} : { hostIp: bind }) }],
    expose: [],
    mounts: [{ type: "volume", name: volume, target: mount, readOnly: false }],
    resources: { shmBytes },
  };
}

/**
 * What the entrypoint of the image makes a cluster by.
 *
 * @param more arguments of initdb
 */
export function clusterEnvironment(
  config: ImageConfig,
  { admin, maintenanceDatabase }: Pick<Endpoint, "admin" | "maintenanceDatabase">,
  more: readonly string[] = [],
): ContainerSpec["environment"] {
  const { data, major } = layoutOf(config);
  return new Map([
    ["PGDATA", data],
    ["POSTGRES_USER", admin.user],
    ["POSTGRES_DB", maintenanceDatabase],
    ["POSTGRES_PASSWORD_FILE", verifierFile],
    // The entrypoint takes one or the other.
    ...(config.environment.has("POSTGRES_PASSWORD") ? [["POSTGRES_PASSWORD", undefined] as const] : []),
    ["POSTGRES_HOST_AUTH_METHOD", "scram-sha-256"],
    ["POSTGRES_INITDB_ARGS", [initdbArguments(major), ...more].join(" ")],
  ]);
}

export const attachmentTo = (alias: string): NetworkAttachment => ({ aliases: [alias] });

const attached = (networks: readonly string[], alias: string): ContainerSpec["network"] =>
  networks.length === 0
    ? { mode: "default" }
    : { mode: "networks", attachments: new Map(networks.map((name) => [name, attachmentTo(alias)])) };

/**
 * As an embedded server is made: checksums, and text in an order that no upgrade of the image's C library changes. The
 * provider that Postgres 17 brings along is the same everywhere; before, it is that of the locale C.UTF-8.
 */
export const initdbArguments = (major: number | undefined): string =>
  [
    "--auth-host=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    ...(major !== undefined && major >= 17
      ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
      : ["--locale=C.UTF-8"]),
  ].join(" ");

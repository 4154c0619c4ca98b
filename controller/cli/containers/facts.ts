import type { ContainerSummary, Health } from "../../core/ports/container-facts.ts";
import type { PublishedPort } from "../../core/ports/container-spec.ts";
import type { OwnContainer } from "./own.ts";

/** One container as `--json` tells of it. */
export interface ContainerFacts {
  readonly id: string;
  /** As the engine knows it. */
  readonly container: string;
  readonly engineId: string;
  readonly image: string;
  readonly state: ContainerSummary["state"];
  readonly health: Exclude<Health, undefined> | null;
  readonly exitCode: number | null;
  readonly createdAt: Date;
  /** How long it has been running at least, as exactly as the engine's list tells; null: it does not run. */
  readonly upMs: number | null;
  /** `127.0.0.1:8080->80/tcp` */
  readonly ports: readonly string[];
}

export const factsOf = ({ resource, summary }: Omit<OwnContainer, "called">): ContainerFacts => ({
  id: resource,
  container: nameIn(summary),
  engineId: summary.id,
  image: summary.imageReference,
  state: summary.state,
  health: summary.health ?? null,
  exitCode: summary.exitCode ?? null,
  createdAt: summary.createdAt,
  upMs: summary.upMs ?? null,
  ports: [...new Set(summary.ports.map(portText))].sort(),
});

export const nameIn = ({ names, id }: ContainerSummary): string => names[0] ?? id.slice(0, 12);

/** As `docker ps` writes it. */
function portText({ hostIp = "0.0.0.0", hostPort, containerPort, protocol }: PublishedPort): string {
  const to = `${containerPort}/${protocol}`;
  if (hostPort === undefined) return to;
  const port = typeof hostPort === "number" ? String(hostPort) : `${hostPort.first}-${hostPort.last}`;
  return `${hostIp.includes(":") ? `[${hostIp}]` : hostIp}:${port}->${to}`;
}

import { unreachable } from "../../core/unreachable.ts";
import type { Kind } from "../../resources/index.ts";
import type { Provider } from "../provider.ts";
import type { DesiredOptions } from "./options.ts";

/** What lives in a container engine, which an environment without containers does not need. */
const ofEngine: readonly Kind[] = ["network", "volume", "image", "container"];

/** What comes before the deployment. */
const preparing: readonly Kind[] = ["instance", "role", "database", "extension", "migration", "grant", "job"];

export interface EngineUse {
  /** Now, or it had: what is left of them has to go. */
  readonly hasContainers: boolean;
  /** The server or a job is in a container: what these need is there before the deployment. */
  readonly isPreparedThere: boolean;
  /** Services were named, and the server's container is one of them. */
  readonly isServerMeant: boolean;
}

/**
 * The kinds that a wish speaks of. What a stopped or removed server holds goes nowhere by itself: its roles and tables
 * are neither asked for nor taken away. An external server is not ours to stop; there only the database and the roles go,
 * and only with the leave to delete data. Stopped containers keep their networks and volumes.
 */
export function kindsInScope(
  options: DesiredOptions,
  provider: Provider,
  hasBackups: boolean,
  { hasContainers, isPreparedThere, isServerMeant }: EngineUse,
): ReadonlySet<Kind> {
  const { to = "running", deleteData = false, skipInit = false, skipDeployment = false } = options;
  const running: readonly Kind[] = hasContainers ? ["process", "container"] : ["process"];
  const prepared: readonly Kind[] = isPreparedThere ? ["network", "volume", "image"] : [];
  const deployed: readonly Kind[] = hasContainers ? ["process", ...ofEngine] : ["process"];
  if (options.backup !== undefined) return new Set<Kind>(["instance", "backup"]);
  if (options.prune !== undefined && to !== "absent") return new Set<Kind>(options.prune.kinds);
  if (options.build !== undefined) return new Set<Kind>(["image"]);
  if (options.services !== undefined) {
    const server: readonly Kind[] = isServerMeant ? ["instance"] : [];
    return new Set<Kind>([...server, ...(to === "running" ? ofEngine : (["container"] as const))]);
  }
  // Somebody restarts a service in the middle of an incident: what else is pending waits for an apply.
  if (options.restart !== undefined) return new Set<Kind>(["instance", ...running]);
  const backup: readonly Kind[] = hasBackups ? ["backup"] : [];
  switch (to) {
    case "running": {
      const before = preparing.filter((kind) => !(kind === "job" && skipInit));
      return new Set([...before, ...backup, ...(skipDeployment ? prepared : deployed)]);
    }
    case "stopped":
      return new Set<Kind>(provider !== "external" ? ["instance", ...running] : running);
    case "empty":
      return new Set<Kind>(["instance", "database", ...backup, ...running]);
    case "absent":
      if (provider !== "external") return new Set<Kind>(["instance", ...backup, ...deployed]);
      return new Set<Kind>(deleteData ? ["role", "database", ...backup, ...deployed] : deployed);
    default:
      return unreachable(to);
  }
}

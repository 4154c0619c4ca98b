import { unreachable } from "../../core/unreachable.ts";
import type { Kind } from "../../resources/index.ts";
import type { DesiredOptions } from "./options.ts";

const everything: readonly Kind[] = [
  "instance",
  "role",
  "database",
  "extension",
  "migration",
  "grant",
  "job",
  "process",
];

/**
 * The kinds that a wish speaks of. What a stopped or removed server holds goes nowhere by itself: its roles and tables
 * are neither asked for nor taken away. An external server is not ours to stop; there only the database and the roles go,
 * and only with the leave to delete data.
 */
export function kindsInScope(options: DesiredOptions, provider: "embedded" | "external"): ReadonlySet<Kind> {
  const { to = "running", deleteData = false, skipInit = false, skipDeployment = false } = options;
  // Somebody restarts a service in the middle of an incident: what else is pending waits for an apply.
  if (options.restart !== undefined) return new Set<Kind>(["instance", "process"]);
  switch (to) {
    case "running":
      return new Set(
        everything.filter((kind) => !(kind === "job" && skipInit) && !(kind === "process" && skipDeployment)),
      );
    case "stopped":
      return new Set<Kind>(provider === "embedded" ? ["instance", "process"] : ["process"]);
    case "empty":
      return new Set<Kind>(["instance", "database", "process"]);
    case "absent":
      if (provider === "embedded") return new Set<Kind>(["instance", "process"]);
      return new Set<Kind>(deleteData ? ["role", "database", "process"] : ["process"]);
    default:
      return unreachable(to);
  }
}

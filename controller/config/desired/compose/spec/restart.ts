import type { ComposeService } from "../../../compose/service-model.ts";
import type { RestartPolicy } from "../../../../core/ports/container-spec.ts";

/** `deploy.restart_policy` is stronger than `restart` (docker/compose, pkg/compose/create.go: getRestartPolicy). */
export function restartOf({ restart, deploy }: ComposeService): RestartPolicy | undefined {
  const { condition, max_attempts: maxAttempts = 0 } = deploy?.restart_policy ?? {};
  // Without a condition the specification means `any`.
  if (deploy?.restart_policy !== undefined) return policyOf(condition ?? "any", maxAttempts);
  if (restart === undefined || restart === "") return undefined;
  const [name = "", times] = restart.split(":");
  return policyOf(name, Number(times ?? 0));
}

function policyOf(condition: string, maxRetries: number): RestartPolicy {
  switch (condition) {
    case "any":
    case "always":
      return { name: "always" };
    case "unless-stopped":
      return { name: "unless-stopped" };
    case "on-failure":
      return { name: "on-failure", maxRetries };
    default:
      return { name: "no" };
  }
}

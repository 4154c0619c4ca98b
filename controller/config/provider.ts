import type { EnvironmentConfig } from "../../schema/generated/config.ts";

export type Provider = "embedded" | "external" | "container";

/** Who runs the environment's server: as written, else what the rest of the environment implies. */
export function providerOf({ postgres, init = [], deployment }: EnvironmentConfig): Provider {
  if (postgres?.provider !== undefined) return postgres.provider;
  if (postgres?.url !== undefined) return "external";
  // From inside a container a server of this host's own address is not reached.
  const runsContainers = [deployment ?? {}, ...init].some(({ compose, pod }) => (compose ?? pod) !== undefined);
  return runsContainers ? "container" : "embedded";
}

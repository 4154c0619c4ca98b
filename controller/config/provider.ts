import type { EnvironmentConfig } from "../../schema/generated/config.ts";

export type Provider = "embedded" | "external" | "container";

/** Who runs the environment's server: as written, else what the rest of the environment implies. */
export function providerOf({ postgres, deployment }: EnvironmentConfig): Provider {
  if (postgres?.provider !== undefined) return postgres.provider;
  if (postgres?.url !== undefined) return "external";
  return deployment?.compose !== undefined || deployment?.pod !== undefined ? "container" : "embedded";
}

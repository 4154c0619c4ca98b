import type { InitConfig } from "../../../schema/generated/config.ts";
import { resourceId, type ResourceId } from "../../core/id.ts";
import type { EnvironmentSource } from "../source.ts";
import type { Written } from "../variables.ts";
import type { NamedFiles } from "./compose/load.ts";
import { writtenOf } from "./environment.ts";

export interface StepFiles {
  readonly named: NamedFiles;
  /** The variables that the item gives its file, in front of those of the environment. */
  readonly own: ReadonlyMap<string, Written>;
}

/** What the Compose file of one item of `init:` is read as. */
export const stepFiles = (
  index: number,
  { compose = "", environment: own }: InitConfig,
  project: string,
  { name, placeOf }: EnvironmentSource,
): StepFiles => ({
  named: { name: `${project}-${name}`, compose: [compose], from: placeOf(["init", index, "compose"]) },
  own: writtenOf(own, (variable) => placeOf(["init", index, "environment", variable])),
});

/** `deploy/init-compose.yml` is the step `init-compose`, unless the item has a name. */
export const stepName = ({ name, compose = "" }: InitConfig): string =>
  name ??
  (compose
    .replace(/^.*\//, "")
    .replace(/\.ya?ml$/, "")
    .replaceAll(/[^A-Za-z0-9_.]+/g, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "") ||
    "job");

/** Of the job, or the helper of jobs, that a service of the step's file is. */
export const stepJobId = (step: string, service: string): ResourceId => resourceId("job", `${step}-${service}`);

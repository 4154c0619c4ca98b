import { contractsField, contractsText } from "../../core/known-contracts.ts";
import type { DesiredContainer } from "../../resources/container/model.ts";
import type { DeploymentWish, WantedPart } from "../../resources/migration/phases/model.ts";
import type { DesiredResources } from "../../resources/index.ts";
import type { OutlineResources } from "../../resources/outline.ts";
import type { DesiredProcess } from "../../resources/process/model.ts";
import type { DesiredOptions } from "./options.ts";

/**
 * Tells migrations what the files ask for beside them: some wait until nothing older runs.
 *
 * @param hasContainers something of the environment is, or may be, on a container engine
 */
export function withDeployment(
  resources: OutlineResources,
  { skipDeployment }: Pick<DesiredOptions, "skipDeployment">,
  hasContainers: boolean,
): OutlineResources {
  const parts = [...resources.process.map(processPart), ...resources.container.map(containerPart)];
  const deployment: DeploymentWish = { ...(skipDeployment === true ? {} : { parts }), hasContainers };
  return { ...resources, migration: resources.migration.map((one) => ({ ...one, deployment })) };
}

/** Each process is told which contracts were in the files when it was started: it keeps that for as long as it runs. */
export function knowingContracts(resources: DesiredResources): DesiredResources {
  const contracts = resources.migration.flatMap(({ files }) => files.filter(({ phase }) => phase === "contract"));
  const text = contractsText(contracts.map(({ order }) => order));
  if (text === undefined) return resources;
  const process = resources.process.map((one) => ({
    ...one,
    fields: new Map([...one.fields, [contractsField, text]]),
  }));
  return { ...resources, process };
}

/** `web.2` is the second replica of `web`. */
const processPart = ({ id, name, configHash }: DesiredProcess): WantedPart => ({
  id,
  service: name.replace(/\.\d+$/, ""),
  config: configHash,
});

const containerPart = ({ id, service, config, image, spec }: DesiredContainer): WantedPart => ({
  id,
  service,
  config: config.fixed,
  image: { id: image, reference: spec.image },
});

import type { ComposeProject } from "./model.ts";

/** The project with those networks, volumes, configs and secrets alone that an active service uses, as Compose has it. */
export function onlyUsed(project: ComposeProject): ComposeProject {
  const used = {
    networks: new Set<string>(),
    volumes: new Set<string>(),
    configs: new Set<string>(),
    secrets: new Set<string>(),
  };
  for (const service of project.services.values()) {
    for (const name of service.networks?.keys() ?? []) used.networks.add(name);
    for (const { type, source } of service.volumes ?? []) {
      if (type === "volume" && source !== undefined) used.volumes.add(source);
    }
    for (const { source } of service.configs ?? []) used.configs.add(source);
    for (const { source } of [...(service.secrets ?? []), ...(service.build?.secrets ?? [])]) used.secrets.add(source);
  }
  const kept = <T>(all: ReadonlyMap<string, T>, names: ReadonlySet<string>): ReadonlyMap<string, T> =>
    new Map([...all].filter(([name]) => names.has(name)));
  return {
    ...project,
    networks: kept(project.networks, used.networks),
    volumes: kept(project.volumes, used.volumes),
    unusedVolumes: [...project.volumes].flatMap(([key, { name }]) => (used.volumes.has(key) ? [] : [name])),
    configs: kept(project.configs, used.configs),
    secrets: kept(project.secrets, used.secrets),
  };
}

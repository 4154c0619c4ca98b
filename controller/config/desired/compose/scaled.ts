import { PoststackError } from "../../../core/errors.ts";
import type { ComposeProject } from "../../compose/model.ts";
import { knownNames } from "../../known-names.ts";
import type { Problems } from "../../problems.ts";
import type { LoadedDeployment } from "./load.ts";

/** The project with as many containers of each of these services as somebody asked for, whatever its file says. */
export function scaled(
  loaded: LoadedDeployment,
  scale: ReadonlyMap<string, number> | undefined,
  problems: Problems,
): LoadedDeployment {
  if (scale === undefined || scale.size === 0) return loaded;
  const { project, placeOf } = loaded;
  const services = new Map(project.services);
  for (const [name, count] of scale) {
    const service = services.get(name);
    if (service === undefined) problems.add([unknownService(name, project)]);
    else if (service.container_name !== undefined && count > 1) {
      const what = `service \`${name}\` has a \`container_name\`, so there can be only one of it`;
      const where = placeOf(["services", name, "container_name"]);
      problems.add([new PoststackError("COMPOSE_CONFLICT", { what, where, next: "leave out the `container_name`" })]);
    } else services.set(name, { ...service, scale: count });
  }
  return { ...loaded, project: { ...project, services } };
}

const unknownService = (name: string, { services }: ComposeProject): PoststackError =>
  new PoststackError("TARGET_UNKNOWN", {
    what: `there is no service \`${name}\` to scale`,
    next: knownNames(name, [...services.keys()]),
  });

import type { ImageConfig } from "../../core/ports/container-images.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";

/**
 * A spec with what its image adds where it is silent, which is how an engine shows a container (Docker: `docker run`,
 * "Override image defaults"). Both sides of a comparison go through here: a container that was observed has it already,
 * and stays as it is. The image's volumes are left out: an engine does not tell them among what was asked for.
 */
export function withImageDefaults(spec: ContainerSpec, image: ImageConfig | undefined): ContainerSpec {
  if (image === undefined) return spec;
  // An entrypoint of one's own takes the image's command away.
  const command = spec.command ?? (spec.entrypoint === undefined ? image.command : undefined);
  const entrypoint = spec.entrypoint ?? image.entrypoint;
  const user = spec.user ?? image.user;
  const workingDirectory = spec.workingDirectory ?? image.workingDirectory;
  const stopSignal = spec.stopSignal ?? image.stopSignal;
  const healthcheck = healthcheckOf(spec.healthcheck, image.healthcheck);
  const published = new Set(spec.ports.map(portName));
  return {
    ...spec,
    environment: new Map([...image.environment, ...spec.environment].filter(([, value]) => value !== undefined)),
    labels: new Map([...image.labels, ...spec.labels]),
    // What is published is exposed by that alone.
    expose: [...new Set([...image.expose, ...spec.expose])].filter((port) => !published.has(port)).sort(),
    ...(command === undefined ? {} : { command }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(user === undefined ? {} : { user }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    ...(stopSignal === undefined ? {} : { stopSignal }),
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

/** Field by field; a check without a test of its own runs the image's. */
function healthcheckOf(
  own: ContainerSpec["healthcheck"],
  image: ImageConfig["healthcheck"],
): ContainerSpec["healthcheck"] {
  if (own === undefined || own === "none") return own ?? image;
  return image === undefined || image === "none" ? own : { ...image, ...own };
}

const portName = ({ containerPort, protocol }: ContainerSpec["ports"][number]): string =>
  `${containerPort}/${protocol}`;

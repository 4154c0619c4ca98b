import type { Place } from "../core/place.ts";
import type { ContainerSpec } from "../core/ports/container-spec.ts";
import type { Desired } from "../resources/index.ts";

/** What means another machine than this one when the engine is far. */
export interface HostPlace {
  readonly what: (engine: string) => string;
  readonly where: Place;
}

/**
 * Paths and addresses of "the host" in what is asked for. An engine takes them for its own machine's: a folder of the
 * project is not there, and a missing one is made, empty, where the file does not forbid it.
 */
export function hostPlaces({ resources, endpoint }: Desired): readonly HostPlace[] {
  const mounted = ({ mounts }: ContainerSpec, name: string, where: Place): readonly HostPlace[] =>
    mounts.flatMap((mount) =>
      mount.type === "bind"
        ? [
            {
              what: (engine) => `${name} mounts ${mount.source} of the engine's machine (${engine}), not of this one`,
              where,
            },
          ]
        : [],
    );
  const [server] = resources.instance;
  const isNear = endpoint !== undefined && /^(?:127\.[\d.]+|::1|localhost)$/.test(endpoint.host);
  return [
    ...resources.container.flatMap(({ id, to, spec, place }) => (to === "running" ? mounted(spec, id, place) : [])),
    ...resources.job.flatMap(({ id, container, place }) =>
      container === undefined ? [] : mounted(container.spec, id, place),
    ),
    ...(server?.provider === "container" && server.to === "running" && isNear
      ? [
          {
            what: (engine: string) =>
              `Postgres runs on the engine's machine (${engine}), and ${endpoint.host} is this one: say where it is reached with postgres.host and postgres.bind`,
            where: server.place,
          },
        ]
      : []),
  ];
}

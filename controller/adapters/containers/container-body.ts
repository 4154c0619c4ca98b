import type { ContainerSpec, NetworkAttachment } from "../../core/ports/container-spec.ts";
import type { Text } from "../../core/secret.ts";
import type { Json } from "./answer.ts";
import { writeFields } from "./fields.ts";
import {
  blkioFields,
  configFields,
  hostFields,
  namespaceFields,
  resourceFields,
  securityFields,
} from "./spec-fields.ts";
import { plain } from "./plain.ts";
import { writeMounts } from "./spec-mounts.ts";
import { networkMode, writeAttachment } from "./spec-network.ts";
import { writePorts } from "./spec-ports.ts";

/**
 * The body of "Create a container", with the networks that are given.
 *
 * @param endpoints which of the spec's networks the engine takes at creation: one only before API 1.44
 */
export function containerBody(spec: ContainerSpec, endpoints: ReadonlyMap<string, NetworkAttachment>): Json {
  const { blkio, ...resources } = spec.resources ?? {};
  const ports = writePorts(spec.ports);
  const exposed = [...spec.expose, ...Object.keys(ports)];
  return {
    ...writeFields(configFields, spec),
    Env: environmentLines(spec.environment),
    Labels: Object.fromEntries(spec.labels),
    ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])),
    HostConfig: {
      ...writeFields(hostFields, spec),
      ...writeFields(resourceFields, resources),
      ...writeFields(blkioFields, blkio),
      ...writeFields(securityFields, spec.security),
      ...writeFields(namespaceFields, spec.namespaces),
      ...writeMounts(spec.mounts),
      PortBindings: ports,
      NetworkMode: networkMode(spec.network),
    },
    NetworkingConfig: {
      EndpointsConfig: Object.fromEntries([...endpoints].map(([name, settings]) => [name, writeAttachment(settings)])),
    },
  };
}

/** `NAME=value`; a bare `NAME` takes it out of what the image sets. */
export const environmentLines = (environment: ReadonlyMap<string, Text | undefined>): readonly string[] =>
  [...environment].map(([name, value]) => (value === undefined ? name : `${name}=${plain(value)}`));

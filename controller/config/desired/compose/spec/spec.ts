import type { ContainerSpec, Mount } from "../../../../core/ports/container-spec.ts";
import type { Text } from "../../../../core/secret.ts";
import { Secret } from "../../../../core/secret.ts";
import { present } from "../../../compose/decode/fields.ts";
import type { ComposeService } from "../../../compose/service-model.ts";
import type { Path } from "../../../source.ts";
import { imageOf } from "../images.ts";
import type { ComposeWishes } from "../wishes.ts";
import { healthcheckOf } from "./healthcheck.ts";
import { hostsOf } from "./hosts.ts";
import { mountOf, tmpfsOf } from "./mounts.ts";
import { namespacesOf, securityOf } from "./namespaces.ts";
import { linksOf, networkOf } from "./network.ts";
import { exposedPorts, portOf } from "./ports.ts";
import { resourcesOf } from "./resources.ts";
import { restartOf } from "./restart.ts";
import { securityOptionOf } from "./security-options.ts";

/**
 * What a container of a service is made from. Keys that are left out here are those that the loading refuses, ignores
 * with a warning, or has worked in.
 *
 * @param number which of the service's containers, from 1
 * @param mounts of its configs and secrets
 * @throws PoststackError `CONFIG_TYPE`, `COMPOSE_REFUSED`, `FILE_*`, `PATH_OUTSIDE`
 */
export function specOf(
  name: string,
  service: ComposeService,
  number: number,
  mounts: readonly Mount[],
  wishes: ComposeWishes,
): ContainerSpec {
  const { loaded, peers, files } = wishes;
  const { project } = loaded;
  const placeOf = (...path: Path) => loaded.placeOf(["services", name, ...path]);
  const security = (service.security_opt ?? []).map((option, index) =>
    securityOptionOf(option, project.directory, files, placeOf("security_opt", index)),
  );
  const network = networkOf(name, service, number, project, peers);
  return {
    image: imageOf(name, service, project.name),
    environment: environmentOf(name, service, wishes),
    labels: service.labels ?? new Map(),
    network,
    // In another one's network, or in the host's, there is nothing to publish.
    ports:
      service.network_mode === "host"
        ? []
        : (service.ports ?? []).map((port, index) => portOf(port, placeOf("ports", index))),
    expose: [...new Set((service.expose ?? []).flatMap((text, index) => exposedPorts(text, placeOf("expose", index))))],
    mounts: [
      ...(service.volumes ?? []).map((volume, index) => mountOf(volume, project, placeOf("volumes", index))),
      ...(service.tmpfs ?? []).map(tmpfsOf),
      ...mounts,
    ],
    ...present({
      platform: unlessEmpty(service.platform),
      entrypoint: service.entrypoint,
      command: service.command,
      annotations: service.annotations?.size === 0 ? undefined : service.annotations,
      user: unlessEmpty(service.user),
      groups: unlessNone(service.group_add),
      workingDirectory: unlessEmpty(service.working_dir),
      hostname: unlessEmpty(service.hostname),
      domainname: unlessEmpty(service.domainname),
      tty: service.tty === true ? true : undefined,
      stdinOpen: service.stdin_open === true ? true : undefined,
      healthcheck: healthcheckOf(service.healthcheck),
      stopSignal: unlessEmpty(service.stop_signal),
      stopGraceMs: service.stop_grace_period,
      restart: restartOf(service),
      volumesFrom: unlessNone((service.volumes_from ?? []).map((from) => volumesFromOf(from, wishes))),
      resources: resourcesOf(service),
      security: securityOf(service, security),
      namespaces: namespacesOf(service, peers),
      logging: loggingOf(service),
      dns: unlessNone(service.dns),
      dnsSearch: unlessNone(service.dns_search),
      dnsOptions: unlessNone(service.dns_opt),
      extraHosts: service.extra_hosts === undefined ? undefined : unlessNone(hostsOf(service.extra_hosts)),
      // Elsewhere the settings of each network hold them.
      links: network.mode === "default" ? unlessNone(linksOf(service, number, project.name, peers)) : undefined,
      init: service.init,
      runtime: unlessEmpty(service.runtime),
      storageOptions: service.storage_opt?.size === 0 ? undefined : service.storage_opt,
    }),
  };
}

/**
 * Exactly what the file says. A value out of an env file is a secret, as far as plans are concerned: that is where people
 * keep their API keys.
 */
function environmentOf(
  name: string,
  { environment = new Map() }: ComposeService,
  { loaded, placeholders: { lift } }: ComposeWishes,
): ContainerSpec["environment"] {
  return new Map(
    [...environment].map(([variable, value]): [string, Text | undefined] => {
      if (value === null) return [variable, undefined];
      const text = lift(value);
      const isPrivate = loaded.isPrivate(["services", name, "environment", variable]);
      return [variable, isPrivate && typeof text === "string" && text !== "" ? new Secret(text) : text];
    }),
  );
}

/** The engine's own name for where the volumes are: `SERVICE[:ro]` becomes `myapp-dev-web-1[:ro]`. */
function volumesFromOf(from: string, { peers }: ComposeWishes): string {
  if (from.startsWith("container:")) return from.slice("container:".length);
  const [service = "", mode] = from.split(":");
  const { name } = peers.first(service);
  return mode === undefined ? name : `${name}:${mode}`;
}

function loggingOf({ logging }: ComposeService): ContainerSpec["logging"] {
  const { driver, options = new Map() } = logging ?? {};
  if ((driver === undefined || driver === "") && options.size === 0) return undefined;
  // Options without a driver are those of the engine's own, which Docker calls json-file unless it was told otherwise.
  return { driver: unlessEmpty(driver) ?? "json-file", options };
}

const unlessEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);
const unlessNone = <T>(list: readonly T[] | undefined): readonly T[] | undefined =>
  list === undefined || list.length === 0 ? undefined : list;

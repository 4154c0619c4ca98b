import { present } from "../../../compose/decode/fields.ts";
import type { ComposeService } from "../../../compose/service-model.ts";
import type { Namespaces, Security } from "../../../../core/ports/container-spec.ts";
import type { Peers } from "../peers.ts";

/** `service:NAME` is the container of that service; anything else is the engine's own word. */
export function namespacesOf(service: ComposeService, peers: Peers): Namespaces | undefined {
  const found = present({
    pid: shared(service.pid, peers),
    ipc: shared(service.ipc, peers),
    uts: shared(service.uts, peers),
    user: unlessEmpty(service.userns_mode),
    cgroup: service.cgroup,
    cgroupParent: unlessEmpty(service.cgroup_parent),
    isolation: unlessEmpty(service.isolation),
  });
  return Object.keys(found).length === 0 ? undefined : found;
}

/** @param options `security_opt`, with the texts of profiles */
export function securityOf(service: ComposeService, options: readonly string[]): Security | undefined {
  const capabilities = (names: readonly string[] | undefined): readonly string[] | undefined =>
    names === undefined || names.length === 0
      ? undefined
      : names.map((name) => name.toUpperCase().replace(/^CAP_/, ""));
  const found = present({
    privileged: service.privileged === true ? true : undefined,
    readOnly: service.read_only === true ? true : undefined,
    addCapabilities: capabilities(service.cap_add),
    dropCapabilities: capabilities(service.cap_drop),
    options: options.length === 0 ? undefined : options,
    sysctls: service.sysctls?.size === 0 ? undefined : service.sysctls,
  });
  return Object.keys(found).length === 0 ? undefined : found;
}

function shared(mode: string | undefined, peers: Peers): string | undefined {
  if (mode === undefined || mode === "") return undefined;
  return mode.startsWith("service:") ? `container:${peers.first(mode.slice("service:".length)).name}` : mode;
}

const unlessEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

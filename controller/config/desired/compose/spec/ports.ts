import { PoststackError } from "../../../../core/errors.ts";
import type { Place } from "../../../../core/place.ts";
import type { PublishedPort } from "../../../../core/ports/container-spec.ts";
import { present } from "../../../compose/decode/fields.ts";
import type { ComposePort } from "../../../compose/part-models.ts";

const protocols = ["tcp", "udp", "sctp"] as const;

/** @throws PoststackError `CONFIG_TYPE` */
export function portOf(port: ComposePort, where: Place): PublishedPort {
  const { target, protocol, host_ip: hostIp, published } = port;
  return {
    containerPort: target,
    protocol: protocolOf(protocol, where),
    ...present({ hostIp: hostIp === "" ? undefined : hostIp, hostPort: hostPortOf(published) }),
  };
}

/** `53/udp` or `3000-3002`, as a container says them: one by one, each with its protocol. */
export function exposedPorts(text: string, where: Place): readonly string[] {
  const [range = "", protocol = "tcp"] = text.split("/");
  const [first, last = first] = range.split("-").map(Number);
  if (first === undefined || last === undefined || !(first >= 1 && first <= last && last <= 65_535)) {
    throw new PoststackError("CONFIG_TYPE", {
      what: `${JSON.stringify(text)} is no port of the container`,
      where,
      next: "write a port such as 3000, a range such as 3000-3002, or 53/udp",
    });
  }
  const known = protocolOf(protocol, where);
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${known}`);
}

function hostPortOf(published: string | undefined): PublishedPort["hostPort"] | undefined {
  if (published === undefined) return undefined;
  const [first = 0, last] = published.split("-").map(Number);
  return last === undefined || last === first ? first : { first, last };
}

function protocolOf(text: string, where: Place): PublishedPort["protocol"] {
  const known = protocols.find((protocol) => protocol === text.toLowerCase());
  if (known !== undefined) return known;
  throw new PoststackError("CONFIG_TYPE", {
    what: `${JSON.stringify(text)} is no protocol of a port`,
    where,
    next: `use one of ${protocols.join(", ")}`,
  });
}

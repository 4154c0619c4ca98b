import type { ReadyConfig } from "../../../schema/generated/config.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import type { Probe } from "../../core/ports/host.ts";
import type { Path } from "../source.ts";
import type { Variables } from "../variables.ts";
import { plainText } from "./environment.ts";

/**
 * When a process counts as started.
 *
 * @param port the process's own, which a path or nothing else means
 * @throws PoststackError `CONFIG_TYPE`, `SECRET_EXPOSED`, `VARIABLE_*`
 */
export function probeOf(
  ready: ReadyConfig | undefined,
  variables: Variables,
  placeOf: (key: Path) => Place,
  port: number,
): Probe | undefined {
  const plain = (text: string | number | boolean, key: Path): string =>
    plainText(variables, { text: String(text), place: placeOf(key) }).value;
  if (ready?.http !== undefined) return httpProbe(plain(ready.http, ["http"]), port, placeOf(["http"]));
  if (ready?.tcp !== undefined) return tcpProbe(plain(ready.tcp, ["tcp"]), placeOf(["tcp"]));
  if (ready?.command === undefined) return undefined;
  const [program = "", ...args] = ready.command.map((word, index) => plain(word, ["command", index]));
  return { type: "command", command: [program, ...args] };
}

function httpProbe(text: string, port: number, where: Place): Probe {
  const url = text.startsWith("/") ? `http://127.0.0.1:${port}${text}` : text;
  const isHttp = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (isHttp) return { type: "http", url };
  throw new PoststackError("CONFIG_TYPE", {
    what: `${JSON.stringify(text)} is neither a path nor a URL of http or https`,
    where,
    next: "write a path such as /health, which means the process's own PORT, or a whole URL",
  });
}

function tcpProbe(text: string, where: Place): Probe {
  const [, bracketed, plainHost, digits = ""] = /^(?:\[([^\]]+)\]:|([^:\s]+):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (port >= 1 && port <= 65_535) return { type: "tcp", host: bracketed ?? plainHost ?? "127.0.0.1", port };
  throw new PoststackError("CONFIG_TYPE", {
    what: `${JSON.stringify(text)} is neither a port nor host:port`,
    where,
    next: "write a port such as 8080, or host:port",
  });
}

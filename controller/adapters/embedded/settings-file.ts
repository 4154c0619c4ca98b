import { statSync } from "node:fs";
import { join } from "node:path";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import { settingLine } from "../../core/setting-line.ts";
import { readOrNothing } from "./control-file.ts";

/** Our file inside the data directory, included at the end of postgresql.conf, so that it wins. */
export const settingsFileName = "poststack.conf";
export const includeLine = `include_if_exists = '${settingsFileName}'`;

const heading = "# Written by Poststack from .poststack.yml; what you change here is undone by the next apply.";
const divider = "# parameters:";

/** @throws PoststackError `PARAMETER_INVALID`: a name or value that no configuration file can hold */
export function renderSettings(
  { bind, port }: EmbeddedSpec,
  socketDirectory: string,
  parameters: ReadonlyMap<string, string>,
): string {
  const own = [
    ["listen_addresses", bind],
    ["port", String(port)],
    ["unix_socket_directories", `"${socketDirectory.replaceAll('"', '""')}"`],
    ["unix_socket_permissions", "0700"],
    // The default of Postgres 13 is md5.
    ["password_encryption", "scram-sha-256"],
    // To the file that Poststack opened and keeps small.
    ["log_destination", "stderr"],
    ["logging_collector", "off"],
    ["log_line_prefix", "%m [%p] %q%u@%d "],
  ] as const;
  const chosen = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1));
  return [heading, ...own.map(toLine), divider, ...chosen.map(toLine), ""].join("\n");
}

const toLine = ([name, value]: readonly [string, string]): string => settingLine(name, value);

/**
 * The settings that are in force after the next start: the chosen parameters, and `port` and `listen_addresses`. Lower-case
 * names. Empty when there is no file.
 */
export function readSettings(data: string): ReadonlyMap<string, string> {
  const text = readOrNothing(join(data, settingsFileName)) ?? "";
  const [own = "", chosen = ""] = text.split(`\n${divider}\n`);
  const kept = [...parse(own)].filter(([name]) => name === "port" || name === "listen_addresses");
  return new Map([...kept, ...parse(chosen)]);
}

/** The rename that put it there counts too. */
export const settingsChangedAt = (data: string): Date | undefined =>
  statSync(join(data, settingsFileName), { throwIfNoEntry: false })?.ctime;

function parse(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", quoted, bare = ""] of text.matchAll(
    /^[ \t]*([A-Za-z_][\w$.]*)[ \t]*(?:=|[ \t])[ \t]*(?:'((?:[^'\\]|''|\\.)*)'|([^\s'#]+))/gm,
  )) {
    found.set(name.toLowerCase(), quoted === undefined ? bare : unquote(quoted));
  }
  return found;
}

const unquote = (text: string): string =>
  text.replaceAll(/''|\\([0-7]{1,3}|.)/g, (all, escaped: string | undefined) => {
    if (escaped === undefined) return "'";
    return /^[0-7]/.test(escaped) ? String.fromCharCode(Number.parseInt(escaped, 8)) : all.slice(1);
  });

/** Passwords only, by SCRAM, from this machine; from elsewhere when the server listens for elsewhere. */
export function renderHostAccess(bind: string): string {
  const isLocal = /^(127\.[\d.]+|::1|localhost)$/.test(bind);
  return [
    "# Written by Poststack: SCRAM passwords and nothing else.",
    "local all all scram-sha-256",
    "host all all 127.0.0.1/32 scram-sha-256",
    "host all all ::1/128 scram-sha-256",
    ...(isLocal ? [] : ["host all all all scram-sha-256"]),
    "",
  ].join("\n");
}

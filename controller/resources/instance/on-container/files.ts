import type { ContainerFile } from "../../../core/ports/containers.ts";
import { keyedHash, type Text } from "../../../core/secret.ts";
import { settingLine } from "../../../core/setting-line.ts";
import { startScript } from "./start-script.ts";

const folder = "/etc/poststack";
export const startFile = `${folder}/start.sh`;
export const settingsFile = `${folder}/postgresql.conf`;
/** The same before it is in force: the server's own program checks it here. */
export const candidateFile = `${folder}/postgresql.conf.new`;
export const verifierFile = `${folder}/superuser`;

/** A parameter of ours that tells which version of the settings file a server has loaded. */
export const digestParameter = "poststack.settings";

/** What we set besides what the files of the project ask for. */
export const ownParameters: ReadonlySet<string> = new Set([
  "listen_addresses",
  "port",
  "password_encryption",
  digestParameter,
]);

type Parameters = ReadonlyMap<string, string>;

/** What differs, differs in this: names have no case, and the order means nothing. */
function settingsDigest(parameters: Parameters): string {
  const lines = [...parameters].map(([name, value]) => settingLine(name.toLowerCase(), value)).sort();
  return keyedHash("", lines.join("\n")).slice(0, 16);
}

/**
 * The cluster's own file first, with what initdb and the init scripts of an image put there; then ours, which wins. It is
 * no file of the data volume: a server that is taken elsewhere takes along what is its own.
 *
 * @throws PoststackError `PARAMETER_INVALID`: a name or value that no configuration file can hold
 */
export function settingsText(parameters: Parameters, data: string): string {
  const chosen = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "# Written by Poststack from .poststack.yml; what you change here is undone by the next apply.",
    `include '${data.replaceAll("'", "''")}/postgresql.conf'`,
    settingLine("listen_addresses", "*"),
    settingLine("port", "5432"),
    // The default of Postgres 13 is md5.
    settingLine("password_encryption", "scram-sha-256"),
    ...chosen.map(([name, value]) => settingLine(name, value)),
    settingLine(digestParameter, settingsDigest(parameters)),
    "",
  ].join("\n");
}

const file = (path: string, content: Text, mode: number): ContainerFile => ({ path, content, mode, uid: 0, gid: 0 });

export const settings = (path: string, text: string): ContainerFile => file(path, text, 0o644);

/**
 * @param verifier of the superuser's password, for a server that may begin anew: without it, an empty volume is refused.
 *   It is not the password, and lies where the entrypoint of the image looks for one: initdb takes the one like the other.
 */
export const filesFor = (
  parameters: Parameters,
  data: string,
  verifier: string | undefined,
): readonly ContainerFile[] => [
  file(startFile, startScript, 0o755),
  settings(settingsFile, settingsText(parameters, data)),
  ...(verifier === undefined ? [] : [file(verifierFile, `${verifier}\n`, 0o600)]),
];

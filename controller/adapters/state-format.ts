import { createHash } from "node:crypto";
import { PoststackError } from "../core/errors.ts";
import type { ResourceId } from "../core/id.ts";
import type { EngineIdentity } from "../core/ports/container-facts.ts";
import type { StateFacts } from "../core/ports/state.ts";
import { reveal, Secret } from "../core/secret.ts";

const currentVersion = 1;

/** The facts as they lie in the file. Secrets are a list: a name may be any text, also one that an object treats specially. */
interface StoredFacts {
  readonly environment: string;
  readonly owner: string;
  readonly secrets: readonly { readonly name: string; readonly current: string }[];
  readonly systemIdentifier?: string;
  readonly engine?: EngineIdentity;
  readonly unfinishedStarts?: readonly { readonly id: string; readonly container: string }[];
}

/** The file's text: version and checksum around the facts. The checksum finds damage; it is no protection against a forger. */
export function renderState(facts: StateFacts, environment: string): string {
  const starts = [...(facts.unfinishedStarts ?? [])].map(([id, container]) => ({ id, container }));
  const stored: StoredFacts = {
    environment,
    owner: facts.owner,
    secrets: [...facts.secrets].map(([name, { current }]) => ({ name, current: reveal(current) })),
    ...(facts.systemIdentifier === undefined ? {} : { systemIdentifier: facts.systemIdentifier }),
    ...(facts.engine === undefined ? {} : { engine: facts.engine }),
    ...(starts.length === 0 ? {} : { unfinishedStarts: starts }),
  };
  return `${JSON.stringify({ version: currentVersion, checksum: checksumOf(stored), facts: stored }, null, 2)}\n`;
}

/** @throws PoststackError `STATE_LOST`, `STATE_NEWER` */
export function parseState(text: string, environment: string, file: string): StateFacts {
  const document = parseJson(text);
  if (!isRecord(document)) throw stateLost(file, "is damaged: it is not JSON");
  const { version, checksum, facts } = document;
  if (typeof version === "number" && version > currentVersion) {
    throw new PoststackError("STATE_NEWER", {
      what: `${file} has version ${version}, this Poststack knows up to ${currentVersion}`,
      next: "update Poststack",
    });
  }
  if (version !== currentVersion || checksum !== checksumOf(facts))
    throw stateLost(file, "is damaged: its checksum is wrong");
  if (!isStoredFacts(facts)) throw stateLost(file, "does not have the form of a state");
  if (facts.environment !== environment) {
    throw stateLost(file, `belongs to environment "${facts.environment}", not to "${environment}"`);
  }
  const { unfinishedStarts: starts } = facts;
  return {
    owner: facts.owner,
    secrets: new Map(facts.secrets.map(({ name, current }) => [name, { current: new Secret(current) }])),
    ...(facts.systemIdentifier === undefined ? {} : { systemIdentifier: facts.systemIdentifier }),
    ...(facts.engine === undefined ? {} : { engine: facts.engine }),
    ...(starts === undefined
      ? {}
      : { unfinishedStarts: new Map(starts.map(({ id, container }) => [id as ResourceId, container])) }),
  };
}

export const stateLost = (file: string, how: string, details: readonly string[] = []): PoststackError =>
  new PoststackError("STATE_LOST", {
    what: `${file} ${how}`,
    next: "put the file back from a backup; if the environment's data may go, move its directory away and apply again",
    details,
  });

const checksumOf = (facts: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(facts) ?? "")
    .digest("hex");

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === "string";

const isEngine = (value: unknown): boolean =>
  value === undefined ||
  (isRecord(value) &&
    (value["engine"] === "docker" || value["engine"] === "podman") &&
    typeof value["address"] === "string");

const isStarts = (value: unknown): boolean =>
  value === undefined ||
  (Array.isArray(value) &&
    value.every(
      (entry: unknown) => isRecord(entry) && typeof entry["id"] === "string" && typeof entry["container"] === "string",
    ));

const isStoredFacts = (value: unknown): value is StoredFacts =>
  isRecord(value) &&
  typeof value["environment"] === "string" &&
  /^[0-9a-f]{32}$/.test(String(value["owner"])) &&
  isOptionalText(value["systemIdentifier"]) &&
  isEngine(value["engine"]) &&
  isStarts(value["unfinishedStarts"]) &&
  Array.isArray(value["secrets"]) &&
  value["secrets"].every(
    (entry: unknown) => isRecord(entry) && typeof entry["name"] === "string" && typeof entry["current"] === "string",
  );

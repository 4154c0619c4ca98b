import type { Row, Session } from "../../../core/ports/postgres.ts";
import { readSettings } from "../asking.ts";
import type { DesiredInstance, ObservedInstance } from "../model.ts";
import { digestParameter, ownParameters, settingsFile } from "./files.ts";

type Told = Pick<
  ObservedInstance,
  "systemIdentifier" | "startedAt" | "written" | "parameters" | "configurationIsLoaded"
>;

/**
 * Which cluster it is, since when it runs, and its settings: those in our file, those in force, and whether the server
 * has read the file as it is now.
 */
export async function readServer(desired: DesiredInstance, session: Session, signal: AbortSignal): Promise<Told> {
  const [row = {}] = await session.query(
    `select (select system_identifier::text from pg_control_system()) as identifier,
            pg_postmaster_start_time() as started_at,
            current_setting($1, true) as loaded,
            (select coalesce(json_object_agg(lower(name), setting order by seqno), '{}') from pg_file_settings
             where sourcefile = $2) as written`,
    [digestParameter, settingsFile],
    signal,
  );
  const inFile = writtenIn(row);
  const wanted = new Set([...desired.parameters.keys()].map((name) => name.toLowerCase()));
  const written = new Map([...inFile].filter(([name]) => wanted.has(name) || !ownParameters.has(name)));
  const { parameters } = await readSettings(session, new Set([...wanted, ...written.keys()]), undefined, signal);
  return {
    systemIdentifier: String(row["identifier"]),
    ...(row["started_at"] instanceof Date ? { startedAt: row["started_at"] } : {}),
    written,
    parameters,
    configurationIsLoaded: row["loaded"] === inFile.get(digestParameter),
  };
}

function writtenIn(row: Row): ReadonlyMap<string, string> {
  const { written } = row;
  if (typeof written !== "object" || written === null) return new Map();
  return new Map(Object.entries(written).map(([name, setting]) => [name, String(setting)]));
}

import type { Drift } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { DesiredInstance, ObservedInstance, ObservedParameter } from "./model.ts";
import { normalise, objection } from "./parameters.ts";

type Values = ReadonlyMap<string, string>;

/** Postgres compares the names of parameters without case. */
const lowerCased = (values: Values): Values => new Map([...values].map(([name, value]) => [name.toLowerCase(), value]));

/** What Poststack decides itself, and where a person says it. */
const reserved: ReadonlyMap<string, string> = new Map([
  ["port", "set `port:` instead"],
  ["listen_addresses", "set `bind:` instead"],
  ["unix_socket_directories", "Poststack places the socket"],
  ["unix_socket_permissions", "Poststack places the socket"],
  ["data_directory", "POSTSTACK_STATE_DIR moves the data"],
  ["config_file", "Poststack keeps the server's files"],
  ["hba_file", "Poststack keeps the server's files"],
  ["ident_file", "Poststack keeps the server's files"],
  ["include", "Poststack keeps the server's files"],
  ["include_dir", "Poststack keeps the server's files"],
  ["include_if_exists", "Poststack keeps the server's files"],
]);

/** All parameters that the server would not take, as one error; a server that is not up is asked when it starts. */
export function invalidParameters(desired: DesiredInstance, observed: ObservedInstance): ErrorFacts | undefined {
  const details = [...desired.parameters].flatMap(([name, value]) => {
    const why = reserved.get(name.toLowerCase()) ?? unacceptable(name.toLowerCase(), value, observed);
    return why === undefined ? [] : [`${name}: ${why}`];
  });
  if (details.length === 0) return undefined;
  return {
    code: "PARAMETER_INVALID",
    what: `the server does not take ${details.length === 1 ? "a parameter" : `${details.length} parameters`} of ${desired.id}`,
    where: desired.place,
    next: "correct it under `parameters:`",
    details: details.sort(),
  };
}

function unacceptable(
  name: string,
  value: string,
  { server, version, parameters }: ObservedInstance,
): string | undefined {
  if (server !== "up") return undefined;
  const parameter = parameters.get(name);
  if (parameter !== undefined) return objection(value, parameter);
  // A name with a dot belongs to an extension, whose library may not be loaded yet.
  return name.includes(".") ? undefined : `PostgreSQL ${Math.trunc((version ?? 0) / 10_000)} has no such parameter`;
}

/** Where files and server differ from what is asked: port, address, and the parameters of either side. */
export function settingsDrift(
  parameters: Values,
  { bind, port }: EmbeddedSpec,
  observed: ObservedInstance,
): readonly Drift[] {
  const written = new Map(observed.written);
  written.delete("port");
  written.delete("listen_addresses");
  return [
    ...fieldDrift("bind", observed.written.get("listen_addresses"), bind),
    ...fieldDrift("port", portOf(observed), String(port)),
    ...parametersDrift(parameters, { written, parameters: observed.parameters }),
  ];
}

/** Where our file and the server differ from the parameters that are asked for. */
export function parametersDrift(
  parameters: Values,
  { written, parameters: known }: Pick<ObservedInstance, "written" | "parameters">,
): readonly Drift[] {
  const desired = lowerCased(parameters);
  const names = [...new Set([...desired.keys(), ...written.keys()])].sort();
  return names.flatMap((name) => parameterDrift(name, desired.get(name), written.get(name), known.get(name)));
}

const portOf = ({ runningPort, written }: ObservedInstance): string | undefined => {
  const inFile = written.get("port");
  return runningPort === undefined || String(runningPort) === inFile ? inFile : String(runningPort);
};

const unset = "default";

const fieldDrift = (field: string, from: string | undefined, to: string): readonly Drift[] =>
  from === to ? [] : [{ field, from: from ?? unset, to }];

function parameterDrift(
  field: string,
  wanted: string | undefined,
  written: string | undefined,
  parameter: ObservedParameter | undefined,
): readonly Drift[] {
  const to = wanted ?? unset;
  if (!isSame(wanted, written, parameter)) return [{ field, from: written ?? shown(parameter), to }];
  if (parameter?.overridden === true) return [{ field, from: `${shown(parameter)} by ALTER SYSTEM`, to }];
  if (parameter?.pendingRestart !== true) return [];
  const isOther = wanted === undefined || normalise(wanted, parameter) !== parameter.setting;
  return [{ field, from: isOther ? shown(parameter) : "another value from the next restart on", to }];
}

function isSame(a: string | undefined, b: string | undefined, parameter: ObservedParameter | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || parameter === undefined) return false;
  const value = normalise(a, parameter);
  return value !== undefined && value === normalise(b, parameter);
}

/** `32768` of `8kB` as `32768 × 8kB`; plain numbers of a plain unit as people write them. */
function shown(parameter: ObservedParameter | undefined): string {
  if (parameter === undefined) return unset;
  const { setting, unit } = parameter;
  if (unit === undefined || !/^-?\d/.test(setting)) return setting;
  return /^\d/.test(unit) ? `${setting} × ${unit}` : `${setting}${unit}`;
}

/** Whether a part of the drift takes effect only when the server starts (`pg_settings.context`). */
export function isRestartNeeded(drift: readonly Drift[], parameters: Values, observed: ObservedInstance): boolean {
  const desired = lowerCased(parameters);
  return drift.some(({ field }) => {
    if (field === "port" || field === "bind") return true;
    const parameter = observed.parameters.get(field);
    if (parameter === undefined || parameter.context !== "postmaster") return false;
    const wanted = desired.get(field);
    // The server has the wanted value already, from elsewhere: then only the file has to learn it.
    return wanted === undefined || normalise(wanted, parameter) !== parameter.setting;
  });
}

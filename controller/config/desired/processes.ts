import { posix } from "node:path";
import type { ProcessConfig } from "../../../schema/generated/config.ts";
import { PoststackError } from "../../core/errors.ts";
import { resourceId, type ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import { Secret, type Text } from "../../core/secret.ts";
import { fieldsOf } from "../../resources/process/fields.ts";
import type { DesiredProcess } from "../../resources/process/model.ts";
import { durationMs } from "../durations.ts";
import { knownNames } from "../known-names.ts";
import type { Problems } from "../problems.ts";
import { parseProcfile, shellCommand, type ProcfileEntry } from "../procfile.ts";
import type { EnvironmentSource, Path } from "../source.ts";
import type { VariableSources } from "../variables.ts";
import { scopeOf, writtenOf, type Scope } from "./environment.ts";
import { folderOf } from "./folders.ts";
import type { Identity } from "./identity.ts";
import { basePort, replicaPort } from "./process-port.ts";
import { probeOf } from "./probes.ts";

const limitBytes = 1024 * 1024;
const defaults = { readyTimeout: "5m", stopGrace: "10s" } as const;

export interface ProcessWishes {
  readonly environment: EnvironmentSource;
  readonly files: Files;
  readonly sources: VariableSources;
  readonly identity: Identity;
  readonly to: DesiredProcess["to"];
  /** What every process waits for. */
  readonly after: readonly ResourceId[];
  /** Whether a process was asked to start anew, and since when. */
  readonly startedAfter: (process: string, replica: string) => Date | undefined;
  readonly problems: Problems;
}

/** One line of the Procfile with what the configuration says of it. */
interface Line {
  readonly entry: ProcfileEntry;
  readonly config: ProcessConfig;
  readonly path: Path;
  readonly index: number;
  readonly replicas: readonly string[];
}

/**
 * A process for each line of the Procfile and each replica.
 *
 * @throws PoststackError and PoststackErrors `PROCFILE_SYNTAX`, `FILE_*`
 */
export function desiredProcesses(wishes: ProcessWishes): readonly DesiredProcess[] {
  const { environment, files, problems } = wishes;
  const { procfile, processes = {} } = environment.config.deployment ?? {};
  if (procfile === undefined) return [];
  const from = environment.placeOf(["deployment", "procfile"]);
  const entries = parseProcfile(files.read(procfile, { limitBytes, from }), procfile);
  const configs = new Map(Object.entries(processes));
  const lines = new Map(
    entries.map((entry, index): [string, Line] => {
      const config = configs.get(entry.name) ?? {};
      const path = ["deployment", "processes", entry.name];
      return [entry.name, { entry, config, path, index, replicas: replicasOf(entry.name, config.replicas ?? 1) }];
    }),
  );
  for (const name of configs.keys()) {
    if (!lines.has(name)) problems.attempt(() => unknownProcess(name, [...lines.keys()], procfile, environment));
  }
  return [...lines.values()].flatMap(
    (line) => problems.attempt(() => replicas(line, lines, posix.dirname(procfile), wishes)) ?? [],
  );
}

const processId = (name: string): ResourceId => resourceId("process", name);

const replicasOf = (name: string, count: number): readonly string[] =>
  count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}.${index + 1}`);

function unknownProcess(
  name: string,
  known: readonly string[],
  procfile: string,
  environment: EnvironmentSource,
): never {
  throw new PoststackError("CONFIG_UNKNOWN_KEY", {
    what: `\`${name}\` is no process of ${procfile}`,
    where: environment.placeOf(["deployment", "processes", name]),
    next: knownNames(name, known),
  });
}

function replicas(
  line: Line,
  lines: ReadonlyMap<string, Line>,
  folder: string,
  wishes: ProcessWishes,
): readonly DesiredProcess[] {
  const { config, path, entry } = line;
  const { environment, files } = wishes;
  const dependsOn = [...wishes.after, ...neededOf(line, lines, environment)];
  const stop = {
    stopSignal: config.stop_signal ?? "SIGTERM",
    stopGraceMs: durationMs(config.stop_grace ?? defaults.stopGrace, environment.placeOf([...path, "stop_grace"])),
    readyTimeoutMs: durationMs(
      config.ready?.timeout ?? defaults.readyTimeout,
      environment.placeOf([...path, "ready", "timeout"]),
    ),
  } as const;
  const command = shellCommand(entry.line);
  const cwd = folderOf(files, config.cwd ?? folder, environment.placeOf([...path, "cwd"])).absolute;
  return line.replicas.map((name, replica) => {
    const common = { id: processId(name), name, command, cwd, ...stop, dependsOn, place: entry.place };
    if (wishes.to !== "running") {
      // Only its record is looked at: variables that do not resolve must not stand in the way of stopping it.
      return { ...common, to: wishes.to, environment: new Map(), configHash: "", fields: new Map() };
    }
    const startedAfter = wishes.startedAfter(entry.name, name);
    return {
      ...common,
      to: "running",
      ...running(line, replica, common, wishes),
      ...(startedAfter === undefined ? {} : { startedAfter }),
      ...(entry.isOpen ? { isOpenLine: true } : {}),
    };
  });
}

type Common = Pick<DesiredProcess, "command" | "cwd" | "stopSignal">;
type Running = Pick<DesiredProcess, "environment" | "configHash" | "fields" | "ready">;

function running(line: Line, replica: number, common: Common, wishes: ProcessWishes): Running {
  const { config, path, index } = line;
  const { environment, identity, sources } = wishes;
  const placeOf = (name: string): Place => environment.placeOf([...path, "environment", name]);
  const own = writtenOf(config.environment, placeOf);
  const port = replicaPort(basePort(sources, own, index, line.entry.place), replica, line.entry.place);
  const scope = scopeOf(sources, own, new Map([["PORT", String(port)]]));
  const fields = fieldsOf({ ...common, environment: comparable(scope) }, (secret) => identity.shortHash(secret));
  const ready = probeOf(config.ready, scope.variables, (key) => environment.placeOf([...path, "ready", ...key]), port);
  return {
    environment: scope.environment,
    configHash: identity.hash(JSON.stringify([...fields])),
    fields,
    ...(ready === undefined ? {} : { ready }),
  };
}

/** What makes the process what it is; values that no plan may show as secrets. */
const comparable = ({ own }: Scope): ReadonlyMap<string, Text> =>
  new Map(
    [...own].map(([name, { value, isPublic }]) => [
      name,
      isPublic || value instanceof Secret ? value : new Secret(value),
    ]),
  );

function neededOf(
  { entry, config, path }: Line,
  lines: ReadonlyMap<string, Line>,
  environment: EnvironmentSource,
): readonly ResourceId[] {
  return (config.depends_on ?? []).flatMap((name, index) => {
    const needed = lines.get(name);
    if (needed !== undefined) return needed.replicas.map(processId);
    throw new PoststackError("CONFIG_TYPE", {
      what: `\`${entry.name}\` depends on \`${name}\`, which is no process of the Procfile`,
      where: environment.placeOf([...path, "depends_on", index]),
      next: knownNames(name, [...lines.keys()]),
    });
  });
}

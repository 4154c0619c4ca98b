import { join } from "node:path";
import { withoutPooler } from "../../../core/pooler.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Login } from "../../../core/ports/postgres.ts";
import type { Text } from "../../../core/secret.ts";
import type { DesiredBackup, Programs } from "../model.ts";
import type { Toolbox } from "../tools.ts";
import {
  dumpArguments,
  listArguments,
  noArchive,
  programName,
  restoreArguments,
  runLimitMs,
  toolFailed,
  tookTooLong,
} from "./arguments.ts";

type OnMachine = Extract<Programs, { readonly on: "machine" }>;

/** Programs of this machine, over the server's own address. A run of an earlier command that was killed is ended first. */
export function onMachine(
  { bin, major }: OnMachine,
  { id, endpoint }: DesiredBackup,
  ports: Ports,
  signal: AbortSignal,
): Toolbox {
  const { directory } = ports.state;
  const logFile = join(directory, "logs", "backup.log");
  const listFile = join(directory, "backup.list");
  // A dump is one long session with its own snapshot and locks, which a pooler of transactions would scatter.
  const { host, port } = withoutPooler(endpoint);

  /** The program's exit code and what it said; `limitMs` is not reached by one that works. */
  const run = async (program: "pg_dump" | "pg_restore", args: readonly string[], login?: Login) => {
    const from = sizeOf(ports, logFile);
    const ended = await ports.host.run(
      {
        resource: id,
        command: [join(bin, program), ...args],
        cwd: directory,
        environment: login === undefined ? plainEnvironment : environmentFor(login),
        logFile,
        configHash: "",
        fields: new Map(),
        stopSignal: "SIGTERM",
        stopGraceMs: 5_000,
      },
      runLimitMs,
      signal,
    );
    if (ended.timedOut) throw tookTooLong(program);
    return { isDone: ended.exitCode === 0, output: ports.host.tail(logFile, 40, from) };
  };

  /** The login travels by environment, where only this user and root can read it; `ps` shows arguments to everybody. */
  const environmentFor = ({ user, password }: Login): ReadonlyMap<string, Text> =>
    new Map<string, Text>([
      ...plainEnvironment,
      ["PGHOST", host],
      ["PGPORT", String(port)],
      ["PGUSER", user],
      ["PGPASSWORD", password],
      ["PGSSLMODE", endpoint.sslmode],
      // As Poststack's own connections do; libpq before 16 looks for ~/.postgresql/root.crt.
      ...(endpoint.sslmode === "verify-full" && major >= 16 ? ([["PGSSLROOTCERT", "system"]] as const) : []),
      ["PGAPPNAME", programName],
      ["PGCONNECT_TIMEOUT", "10"],
    ]);

  const listOf = async (file: string): Promise<string> => {
    const target = `${listFile}.new`;
    ports.backups.writeText(target, "");
    try {
      const { isDone, output } = await run("pg_restore", [`--file=${target}`, ...listArguments(file)]);
      if (!isDone) throw noArchive(file, output);
      return ports.backups.readText(target);
    } finally {
      ports.backups.discard(target);
    }
  };

  return {
    version: () => Promise.resolve(major),
    async dump(file) {
      const { isDone, output } = await run("pg_dump", dumpArguments(endpoint.database, file), endpoint.admin);
      if (!isDone) throw toolFailed("pg_dump", output);
      return { list: await listOf(file) };
    },
    async withArchive(file, use) {
      return use({
        list: await listOf(file),
        async restore(wish) {
          ports.backups.writeText(listFile, wish.list);
          try {
            const { isDone, output } = await run("pg_restore", restoreArguments(wish, listFile, file), endpoint.owner);
            if (!isDone) throw toolFailed("pg_restore", output);
          } finally {
            ports.backups.discard(listFile);
          }
        },
      });
    },
  };
}

/** In English, whoever runs it: what is said is looked at. */
const plainEnvironment: ReadonlyMap<string, Text> = new Map([["LC_ALL", "C"]]);

/** Where the output of the next run will begin. */
const sizeOf = (ports: Ports, logFile: string): number => ports.backups.find(logFile)?.sizeBytes ?? 0;

import { renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { PoststackError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { EmbeddedServers, EmbeddedSpec } from "../core/ports/embedded.ts";
import type { Postgres } from "../core/ports/postgres.ts";
import { findBinaries, readyBinaries } from "./embedded/binaries.ts";
import { checkSettings, createCluster, writeSettings, type Programs } from "./embedded/cluster.ts";
import { dataMajor, systemIdentifier } from "./embedded/control-file.ts";
import { checkDataIsOurs, pointToUs, removePointer } from "./embedded/data-owner.ts";
import { layoutOf, prepareFolders, removeFolders, type Layout } from "./embedded/layout.ts";
import { clusterCopies, replacedBeside } from "./embedded/physical/copies.ts";
import { settleExchange, whereDataIs } from "./embedded/physical/exchange.ts";
import { postmasterOf, signalPostmaster } from "./embedded/postmaster.ts";
import { readSettings, settingsChangedAt } from "./embedded/settings-file.ts";
import { holderOf, startServer } from "./embedded/start.ts";
import { withTemporaryServer } from "./embedded/temporary.ts";
import { syncPath, unlessUnwritable } from "./atomic-file.ts";
import { rotate } from "./host/log-file.ts";
import { removeTree } from "./remove-tree.ts";
import { leftovers, temporaryName } from "./temporary-name.ts";

export interface EmbeddedOptions {
  /** The environment's state directory. */
  readonly directory: string;
  /** The project's root: an npm package with Postgres may be installed there. */
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly postgres: Postgres;
  readonly clock: Clock;
}

/** Milliseconds for a fast shutdown: it writes all changed pages before it ends. */
const stopTimeoutMs = 120_000;

/** The environment's own Postgres, run from the machine's programs or from npm. */
export function embeddedServers({ directory, root, environment, postgres, clock }: EmbeddedOptions): EmbeddedServers {
  const places = { root, environment };

  /** For every use anew: the project may have been copied or moved meanwhile. */
  const ownLayout = (): Layout => {
    const layout = layoutOf(directory);
    checkDataIsOurs(layout);
    return layout;
  };

  /** For whoever changes something: a restore that was killed on its way into the data's place arrives there first. */
  const settledLayout = (): Layout => {
    settleExchange(ownLayout().data);
    return ownLayout();
  };

  /** Ready to run, fetched when that is needed. Existing data decides the version. */
  const programs = async (spec: EmbeddedSpec, layout: Layout, signal: AbortSignal): Promise<Programs> => {
    const { bin, major } = await readyBinaries(dataMajor(layout.data) ?? spec.major, layout.user, places, signal);
    return { bin, major, environment: serverEnvironment(environment) };
  };

  const stop = async (layout: Layout, signal: AbortSignal): Promise<void> => {
    const deadlineMs = clock.nowMs() + stopTimeoutMs;
    // Fast shutdown: sessions are ended, changes are kept (manual: 18.5, Shutting Down the Server).
    signalPostmaster(layout.data, "SIGINT");
    while (postmasterOf(layout.data) !== undefined) {
      if (clock.nowMs() >= deadlineMs) {
        throw new PoststackError("TIMEOUT", {
          what: `the server in ${layout.data} has not ended after ${stopTimeoutMs / 1000} s`,
          next: "it is still writing; look at its log and run the command again",
        });
      }
      await clock.sleep(20, signal);
    }
  };

  return {
    temporarily: (major, signal, run) =>
      withTemporaryServer(
        // Beside it: no environment has a dot in its name.
        `${directory}.rehearsal`,
        (folder) => embeddedServers({ directory: folder, root, environment, postgres, clock }),
        { major, clock },
        signal,
        run,
      ),

    copies: clusterCopies({ layout: ownLayout, programs, clock }),

    async observe(spec, signal) {
      const layout = ownLayout();
      const { logFile, socketDirectory, user } = layout;
      const data = whereDataIs(layout.data);
      const major = dataMajor(data);
      const running = postmasterOf(data);
      const found = findBinaries(major ?? spec.major, user, places);
      // The server cannot change its log file, and nothing else passes by as regularly.
      if (running !== undefined) rotateIfPossible(logFile);
      return {
        dataMajor: major,
        systemIdentifier: systemIdentifier(data),
        running: running !== undefined,
        startedAt: running?.startedAt,
        runningPort: running?.port,
        portHolder: running?.port === spec.port ? undefined : await holderOf(spec, signal),
        dataDirectory: layout.data,
        socketDirectory,
        logFile,
        binaries: found && { version: found.version, from: found.from },
        parameters: readSettings(data),
        configuredAt: settingsChangedAt(data),
      };
    },

    async create(spec, admin, parameters, signal) {
      const layout = settledLayout();
      if (dataMajor(layout.data) !== undefined) return;
      const ready = await programs(spec, layout, signal);
      prepareFolders(layout);
      pointToUs(layout);
      await createCluster(layout, ready, spec, admin, parameters, clock, signal);
    },

    async start(spec, admin, signal) {
      const layout = settledLayout();
      const isRunning = postmasterOf(layout.data) !== undefined;
      const ready = isRunning ? undefined : await programs(spec, layout, signal);
      await startServer(layout, ready, spec, admin, { postgres, clock }, signal);
    },

    async stop(_spec, signal) {
      await stop(settledLayout(), signal);
    },

    async configure(spec, parameters, signal) {
      const layout = settledLayout();
      const { data, socketDirectory, user } = layout;
      const ready = await programs(spec, layout, signal);
      const before = settingsBefore(data, spec);
      writeSettings(data, spec, socketDirectory, parameters, user);
      await checkSettings(data, ready, user, signal).catch((error: unknown) => {
        writeSettings(data, before.spec, socketDirectory, before.parameters, user);
        throw error;
      });
    },

    async reload() {
      signalPostmaster(ownLayout().data, "SIGHUP");
      await Promise.resolve();
    },

    async remove(_spec, signal) {
      const layout = settledLayout();
      const { data, link, socketDirectory, logFile } = layout;
      await stop(layout, signal);
      const doomed = temporaryName(data);
      if (dataMajor(data) !== undefined) moveAside(data, doomed);
      for (const path of [doomed, ...leftovers(data), ...replacedBeside(data), socketDirectory]) {
        removeTree(path);
      }
      removePointer(layout);
      removeFolders(layout);
      if (link !== data) rmSync(link, { force: true });
      for (const suffix of ["", ".1", ".2", ".3"]) rmSync(`${logFile}${suffix}`, { force: true });
    },
  };
}

/** At once gone under its name; what a crash leaves of it is a leftover. */
function moveAside(data: string, doomed: string): void {
  try {
    renameSync(data, doomed);
  } catch (error) {
    throw unlessUnwritable(error, data);
  }
  syncPath(dirname(data));
}

/** A log that cannot be rotated (a full disk, a read-only one) is no reason to stop a look. */
function rotateIfPossible(logFile: string): void {
  try {
    rotate(logFile);
  } catch {
    // The next look tries again.
  }
}

/** The settings as they lie there, to be put back. */
function settingsBefore(
  data: string,
  spec: EmbeddedSpec,
): { readonly spec: EmbeddedSpec; readonly parameters: ReadonlyMap<string, string> } {
  const parameters = new Map(readSettings(data));
  const port = Number(parameters.get("port") ?? spec.port);
  const bind = parameters.get("listen_addresses") ?? spec.bind;
  parameters.delete("port");
  parameters.delete("listen_addresses");
  return { spec: { ...spec, port, bind }, parameters };
}

/**
 * What a server gets of our environment: nothing that could hold a secret, and none of the PG… variables that would change
 * how it starts.
 */
const serverEnvironment = ({ PATH, TZ, TMPDIR }: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  LC_ALL: "C",
  ...(PATH === undefined ? {} : { PATH }),
  ...(TZ === undefined ? {} : { TZ }),
  ...(TMPDIR === undefined ? {} : { TMPDIR }),
});

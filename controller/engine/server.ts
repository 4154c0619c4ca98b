import { PoststackError } from "../core/errors.ts";
import type { Ports } from "../core/ports.ts";
import type { Endpoint, Login, Postgres, Server, Session } from "../core/ports/postgres.ts";
import { sqlFailure } from "../core/sql.ts";
import type { EnginePorts } from "./converge.ts";
import type { WriterLock } from "./writer-lock.ts";

/** The server during one pass, with what only the engine may do. */
export interface PassServer extends Server {
  /** Closes every session. With a lock it is given back. */
  close(): Promise<void>;
}

/**
 * One environment's server. Without a lock: for a pass that only reads. With one: the lock is taken before the first
 * session is handed out, and taken again after {@link Server.reset}.
 */
export function passServer(endpoint: Endpoint, postgres: Postgres, lock?: WriterLock): PassServer {
  let main: Promise<MainSession> | undefined;
  let owner: Promise<Session> | undefined;

  /** The environment's database, or the maintenance database while that does not exist. */
  const connectMain = async (signal: AbortSignal): Promise<MainSession> => {
    await lock?.take(signal);
    const { admin, database, maintenanceDatabase } = endpoint;
    const inDatabase = await postgres.connect(endpoint, admin, database, signal).catch((error: unknown) => {
      // 3D000 invalid_catalog_name: the database does not exist.
      if (sqlFailure(error)?.sqlState !== "3D000") throw error;
      return undefined;
    });
    if (inDatabase === undefined) {
      return { session: await postgres.connect(endpoint, admin, maintenanceDatabase, signal), isDatabase: false };
    }
    try {
      await lock?.raiseFence(inDatabase, signal);
    } catch (error) {
      // Nobody else knows of this session yet, and an open one would keep the process alive.
      await inDatabase.close();
      throw error;
    }
    return { session: inDatabase, isDatabase: true };
  };

  const mainSession = (signal: AbortSignal): Promise<MainSession> =>
    (main ??= connectMain(signal).catch((error: unknown) => {
      main = undefined;
      throw error;
    }));

  const endSessions = async (end: (session: Session) => Promise<void> | void): Promise<void> => {
    const open = [main?.then(({ session }) => session), owner];
    main = undefined;
    owner = undefined;
    await Promise.all(
      open.map(async (opening) => {
        const session = await opening?.catch(() => undefined);
        if (session !== undefined) await end(session);
      }),
    );
  };
  const closeAll = async (): Promise<void> => {
    await endSessions((session) => session.close());
    await lock?.release();
  };

  return {
    async database(signal) {
      const { session, isDatabase } = await mainSession(signal);
      return isDatabase ? session : undefined;
    },
    async admin(signal) {
      return (await mainSession(signal)).session;
    },
    owner(signal) {
      owner ??= mainSession(signal)
        .then(() => postgres.connect(endpoint, endpoint.owner, endpoint.database, signal))
        .catch((error: unknown) => {
          owner = undefined;
          throw error;
        });
      return owner;
    },
    async maintenance(signal) {
      await lock?.take(signal);
      return postgres.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal);
    },
    login: (login: Login, database: string, signal: AbortSignal) => postgres.connect(endpoint, login, database, signal),
    fence: () => lock?.fence() ?? 0,
    reset: closeAll,
    // A pass that only read holds nothing that somebody else waits for.
    close: () => (lock === undefined ? endSessions((session) => session.leave()) : closeAll()),
  };
}

interface MainSession {
  readonly session: Session;
  readonly isDatabase: boolean;
}

/** The ports as one pass uses them. */
export const passPorts = (ports: EnginePorts, server: PassServer): Ports => ({
  ...ports,
  server,
  progress: () => undefined,
});

/** For an environment without Postgres: nothing asks, and a question is a fault. */
export function noServer(): PassServer {
  const refuse = (): Promise<never> =>
    Promise.reject(new PoststackError("INTERNAL", { what: "this environment has no Postgres" }));
  return {
    database: refuse,
    admin: refuse,
    owner: refuse,
    maintenance: refuse,
    login: refuse,
    fence: () => 0,
    reset: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

import type { Server, Session } from "../core/ports/postgres.ts";

/** How long a look waits for others. */
export interface Patience {
  /** Aborts when it is at its end. */
  readonly signal: AbortSignal;
  readonly end: () => void;
}

/** Parts of a limit that are counted one by one. */
const ticks = 40;

/**
 * A limit of the time in which answers are waited for. While this process works (parses a migration of ten megabytes), answers
 * lie unread and time runs that nobody else has taken: a tick that comes late counts once.
 *
 * @param isWaiting whether somebody else is to answer at the moment
 */
export function patience(limitMs: number, isWaiting: () => boolean = () => true): Patience {
  const over = new AbortController();
  let counted = 0;
  const timer = setInterval(() => {
    if (isWaiting()) counted++;
    if (counted >= ticks) over.abort(new DOMException("the limit is over", "TimeoutError"));
  }, limitMs / ticks);
  // What is left of the process does not wait for it.
  timer.unref();
  return { signal: over.signal, end: () => clearInterval(timer) };
}

/** The same server, and whether it has been asked something that it has not answered. */
export function asked(server: Server): { readonly server: Server; readonly isWaiting: () => boolean } {
  let open = 0;
  const counting = <T>(answer: Promise<T>): Promise<T> => {
    open++;
    return answer.finally(() => void open--);
  };
  const counted = (session: Session): Session => ({
    pid: session.pid,
    version: session.version,
    lost: session.lost,
    query: (sql, values, signal) => counting(session.query(sql, values, signal)),
    pipeline: (strings, signal) => counting(session.pipeline(strings, signal)),
    close: () => session.close(),
    leave: () => session.leave(),
  });
  return {
    isWaiting: () => open > 0,
    server: {
      ...server,
      database: async (signal) => {
        const session = await counting(server.database(signal));
        return session === undefined ? undefined : counted(session);
      },
      admin: async (signal) => counted(await counting(server.admin(signal))),
      owner: async (signal) => counted(await counting(server.owner(signal))),
      maintenance: async (signal) => counted(await counting(server.maintenance(signal))),
      login: async (login, database, signal) => counted(await counting(server.login(login, database, signal))),
    },
  };
}

import { createHash } from "node:crypto";
import { answerLimitMs, ask, within } from "../core/deadline.ts";
import { PoststackError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { Endpoint, Postgres, Session } from "../core/ports/postgres.ts";

/** The second of the two locks (RELIABILITY 28–30): one writer per environment, wherever it runs. */
export interface WriterLock {
  /** Waits for the lock and holds it on a connection of its own. Held already is success. @throws PoststackError `LOCK_HELD` */
  take(signal: AbortSignal): Promise<void>;
  /**
   * Once per taking: raises the counter that every ledger transaction checks, so that a writer which slept stops.
   * @throws PoststackError `FENCED` when another writer came in while this one had let go of the lock
   */
  raiseFence(session: Session, signal: AbortSignal): Promise<void>;
  fence(): number;
  release(): Promise<void>;
}

export interface LockOptions {
  readonly endpoint: Endpoint;
  readonly postgres: Postgres;
  readonly clock: Clock;
  /** Two passes with the same name exclude each other. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly onWait: (holder: string) => void;
  /** Called when the lock's connection breaks: from then on nothing may be written. */
  readonly onLost: (reason: PoststackError) => void;
}

/** Between two tries, in milliseconds. Polling, since waiting inside `pg_advisory_lock` deadlocks with CREATE INDEX CONCURRENTLY. */
const pollMs = 250;

export function writerLock(options: LockOptions): WriterLock {
  const { endpoint, postgres, clock, name, timeoutMs, onWait, onLost } = options;
  const [high, low] = lockKey(name);
  let held: Session | undefined;
  let raised = false;
  let lastFence: number | undefined;

  return {
    async take(signal) {
      if (held !== undefined && !held.lost.aborted) return;
      // Advisory locks belong to a database: always the same one, whichever environment's database exists.
      const session = await postgres.connect(endpoint, endpoint.admin, endpoint.maintenanceDatabase, signal);
      try {
        await keepOpen(session, signal);
        await poll(session, signal);
      } catch (error) {
        await session.close();
        throw error;
      }
      session.lost.addEventListener("abort", () => onLost(lockLost()), { once: true });
      held = session;
      raised = false;
    },

    async raiseFence(session, signal) {
      if (raised) return;
      const exists = "select to_regclass('poststack.system_info') is not null as exists";
      const [found] = await ask(session, exists, [], clock, signal);
      if (found?.exists === true) {
        // Whoever wrote under the old number may still hold its row.
        const [row] = await within(answerLimitMs, raising, clock, signal, (limited) =>
          session.query(
            `update poststack.system_info set value = (value::bigint + 1)::text
             where key = 'fence' and ($1::bigint is null or value::bigint = $1) returning value::int as fence`,
            [lastFence ?? null],
            limited,
          ),
        );
        if (row === undefined) throw fenced();
        lastFence = Number(row.fence);
      }
      raised = true;
    },

    fence: () => lastFence ?? 0,

    async release() {
      const session = held;
      held = undefined;
      await session?.close();
    },
  };

  /** The connection idles for as long as the pass runs: a limit on idle sessions would take the lock away in the middle. */
  async function keepOpen(session: Session, signal: AbortSignal): Promise<void> {
    // idle_session_timeout: since Postgres 14.
    if (session.version >= 140_000) await ask(session, "set idle_session_timeout = 0", [], clock, signal);
  }

  async function poll(session: Session, signal: AbortSignal): Promise<void> {
    const deadlineMs = clock.nowMs() + timeoutMs;
    let told = false;
    for (;;) {
      const [row] = await ask(session, "select pg_try_advisory_lock($1, $2) as locked", [high, low], clock, signal);
      if (row?.locked === true) return;
      if (!told || clock.nowMs() >= deadlineMs) {
        const holder = await holderOf(session, signal);
        if (clock.nowMs() >= deadlineMs) throw lockHeld(name, holder);
        onWait(holder);
        told = true;
      }
      await clock.sleep(pollMs, signal);
    }
  }

  async function holderOf(session: Session, signal: AbortSignal): Promise<string> {
    const [row] = await ask(
      session,
      // pg_locks shows a two-key advisory lock as classid and objid with objsubid 2 (manual: pg_locks).
      `select a.application_name as application, a.pid, extract(epoch from now() - a.backend_start)::int as age_s
       from pg_locks l join pg_stat_activity a using (pid)
       where l.locktype = 'advisory' and l.granted and l.objsubid = 2
         and l.classid = ($1::bigint & 4294967295)::oid and l.objid = ($2::bigint & 4294967295)::oid`,
      [high, low],
      clock,
      signal,
    );
    return row === undefined
      ? "a writer that has just gone"
      : `${String(row.application)} (backend ${String(row.pid)}, for ${String(row.age_s)} s)`;
  }
}

const raising = {
  subject: "raising the fence",
  next: "a writer from before may still hold it: wait for its end, or see pg_stat_activity for sessions of poststack",
};

/** Two 32-bit keys from the name: the form of advisory locks that leaves the 64-bit space to applications. */
function lockKey(name: string): readonly [number, number] {
  const digest = createHash("sha256").update(`poststack:${name}`).digest();
  return [digest.readInt32BE(0), digest.readInt32BE(4)];
}

const lockHeld = (name: string, holder: string): PoststackError =>
  new PoststackError("LOCK_HELD", {
    what: `another writer works on ${name}: ${holder}`,
    next: "wait until it has finished, or give --lock-timeout more time",
  });

const fenced = (): PoststackError =>
  new PoststackError("FENCED", {
    what: "another writer took over while this one had let go of the lock",
    next: "apply again: it starts from what the other one left",
  });

const lockLost = (): PoststackError =>
  new PoststackError("FENCED", {
    what: "the connection that holds the lock broke, so another writer may have taken over",
    next: "apply again: it looks at everything afresh",
  });

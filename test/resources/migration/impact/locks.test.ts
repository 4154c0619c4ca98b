import { expect } from "vitest";
import { postgres } from "../../../../controller/adapters/postgres.ts";
import type { Endpoint, Session } from "../../../../controller/core/ports/postgres.ts";
import type { Effect } from "../../../../controller/resources/migration/impact/effect.ts";
import { sqlFailure, quoteIdentifier } from "../../../../controller/core/sql.ts";
import { rules } from "../../../../controller/resources/migration/lint/rules.ts";
import { sandbox } from "../../../support/embedded.ts";
import { somebody, test } from "../../../support/postgres.ts";
import { suspicionsIn } from "../lint/kit.ts";
import {
  accountOf,
  accountSeen,
  factsFor,
  measured,
  measuredWaiting,
  predicted,
  type Account,
  type Bench,
} from "./measure.ts";
import { schema } from "./schema.ts";
import { alone, newer, ofServer, statements, statementsOfServer } from "./statements.ts";

/** Three connections, for as long as `run` takes. */
async function withBench(endpoint: Endpoint, signal: AbortSignal, run: (bench: Bench) => Promise<void>): Promise<void> {
  const driver = postgres("poststack-test");
  const connect = (): Promise<Session> => driver.connect(endpoint, somebody(endpoint), endpoint.database, signal);
  const [subject, blocker, observer] = await Promise.all([connect(), connect(), connect()]);
  try {
    await run({ subject, blocker, observer, signal });
  } finally {
    await Promise.all([subject, blocker, observer].map((session) => session.close()));
  }
}

/** While it waits, nothing but its locks can be seen. */
const onlyLock = (effect: Effect): Effect => ({ ...effect, work: "moment" });

interface Compared {
  readonly said: Readonly<Record<string, Account>>;
  readonly seen: Readonly<Record<string, Account>>;
}

/** Everything that is predicted of statements, beside everything that the server does. */
async function compare(all: readonly string[], bench: Bench, waiting = alone): Promise<Compared> {
  const said: Record<string, Account> = {};
  const seen: Record<string, Account> = {};
  const facts = await factsFor([...all, ...waiting.map(([sql]) => sql)], bench);
  for (const sql of all) {
    const effects = await predicted(sql, facts);
    said[sql] = accountOf(effects);
    seen[sql] = await measured(sql, bench).then(
      (found) => accountSeen(found, effects),
      (error: unknown) => [String(error)],
    );
  }
  for (const [sql, blocking] of waiting) {
    const effects = await predicted(sql, facts);
    said[sql] = accountOf(effects.map(onlyLock));
    seen[sql] = accountSeen(await measuredWaiting(sql, blocking, bench), effects);
  }
  return { said, seen };
}

/** Hundreds of statements: a busy machine takes its time. */
const patience = 240_000;

test(
  "every statement locks, reads and rewrites what was said before",
  async ({ database }) => {
    const { endpoint, signal } = database;
    await withBench(endpoint, signal, async (bench) => {
      await bench.observer.pipeline([schema], signal);
      const { said, seen } = await compare(statements, bench);
      expect(said).toEqual(seen);
    });
  },
  patience,
);

test(
  "on Postgres 17, too",
  async () => {
    const box = await sandbox(17);
    try {
      await box.servers.temporarily(17, box.signal, async ({ admin, ...address }) => {
        const at = { ...address, sslmode: "disable", database: "postgres", maintenanceDatabase: "postgres" } as const;
        await withBench({ ...at, admin, owner: admin }, box.signal, async (bench) => {
          await bench.observer.pipeline([schema], box.signal);
          const { said, seen } = await compare([...statements, ...newer], bench);
          expect(said).toEqual(seen);
          for (const sql of ofServer) await bench.observer.query(sql, [], bench.signal);
          const later = await compare(statementsOfServer, bench, []);
          expect(later.said).toEqual(later.seen);
        });
      });
    } finally {
      await box.dispose();
    }
  },
  patience,
);

/** Examples that the server refuses, as their rules say: with which SQLSTATE. */
const refused = new Map([
  // active_sql_transaction
  ["not-in-transaction", "25001"],
  // unsafe_use_of_new_value_of_enum_type
  ["enum-value-used", "55P04"],
]);
const unrunnable = new Set([...refused.keys(), "drop-database"]);

const exampleOf = (name: string): (typeof rules)[number]["example"] => {
  const found = rules.find((rule) => rule.name === name);
  if (found === undefined) throw new Error(`no rule ${name}`);
  return found.example;
};

/** `relation AccessExclusiveLock` of what is a user's, and of databases. */
const locksHeld = (pid: number): string =>
  `select locktype || ' ' || mode as lock from pg_locks
  where pid = ${pid} and (locktype = 'relation' and relation >= 16384 or classid = 'pg_database'::regclass)`;

test(
  "the example of every rule locks what the rule says, and what the plan says",
  async ({ database }) => {
    const { endpoint, signal } = database;
    const said: Record<string, unknown> = {};
    const seen: Record<string, unknown> = {};
    await withBench(endpoint, signal, async (bench) => {
      for (const { name, example } of rules.filter((rule) => !unrunnable.has(rule.name))) {
        const { setup, sql, transactional = true } = example;
        const empty = "drop schema if exists shop cascade; drop schema public cascade; create schema public";
        await bench.observer.pipeline([empty, setup], signal);
        const predictions = await predicted(sql, await factsFor([sql], bench));
        const effects = transactional ? predictions : predictions.map(onlyLock);
        const found = transactional
          ? await measured(sql, bench)
          : await measuredWaiting(sql, "lock table orders in row exclusive mode", bench);
        const [suspicions = []] = await suspicionsIn([sql], { transactional });
        const locks = suspicions.filter(({ rule }) => rule === name).flatMap((one) => one.locks);
        const modeOf = (table: string) => found.find((one) => one.name === table)?.mode ?? "no lock";
        said[name] = { plan: accountOf(effects), rule: locks.map(({ mode, on }) => `${on.name} ${mode}`) };
        seen[name] = {
          plan: accountSeen(found, effects),
          rule: locks.map(({ on }) => `${on.name} ${modeOf(on.name)}`),
        };
      }
    });
    expect(said).toEqual(seen);
  },
  patience,
);

test.for([...refused])("the example of %s is refused, and locks nothing", async ([name, sqlState], { database }) => {
  const { endpoint, signal } = database;
  const { setup, sql } = exampleOf(name);
  await withBench(endpoint, signal, async ({ subject, observer }) => {
    await observer.pipeline([setup], signal);
    const error: unknown = await subject.pipeline(["begin", sql], signal).catch((thrown: unknown) => thrown);
    expect(sqlFailure(error)?.sqlState).toBe(sqlState);
    expect(await observer.query(locksHeld(subject.pid), [], signal)).toEqual([]);
    await subject.query("rollback", [], signal);
    expect((await suspicionsIn([sql])).flat().find(({ rule }) => rule === name)?.locks).toEqual([]);
  });
});

test("that of drop-database locks the database, and no table of any", async ({ database }) => {
  const { endpoint, signal } = database;
  const name = database.unique("shop");
  const sql = exampleOf("drop-database").sql.replace("shop", () => quoteIdentifier(name));
  await withBench(endpoint, signal, async ({ subject, blocker, observer }) => {
    await blocker.query(`create database ${quoteIdentifier(name)}`, [], signal);
    await blocker.pipeline(["begin", `comment on database ${quoteIdentifier(name)} is 'held'`], signal);
    const dropping = subject.query(sql, [], signal);
    const locks = () => observer.query(locksHeld(subject.pid), [], signal);
    await expect.poll(locks, { timeout: 30_000 }).toEqual([{ lock: "object AccessExclusiveLock" }]);
    await blocker.query("rollback", [], signal);
    await dropping;
  });
});

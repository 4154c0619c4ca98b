import { expect } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { postgres } from "../../../controller/adapters/postgres.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import { apply } from "../../../controller/resources/backup/apply.ts";
import { observe } from "../../../controller/resources/backup/observe.ts";
import { withSibling } from "../../../controller/resources/backup/restore/sibling.ts";
import { test } from "../../support/postgres.ts";
import { desiredBackup } from "./kit.ts";

// The upper bit is set: the key of the lock is negative.
const random = 0.9;

test("a database that somebody restores into, on whichever machine, is left over when nobody does any more", async ({
  database,
}) => {
  const { server, endpoint, signal } = database;
  const ports = {
    server,
    postgres: postgres("poststack-test"),
    backups: { list: () => [], find: () => undefined, programs: () => undefined },
    clock: { ...clock, random: () => random },
    log: { debug: () => undefined },
  } as unknown as Ports;
  const desired = desiredBackup({ endpoint, mark: `poststack ${"0".repeat(32)}` });
  const leftovers = async (): Promise<readonly string[]> =>
    (await observe([desired], ports, signal))[0]?.leftovers ?? [];
  const isThere = (name: string): Promise<readonly unknown[]> =>
    database.column("select datname from pg_catalog.pg_database where datname = $1", [name]);

  await withSibling(desired, ports, signal, async (sibling) => {
    const { id, dependsOn, place } = desired;
    const facts = { id, dependsOn, place, reason: "left by a restore", hazards: [] };
    // As one that was planned before.
    const drop = () =>
      apply(
        { kind: "backup", verb: "prune", ...facts, what: { type: "database", name: sibling, desired } },
        ports,
        signal,
      );

    expect(await leftovers()).toEqual([]);
    await drop();
    expect(await isThere(sibling)).toEqual([sibling]);

    const killed =
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = x'7369626c'::int and objid = $1::bigint";
    await database.column(killed, [Number.parseInt(sibling.slice(-8), 16)]);
    await expect.poll(leftovers).toEqual([sibling]);
    await drop();
    expect(await isThere(sibling)).toEqual([]);
  });
});

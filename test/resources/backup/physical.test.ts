import { describe, expect, test } from "vitest";
import { takesAway } from "../../../controller/core/action.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { diff } from "../../../controller/resources/backup/diff.ts";
import type { Manifest } from "../../../controller/resources/backup/manifest.ts";
import { parseManifest, renderManifest } from "../../../controller/resources/backup/manifest.ts";
import type { DesiredBackup, ObservedBackup, ObservedCluster } from "../../../controller/resources/backup/model.ts";
import { restoreCluster } from "../../../controller/resources/backup/physical/restore.ts";
import { sealOf } from "../../../controller/resources/backup/physical/seal.ts";
import { segmentsOf, startIn } from "../../../controller/resources/backup/physical/wal.ts";
import { candidate, desiredBackup, manifest, observedBackup, sealKey, since } from "./kit.ts";

const mebibyte = 1024 * 1024;

describe("the log", () => {
  test.each<[string, string, string, number, number, readonly string[]]>([
    ["within one segment", "0/2000028", "0/2000120", 1, 16, ["000000010000000000000002"]],
    ["up to its last byte", "0/2000028", "0/3000000", 1, 16, ["000000010000000000000002"]],
    ["one byte further", "0/2000028", "0/3000001", 1, 16, ["000000010000000000000002", "000000010000000000000003"]],
    [
      "over the upper half of a position",
      "0/FF000028",
      "1/1000001",
      10,
      16,
      ["0000000A00000000000000FF", "0000000A0000000100000000", "0000000A0000000100000001"],
    ],
    ["larger segments", "A/40000028", "A/40000100", 1, 1024, ["000000010000000A00000001"]],
    ["smaller ones", "0/FFF00028", "1/1", 1, 1, ["000000010000000000000FFF", "000000010000000100000000"]],
  ])("%s", (_what, start, end, timeline, size, names) => {
    expect(segmentsOf({ timeline, start, end }, size * mebibyte)).toEqual(names);
  });

  test("its beginning stands in the label", () => {
    const label = `START WAL LOCATION: 1/2A000028 (file 00000003000000010000002A)
CHECKPOINT LOCATION: 1/2A000060
BACKUP METHOD: streamed
BACKUP FROM: primary
START TIME: 2026-11-20 12:00:00 UTC
LABEL: poststack backup
START TIMELINE: 3
`;
    expect(startIn(label)).toEqual({ start: "1/2A000028", timeline: 3 });
    expect(startIn(label.replace("START TIMELINE", "TIMELINE"))).toBeUndefined();
    expect(startIn("")).toBeUndefined();
  });
});

const embedded = { name: "postgres", major: 17, bind: "127.0.0.1", port: 5433 } as const;
const cluster: ObservedCluster = { databases: ["postgres", "other"], roles: ["postgres", "shop_dev"], sessions: [] };
const onEmbedded = { tools: undefined, cluster, systemIdentifier: "7412" } as const;

/** As the environment's own server gives it. */
function copy(changes: Partial<Manifest> = {}): Manifest {
  const unsealed = manifest({ format: "physical", systemIdentifier: "7412", ...changes });
  return { ...unsealed, seal: sealOf(sealKey, unsealed) };
}

const wished = (wish: DesiredBackup["wish"]): DesiredBackup => desiredBackup({ embedded, wish });
const planned = (wish: DesiredBackup["wish"], observed: Partial<ObservedBackup>): string =>
  renderActions(diff([wished(wish)], [observedBackup({ ...onEmbedded, ...observed })]));

describe("a copy is taken", () => {
  const take = { type: "take", since } as const;
  test.each<[string, Partial<ObservedBackup>, string]>([
    [
      "where there is no pg_dump",
      {},
      "take backup:shop_dev  asked for; a copy of the whole server, since there is no pg_dump 15",
    ],
    [
      "not where there is one",
      { tools: { on: "machine", bin: "/usr/bin", major: 16 } },
      "take backup:shop_dev  asked for; with pg_dump 16",
    ],
    [
      "not of a server that writes no log for it",
      { cluster: { ...cluster, obstacle: "its wal_level is minimal" } },
      "refuse backup:shop_dev  no pg_dump and pg_restore of version 15 or newer were found on this machine, and the server's data cannot be copied instead: its wal_level is minimal",
    ],
    [
      "not of a server that somebody else runs",
      { cluster: undefined as never },
      "refuse backup:shop_dev  no pg_dump and pg_restore of version 15 or newer were found on this machine",
    ],
  ])("%s", (_what, observed, expected) => {
    expect(planned(take, observed)).toBe(expected);
  });
});

describe("a copy is restored", () => {
  const wish = (deleteData = false) => ({ type: "restore", since, file: "/shop/backups/a.dump", deleteData }) as const;
  const restoring =
    "restore backup:a.dump  /shop/backups/a.dump, sha256 abababababab…, takes the place of the whole server: every database and every role; what is there now is kept beside it  [downtime]";
  const of = (changes?: Partial<Manifest>) => ({ candidate: candidate({ manifest: copy(changes) }) });
  const refused = (why: string): string => `refuse backup:shop_dev  /shop/backups/a.dump ${why}`;

  test.each<[string, Partial<ObservedBackup>, string]>([
    ["into the server that it was taken of", of(), restoring],
    ["also where there is pg_dump now", { ...of(), tools: { on: "machine", bin: "/usr/bin", major: 15 } }, restoring],
    ["also where the database is gone: it comes along", { ...of(), database: "absent" }, restoring],
    ["from another minor version", of({ serverVersion: 150_003 }), restoring],
    [
      "not into another major version, whichever is newer",
      of({ serverVersion: 140_011 }),
      refused("is a copy of the files of PostgreSQL 14, which PostgreSQL 15 cannot read"),
    ],
    ["not into another cluster", of({ systemIdentifier: "1" }), refused("is a copy of server 1, and this is 7412")],
    [
      "not into a server of another sort",
      { ...of(), cluster: undefined as never },
      refused("is a copy of a whole embedded server, and dev has another one"),
    ],
    [
      "not without the seal",
      { candidate: candidate({ manifest: manifest({ format: "physical", systemIdentifier: "7412" }) }) },
      refused("does not bear the seal of this environment: what is in it would run as the server"),
    ],
    [
      "not when another file is under the seal",
      { candidate: candidate({ manifest: { ...copy(), sha256: "cd".repeat(32) } }) },
      refused("does not bear the seal of this environment: what is in it would run as the server"),
    ],
    [
      "not with somebody else's seal",
      { candidate: candidate({ manifest: { ...copy(), seal: sealOf(new Secret("other"), copy()) } }) },
      refused("does not bear the seal of this environment: what is in it would run as the server"),
    ],
  ])("%s", (_what, observed, expected) => {
    expect(planned(wish(), observed)).toBe(expected);
  });

  test("with all that goes and comes told, and nobody does it unasked", () => {
    const seen = observedBackup({
      ...onEmbedded,
      ...of(),
      sessions: [{ application: "web", count: 2 }],
      cluster: { ...cluster, sessions: [{ application: "psql", count: 1 }] },
    });
    const [action] = diff([wished(wish(true))], [seen]);
    expect(action?.hazards).toEqual(["downtime", "deletes-data"]);
    expect(action?.notes).toEqual([
      "taken of dev at 2026-11-20T03:00:00.000Z, last migration 012",
      "replaces databases shop_dev, postgres, other",
      "replaces roles postgres, shop_dev, with their passwords; the next apply brings them to what the files say",
      "stops the server and ends: web (2), psql (1)",
    ]);
    expect(diff([wished(wish())], [seen]).map(takesAway)).toEqual([true]);
  });
});

test.each<[string, () => void, string]>([
  ["goes", () => undefined, "restored; what was there before is deleted"],
  [
    "may stay: it is restored all the same",
    () => {
      throw new PoststackError("STATE_UNWRITABLE", { what: "cannot remove base" });
    },
    "restored; what was there before is left in /shop/postgres.before_1, which could not be deleted (cannot remove base)",
  ],
])("what a copy replaced %s", async (_what, removeReplaced, note) => {
  const done = (): Promise<void> => Promise.resolve();
  const ports = {
    progress: () => undefined,
    backups: { measure: () => Promise.resolve({ sha256: candidate().sha256 }) },
    embedded: { copies: { open: () => Promise.resolve("/shop/postgres.before_1"), removeReplaced }, start: done },
    server: { reset: done },
  } as unknown as Ports;
  const facts = {
    desired: desiredBackup({ embedded }),
    tools: { on: "files", major: 17 },
    candidate: candidate(),
  } as const;
  const restored = restoreCluster({ ...facts, deleteData: true }, ports, new AbortController().signal);
  expect(await restored).toEqual({ note });
});

test("its manifest is read as it was written", () => {
  expect(parseManifest(renderManifest(copy()))).toEqual(copy());
  expect(parseManifest(renderManifest(copy()).replace('"seal": "', '"seal": 1, "x": "'))).toBeUndefined();
});

import { expect, test } from "vitest";
import { takesAway } from "../../../controller/core/action.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { diff } from "../../../controller/resources/backup/diff.ts";
import type { DesiredBackup, ObservedBackup } from "../../../controller/resources/backup/model.ts";
import { backupAt, candidate, desiredBackup, manifest, observedBackup, since } from "./kit.ts";

const take = { wish: { type: "take", since } } as const;
const restore = { wish: { type: "restore", since, file: "/shop/backups/a.dump", deleteData: false } } as const;
const later = new Date(since.getTime() + 1);

const restoring =
  "restore backup:a.dump  /shop/backups/a.dump, sha256 abababababab…, takes the place of shop_dev; what is there now is kept beside it  [downtime]";

test.each<[string, Partial<DesiredBackup>, Partial<ObservedBackup> | undefined, string]>([
  ["nothing is asked for", {}, {}, ""],
  [
    "what an interrupted restore left is dropped, whatever is asked for",
    {},
    { leftovers: ["shop_dev.restore_0123abcd"] },
    "prune backup:shop_dev.restore_0123abcd  left by a restore that was interrupted before it took the database's place",
  ],
  [
    "what a restore has replaced and not dropped waits for the leave to delete data",
    { wish: { type: "prune", deleteData: false } },
    { discarded: ["shop_dev.deleted_0123abcd"] },
    "",
  ],
  [
    "with it, it is dropped",
    { wish: { type: "prune", deleteData: true } },
    { discarded: ["shop_dev.deleted_0123abcd"] },
    "prune backup:shop_dev.deleted_0123abcd  what a restore with --delete-data has replaced and not dropped  [deletes-data]",
  ],
  [
    "so it is by the next restore that may, before it begins",
    { wish: { ...restore.wish, deleteData: true } },
    { candidate: candidate(), discarded: ["shop_dev.deleted_0123abcd"] },
    `prune backup:shop_dev.deleted_0123abcd  what a restore with --delete-data has replaced and not dropped  [deletes-data]
${restoring.replace("kept beside it  [downtime]", "deleted  [downtime, deletes-data]")}`,
  ],
  [
    "what this very restore could not drop is left to the next: it would fail although all is restored",
    { wish: { ...restore.wish, deleteData: true } },
    {
      candidate: candidate(),
      restored: { sha256: "ab".repeat(32), at: later },
      discarded: ["shop_dev.deleted_0123abcd"],
    },
    "",
  ],
  [
    "so is a copy that was unpacked",
    take,
    { unpacked: ["postgres.new-12-34-ab"] },
    `prune backup:postgres.new-12-34-ab  a copy that was unpacked beside the server's data, by a backup or a restore that was interrupted
take backup:shop_dev  asked for; with pg_dump 15`,
  ],
  ["a backup is taken", take, {}, "take backup:shop_dev  asked for; with pg_dump 15"],
  [
    "of a server in a container with its image's own",
    take,
    { tools: { on: "container", name: "shop-dev-postgres" } },
    "take backup:shop_dev  asked for; with pg_dump of the server's image",
  ],
  ["one that was taken since is enough", take, { backups: [{ ...backupAt("2026-11-20T12:00:00Z") }] }, ""],
  [
    "an older one is not",
    take,
    { backups: [backupAt("2026-11-20T11:59:59Z")] },
    "take backup:shop_dev  asked for; with pg_dump 15",
  ],
  [
    "one elsewhere is not, where a file is named",
    { wish: { type: "take", since, output: "/srv/mine.dump" } },
    { backups: [backupAt("2026-11-20T13:00:00Z")] },
    "take backup:shop_dev  asked for; with pg_dump 15",
  ],
  [
    "nothing that is there is written over",
    { wish: { type: "take", since, output: "/srv/mine.dump" } },
    { occupied: "/srv/mine.dump.json" },
    "refuse backup:shop_dev  /srv/mine.dump.json is there already",
  ],
  [
    "a file that was taken since is there already",
    { wish: { type: "take", since, output: "/shop/backups/shop_dev-20261120T120000Z.dump" } },
    {
      backups: [backupAt("2026-11-20T12:00:00Z")],
      occupied: "/shop/backups/shop_dev-20261120T120000Z.dump",
    },
    "",
  ],
  [
    "no programs",
    take,
    { tools: undefined },
    "refuse backup:shop_dev  no pg_dump and pg_restore of version 15 or newer were found on this machine",
  ],
  ["no database", take, { database: "absent" }, "refuse backup:shop_dev  there is no database shop_dev yet"],
  [
    "somebody else's database",
    take,
    { database: "foreign" },
    `refuse backup:shop_dev  database "shop_dev" exists and is not this environment's`,
  ],
  ["no server", take, undefined, "refuse backup:shop_dev  environment dev has no server with data yet"],
  ["no server, and nothing asked for", {}, undefined, ""],
  [
    "a backup that is not there, where there are no programs either",
    restore,
    {
      candidate: { ...candidate(), error: { code: "BACKUP_MISSING", what: "there is no backup /shop/backups/a.dump" } },
      database: "absent",
      tools: undefined,
    },
    "refuse backup:shop_dev  there is no backup /shop/backups/a.dump",
  ],
  ["a backup takes the place of the database", restore, { candidate: candidate() }, restoring],
  [
    "which has come from it since",
    restore,
    { candidate: candidate(), restored: { sha256: "ab".repeat(32), at: later } },
    "",
  ],
  [
    "which has come from another one since",
    restore,
    { candidate: candidate(), restored: { sha256: "cd".repeat(32), at: later } },
    restoring,
  ],
  [
    "which came from it before: somebody wants it again",
    restore,
    { candidate: candidate(), restored: { sha256: "ab".repeat(32), at: new Date(since.getTime() - 1) } },
    restoring,
  ],
  [
    "with the leave to delete data the old one goes",
    { wish: { ...restore.wish, deleteData: true } },
    { candidate: candidate() },
    restoring.replace("kept beside it  [downtime]", "deleted  [downtime, deletes-data]"),
  ],
  [
    "a file that is not what it was",
    restore,
    { candidate: candidate({ error: { code: "BACKUP_BROKEN", what: "a.dump was changed" } }) },
    "refuse backup:shop_dev  a.dump was changed",
  ],
  [
    "a backup of a newer server",
    restore,
    { candidate: candidate({ manifest: manifest({ serverVersion: 170_002 }) }) },
    "refuse backup:shop_dev  /shop/backups/a.dump comes from PostgreSQL 17, the server is 15",
  ],
  [
    "a file of newer programs",
    restore,
    { candidate: candidate({ manifest: manifest({ toolMajor: 17 }) }) },
    "refuse backup:shop_dev  /shop/backups/a.dump was written by pg_dump 17, and pg_restore here is of version 15",
  ],
])("%s", (_name, desired, observed, expected) => {
  const seen = observed === undefined ? [] : [observedBackup(observed)];
  expect(renderActions(diff([desiredBackup(desired)], seen))).toBe(expected);
});

test.each<[string, Partial<ObservedBackup>, readonly string[]]>([
  ["where it comes from", { candidate: candidate() }, ["taken of dev at 2026-11-20T03:00:00.000Z, last migration 012"]],
  [
    "whose sessions end",
    {
      candidate: candidate(),
      sessions: [
        { application: "web", count: 3 },
        { application: "psql", count: 1 },
      ],
    },
    ["taken of dev at 2026-11-20T03:00:00.000Z, last migration 012", "ends sessions in it: web (3), psql (1)"],
  ],
  [
    "what an earlier one has left",
    { candidate: candidate(), discarded: ["shop_dev.deleted_0123abcd"] },
    [
      "taken of dev at 2026-11-20T03:00:00.000Z, last migration 012",
      "left by a restore with --delete-data, which drops it the next time: shop_dev.deleted_0123abcd",
    ],
  ],
  [
    "that it is of another owner",
    { candidate: candidate({ manifest: manifest({ environment: "production", owner: "shop" }) }) },
    [
      "taken of production at 2026-11-20T03:00:00.000Z, last migration 012",
      "it belonged to shop: privileges on its objects are not restored, the next apply grants what the files say",
    ],
  ],
  [
    "that nobody knows it",
    { candidate: { path: "/shop/backups/a.dump", sizeBytes: 1, sha256: "ab".repeat(32) } },
    ["it has no manifest: nobody has verified it, or knows where it comes from"],
  ],
])("a restore tells %s", (_name, observed, notes) => {
  const [action] = diff([desiredBackup(restore)], [observedBackup(observed)]);
  expect(action?.notes).toEqual(notes);
});

test("a restore takes something away, so that nobody does it unasked; a backup does not", () => {
  const observed = [observedBackup({ candidate: candidate() })];
  expect(diff([desiredBackup(restore)], observed).map(takesAway)).toEqual([true]);
  expect(diff([desiredBackup(take)], observed).map(takesAway)).toEqual([false]);
});

test("backups go by the rules, and only with the leave to delete data", () => {
  const backups = [
    backupAt("2026-11-19T03:00:00Z"),
    backupAt("2026-11-20T03:00:00Z"),
    backupAt("2026-11-20T04:00:00Z"),
  ];
  const keep = { daily: 2 };
  const without = desiredBackup({ keep, wish: { type: "prune", deleteData: false } });
  const withLeave = desiredBackup({ keep, wish: { type: "prune", deleteData: true } });
  const observed = [observedBackup({ backups })];
  expect(renderActions(diff([without], observed))).toBe("");
  expect(renderActions(diff([withLeave], observed))).toBe(
    "prune backup:shop_dev-20261120T030000Z.dump  taken at 2026-11-20T03:00:00.000Z; no rule of `keep` wants it any more  [deletes-data]",
  );
});

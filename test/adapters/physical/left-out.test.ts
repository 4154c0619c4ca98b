import { expect, test } from "vitest";
import { belonging } from "../../../controller/adapters/embedded/physical/left-out.ts";

// Each line of the manual's list: 26.3.4 Backing Up the Data Directory, and 55.4 BASE_BACKUP.
test.each<[what: string, folder: string, names: readonly string[], kept: readonly string[]]>([
  [
    "the running server's own files",
    "",
    ["PG_VERSION", "base", "postmaster.opts", "postmaster.pid"],
    ["PG_VERSION", "base"],
  ],
  [
    "a setting that is being written",
    "",
    ["postgresql.auto.conf", "postgresql.auto.conf.tmp"],
    ["postgresql.auto.conf"],
  ],
  [
    "what another backup has left",
    "",
    ["backup_label", "backup_label.old", "backup_manifest", "tablespace_map", "global"],
    ["global"],
  ],
  [
    "a file of ours that a killed process left half written",
    "",
    ["poststack.conf", "poststack.conf.new-12-34-ab"],
    ["poststack.conf"],
  ],
  [
    "names that only begin so",
    "",
    ["postmaster.pid.kept", "my_backup_label"],
    ["postmaster.pid.kept", "my_backup_label"],
  ],
  ["the log: what is needed of it comes apart", "pg_wal", ["000000010000000000000001", "archive_status"], []],
  ["slots", "pg_replslot", ["one"], []],
  ["what the server makes anew: shared memory", "pg_dynshmem", ["mmap.1"], []],
  ["… notifications", "pg_notify", ["0000"], []],
  ["… serializable transactions", "pg_serial", ["0000"], []],
  ["… exported snapshots", "pg_snapshots", ["00000003-1"], []],
  ["… statistics", "pg_stat_tmp", ["db_0.stat"], []],
  ["… subtransactions", "pg_subtrans", ["0000"], []],
  ["what it does not make anew stays", "pg_xact", ["0000"], ["0000"]],
  ["files and folders for sorting", "base", ["1", "pgsql_tmp", "pgsql_tmp_old"], ["1"]],
  ["… also those of one session", "base/pgsql_tmp", ["pgsql_tmp12.0"], []],
  [
    "the cache of the catalog",
    "global",
    ["1262", "pg_filenode.map", "pg_internal.init", "pg_internal.init.123"],
    ["1262", "pg_filenode.map"],
  ],
  ["temporary relations", "base/5", ["16400", "t3_16401", "t3_16401_fsm", "t3_16401.1"], ["16400"]],
  ["… where they are: a file elsewhere may be called so", "pg_logical", ["t3_16401"], ["t3_16401"]],
  [
    "of an unlogged relation all but its empty form",
    "base/5",
    ["16402", "16402.1", "16402_fsm", "16402_init", "16402_vm", "16403", "16403_fsm", "164020"],
    ["16402_init", "16403", "16403_fsm", "164020"],
  ],
])("%s", (_what, folder, names, kept) => {
  expect(belonging(folder, names)).toEqual(kept);
});

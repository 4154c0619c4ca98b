/**
 * What a copy of a running cluster does without: files that mean nothing to another server process, or would harm it.
 * After the manual, 26.3.4 (Backing Up the Data Directory) and 55.4 (BASE_BACKUP), which pg_basebackup follows.
 */

/** Folders whose content the server makes anew when it starts; pg_wal is filled by hand, with what the copy needs. */
const emptied: ReadonlySet<string> = new Set([
  "pg_wal",
  "pg_replslot",
  "pg_dynshmem",
  "pg_notify",
  "pg_serial",
  "pg_snapshots",
  "pg_stat_tmp",
  "pg_subtrans",
]);

/** At the top: of the running server alone, of another backup, or half written. */
const atTop =
  /^(?:postmaster\.(?:pid|opts)|postgresql\.auto\.conf\.tmp|current_logfiles(?:\.tmp)?|backup_label(?:\.old)?|tablespace_map(?:\.old)?|backup_manifest|.*\.new-\d+-.*)$/;

/** Folders with the files of relations. */
const ofRelations = /^(?:global|base\/\d+)$/;

/** `t<backend>_<relation>`: gone with its session (src/backend/storage/file/reinit.c and fd.c). */
const temporaryRelation = /^t\d+_\d+(?:_(?:fsm|vm|init))?(?:\.\d+)?$/;

/**
 * The names of a folder's entries that belong into a copy, in their order.
 *
 * @param folder relative to the data directory; "" is that itself
 */
export function belonging(folder: string, names: readonly string[]): readonly string[] {
  if (emptied.has(folder)) return [];
  // Of an unlogged relation only the empty form is kept; the server makes the others of it after a crash.
  const unlogged = new Set(names.flatMap((name) => /^(\d+)_init$/.exec(name)?.[1] ?? []));
  const isOfUnlogged = (name: string): boolean => {
    const [, relation = "", fork] = /^(\d+)(?:_(fsm|vm|init))?(?:\.\d+)?$/.exec(name) ?? [];
    return fork !== "init" && unlogged.has(relation);
  };
  const isOfRelations = ofRelations.test(folder);
  return names.filter((name) => {
    if (name.startsWith("pgsql_tmp") || name.startsWith("pg_internal.init")) return false;
    if (folder === "" && atTop.test(name)) return false;
    return !(isOfRelations && (temporaryRelation.test(name) || isOfUnlogged(name)));
  });
}

import type { ErrorFacts } from "../../core/errors.ts";
import { resourceId, type ResourceId } from "../../core/id.ts";
import { fileStart } from "../../core/place.ts";
import { idOf, short, type History } from "./history.ts";
import type { DesiredMigrations, LedgerRow, MigrationAction, MigrationFile, PendingFacts } from "./model.ts";
import { compareOrders } from "./version.ts";

type Refused = Extract<MigrationAction, { readonly verb: "refuse" }>;

export const refuse = (id: ResourceId, error: ErrorFacts): Refused => ({
  kind: "migration",
  verb: "refuse",
  id,
  dependsOn: [],
  reason: error.what,
  hazards: [],
  ...(error.where === undefined ? {} : { place: error.where }),
  error,
});

/** What speaks against a row that stays. */
export function rowProblem(row: LedgerRow, { files, fileOf, wish }: History): Refused | undefined {
  const file = fileOf.get(row.order);
  if (file === undefined) return missing(row, files.at(-1), wish);
  if (row.state === "reverting") return halfReverted(row, file);
  if (row.state === "started") return file.transactional ? halfApplied(file) : undefined;
  return row.checksum === file.checksum ? undefined : edited(row, file);
}

export function missing(row: LedgerRow, last: MigrationFile | undefined, wish: DesiredMigrations): Refused {
  const isAhead = last === undefined || compareOrders(row.order, last.order) > 0;
  return refuse(idOf(row, undefined), {
    code: "MIGRATION_MISSING",
    what: isAhead
      ? `the database is ahead of the files: ${row.name} is applied and not in ${wish.folder}`
      : `${row.name} is applied, but its file is gone from ${wish.folder}`,
    where: wish.place,
    next: isAhead
      ? "take the commit that has the file, or `poststack db rollback` to the last version that the files have"
      : "put the file back as it was",
  });
}

const edited = (row: LedgerRow, file: MigrationFile): Refused =>
  refuse(file.id, {
    code: "MIGRATION_EDITED",
    what: `${file.name} is applied, and its file has changed since (sha256 ${short(row.checksum)} → ${short(file.checksum)})`,
    where: fileStart(file.file),
    next: "put the file back and write a new migration; or `poststack db rollback`; or, when the change means nothing, `poststack db repair`",
  });

/** What a person does whose eyes alone can tell how far it came. */
export const byHand = (name: string): string =>
  `look at the database: with the whole file in it, \`poststack db resolve ${name} --as applied\`; with nothing of it, \`poststack db resolve ${name} --as rolled-back\`; else bring it to one of the two by hand first`;

export const neverBegun = (file: MigrationFile): Refused =>
  refuse(file.id, {
    code: "MIGRATION_UNKNOWN",
    what: `${file.name} was never begun, so there is nothing to resolve`,
    where: fileStart(file.file),
    next: "`poststack db migrate` runs it; `poststack db baseline` takes what is there for what it makes",
  });

export const wholeAlready = (row: LedgerRow, file: MigrationFile | undefined): Refused =>
  refuse(idOf(row, file), {
    code: "ROLLBACK_REQUIRED",
    what: `${row.name} is applied as a whole: there is nothing to resolve`,
    ...(file === undefined ? {} : { where: fileStart(file.file) }),
    next: "`poststack db rollback` takes it back",
  });

const halfApplied = (file: MigrationFile): Refused =>
  refuse(file.id, {
    code: "MIGRATION_INTERRUPTED",
    what: `${file.name} began and did not finish, and it is not known what of it is in the database`,
    where: fileStart(file.file),
    next: byHand(file.name),
  });

const halfReverted = (row: LedgerRow, file: MigrationFile): Refused =>
  refuse(file.id, {
    code: "MIGRATION_INTERRUPTED",
    what: `the rollback of ${row.name} began and did not finish`,
    where: fileStart(file.rollbackFile ?? file.file),
    next: `\`poststack db rollback\` again to finish it; or ${byHand(row.name)}`,
  });

export const outOfOrder = (file: MigrationFile, head: LedgerRow): Refused =>
  refuse(file.id, {
    code: "MIGRATION_ORDER",
    what: `${file.name} sorts before ${head.name}, which is applied`,
    where: fileStart(file.file),
    next: "give it a version after that one, or `poststack db rollback` to a version before it first; an environment with `policy: { out_of_order: allow }` runs it as it is",
  });

/** @param roles that the files declare; whoever has no list of them asked for none */
export const undeclared = (
  file: Pick<MigrationFile, "name">,
  role: PendingFacts["role"],
  roles: DesiredMigrations["roles"],
): ErrorFacts | undefined =>
  role === undefined || roles === undefined || roles.includes(role.name)
    ? undefined
    : {
        code: "ROLE_MISSING",
        what: `${file.name} is to run as role "${role.name}", which the files do not declare`,
        where: role.place,
        next: `declare it below \`postgres: { roles: … }\`, and let the owner of the database be \`in_roles: [${role.name}]\``,
      };

export const gap = (file: MigrationFile, missingNumber: number): Refused =>
  refuse(file.id, {
    code: "MIGRATION_GAP",
    what: `version ${String(missingNumber).padStart(file.version.length, "0")} is skipped before ${file.name}`,
    where: fileStart(file.file),
    next: "add the missing file, or number this one without the gap",
  });

export const baselineRequired = (file: MigrationFile, objects: number): Refused =>
  refuse(file.id, {
    code: "BASELINE_REQUIRED",
    what: `the database holds ${objects === 1 ? "one object" : `${objects} objects`} and no record of any migration`,
    where: fileStart(file.file),
    next: "`poststack db baseline VERSION` with the last version whose effect is there already (0 for none); `poststack db import` where another tool has kept it; or take an empty database",
  });

export const rollbackRequired = (head: LedgerRow, target: string): Refused =>
  refuse(idOf(head, undefined), {
    code: "ROLLBACK_REQUIRED",
    what: `${head.name} is applied, and the target ${target} lies before it`,
    next: `\`poststack db rollback --target ${target}\` goes back`,
  });

export const rollbackMissing = (row: LedgerRow, file: MigrationFile | undefined): Refused =>
  refuse(idOf(row, file), {
    code: "ROLLBACK_MISSING",
    what: `${row.name} has no rollback file, and the ledger kept none`,
    ...(file === undefined ? {} : { where: fileStart(file.file) }),
    next: `write ${row.name}.rollback.sql; an empty one when there is nothing to take back`,
  });

export function unknownVersion(
  wish: DesiredMigrations,
  version: string,
  { files, rows }: Pick<History, "files" | "rows">,
): Refused {
  const known = [...new Map([...rows, ...files].map(({ order, name }) => [order, name])).values()];
  const near = known
    .map((name, index) => ({ name, index, shared: sharedStart(name, version) }))
    .sort((a, b) => b.shared - a.shared || b.index - a.index)
    .slice(0, 3)
    .map(({ name }) => name);
  return refuse(resourceId("migration", version), {
    code: "MIGRATION_UNKNOWN",
    what: `no migration has the version ${version}`,
    where: wish.place,
    next:
      near.length === 0 ? `${wish.folder} has no migrations` : `perhaps ${near.join(", ")}; 0 means before the first`,
  });
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

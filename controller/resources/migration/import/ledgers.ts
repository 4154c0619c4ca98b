import { crc32 } from "node:zlib";
import type { ErrorFacts } from "../../../core/errors.ts";
import { fileStart, type Place } from "../../../core/place.ts";
import type { Row } from "../../../core/ports/postgres.ts";
import type { MigrationFile, NamedMigration } from "../model.ts";
import { compareOrders, orderOf } from "../version.ts";
import type { ForeignFormat, TakeOver } from "./formats.ts";

/** Where a tool keeps its record, unless it is told otherwise. */
interface LedgerShape {
  readonly table: string;
  /** Sqitch has a schema of its own for it; others put it where the search path leads. */
  readonly schema?: string;
  /** What tells it from another tool's table of the same name. */
  readonly columns: readonly string[];
  readonly lacks?: readonly string[];
}

export const ledgerShapes: Readonly<Record<ForeignFormat, LedgerShape>> = {
  // dbmate, pkg/driver/postgres/postgres.go: version varchar(128) primary key
  dbmate: { table: "schema_migrations", columns: ["version"], lacks: ["dirty"] },
  // golang-migrate, database/postgres/postgres.go: version bigint not null primary key, dirty boolean not null
  "golang-migrate": { table: "schema_migrations", columns: ["version", "dirty"] },
  // Documentation of Flyway: Schema history table
  flyway: {
    table: "flyway_schema_history",
    columns: ["installed_rank", "version", "description", "type", "script", "checksum", "success"],
  },
  // node-pg-migrate, src/runner.ts: id serial primary key, name varchar(255) not null, run_on timestamp not null
  "node-pg-migrate": { table: "pgmigrations", columns: ["name", "run_on"] },
  // Sqitch, lib/App/Sqitch/Engine/pg.sql
  sqitch: { table: "changes", schema: "sqitch", columns: ["change_id", "change", "project", "committed_at"] },
  // diesel_migrations: version varchar(50) primary key, run_on timestamp not null default current_timestamp
  diesel: { table: "__diesel_schema_migrations", columns: ["version", "run_on"] },
  // Prisma's schema engine, imperative_migration_persistence of Postgres
  prisma: {
    table: "_prisma_migrations",
    columns: ["checksum", "finished_at", "migration_name", "rolled_back_at"],
  },
};

/** Which objects the tool's record is, in whichever schema it lies: names as a person would write them, `*` for any. */
export function foreignLedgerPatterns({ format, table: named }: TakeOver): readonly string[] {
  const { table, schema } = ledgerShapes[format];
  if (named !== undefined) return [`table ${named.includes(".") ? named : `*.${named}`}`];
  return schema === undefined ? [`table *.${table}`] : [`schema ${schema}`, `${schema}.*`];
}

/** What is compared with a tool's own checksum. */
export interface FileText {
  /** With `\n` line ends and without a byte order mark. */
  readonly text: string;
  /** In hex, as the tool makes them, of the bytes as they are and with `\r\n` line ends. */
  readonly digests: readonly string[];
}

/** A repeatable file's key among the texts; the others have their order. */
export const repeatableKey = (name: string): string => `R ${name}`;

/** What a record is read beside. */
interface Beside {
  readonly files: readonly NamedMigration[];
  readonly texts: ReadonlyMap<string, FileText>;
  readonly repeatable: readonly { readonly name: string; readonly file: string }[];
  /** Of the project's migrations, for what has no file. */
  readonly place: Place;
  readonly folder: string;
  readonly project?: string;
}

/** What another tool's record says was done, and what speaks against believing it. */
export interface Verdict {
  /** By order. */
  readonly applied: ReadonlySet<string>;
  /** Repeatable files whose text is as it was run, by name. */
  readonly repeated: ReadonlySet<string>;
  readonly problems: readonly ErrorFacts[];
}

type Judge = (rows: readonly Row[], beside: Beside) => Verdict;

/** Pure. What the rows of a record say of the files. */
export const judge = (format: ForeignFormat, rows: readonly Row[], beside: Beside): Verdict =>
  judges[format](rows, beside);

const text = (row: Row, column: string): string => {
  const value = row[column];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

const verdict = (
  applied: Iterable<string>,
  problems: readonly ErrorFacts[],
  repeated: Iterable<string> = [],
): Verdict => ({
  applied: new Set(applied),
  repeated: new Set(repeated),
  problems,
});

/** A row for each migration, and nothing but its version. */
function byVersion(rows: readonly Row[], beside: Beside): Verdict {
  const versions = rows.map((row) => text(row, "version"));
  const known = new Set(beside.files.map(({ order }) => order));
  const orders = versions.map((version) => ({ version, order: orderOf(version) }));
  const gone = orders.filter(({ order }) => !known.has(order)).map(({ version }) => missing(version, beside));
  return verdict(
    orders.map(({ order }) => order),
    gone,
  );
}

function byName(names: readonly string[], beside: Beside): Verdict {
  const orderOfName = new Map(beside.files.map(({ name, order }) => [tidy(name), order]));
  const gone = names.filter((name) => !orderOfName.has(tidy(name))).map((name) => missing(name, beside));
  return verdict(
    names.flatMap((name) => orderOfName.get(tidy(name)) ?? []),
    gone,
  );
}

/** As `db import` writes it: an underscore behind the version, whatever stood there, and something behind that. */
const tidy = (name: string): string =>
  name
    // The place among those of one number, before a number of its own or instead of it.
    .replace(/^\d+\.\d+_(?=\d+_)/, "")
    .replace(/^(\d+)(?:\.\d+)?(?:[-_]|$)/, "$1_")
    .replace(/^(\d+_)$/, "$1migration");

/** One row: all up to this version. Dirty: that one failed, and nobody knows how far it came. */
function byHead(rows: readonly Row[], beside: Beside): Verdict {
  const [row] = rows;
  const version = row === undefined ? "" : text(row, "version");
  // -1 (database.NilVersion) is what remains after the first one was taken back by force.
  if (row === undefined || version === "" || version.startsWith("-")) return verdict([], []);
  const order = orderOf(version);
  const head = beside.files.find((file) => file.order === order);
  if (row["dirty"] === true) return verdict([], [dirty(version, head, beside)]);
  if (head === undefined) return verdict([], [missing(version, beside)]);
  const applied = beside.files.filter((file) => compareOrders(file.order, order) <= 0);
  return verdict(
    applied.map((file) => file.order),
    [],
  );
}

/** Rolled back rows do not count; one that neither finished nor was rolled back has failed (Prisma: Failed migrations). */
function prismaVerdict(rows: readonly Row[], beside: Beside): Verdict {
  const counting = rows.filter((row) => row["rolled_back_at"] === null);
  const { applied, problems } = byName(
    counting.map((row) => text(row, "migration_name")),
    beside,
  );
  const fileOf = new Map(beside.files.map((file) => [tidy(file.name), file]));
  const more = counting.flatMap((row): readonly ErrorFacts[] => {
    const name = text(row, "migration_name");
    const file = fileOf.get(tidy(name));
    if (row["finished_at"] === null) return [dirty(name, file, beside)];
    const known = file === undefined ? undefined : beside.texts.get(file.order);
    const isSame = known === undefined || known.digests.includes(text(row, "checksum"));
    return file === undefined || isSame ? [] : [edited(file)];
  });
  return verdict(applied, [...problems, ...more]);
}

/**
 * The last row of a version counts: UNDO_SQL takes it back, DELETE says that `flyway repair` struck it out. BASELINE: all up
 * to this version was there before. Repeatable files have no version. A null on either side matches every checksum
 * (flyway-core, MigrationInfo).
 */
function flywayVerdict(rows: readonly Row[], beside: Beside): Verdict {
  const last = new Map<string, Row>();
  const sorted = [...rows].sort((a, b) => Number(a["installed_rank"]) - Number(b["installed_rank"]));
  for (const row of sorted) {
    const isVersioned = row["version"] !== null;
    // A version by itself: an edited description does not make it another one.
    last.set(isVersioned ? `V${orderOf(text(row, "version"))}` : `R${text(row, "description")}`, row);
  }
  const fileOf = new Map(beside.files.map((file) => [file.order, file]));
  const applied = new Set<string>();
  const repeated = new Set<string>();
  const problems: ErrorFacts[] = [];
  for (const row of last.values()) {
    const type = text(row, "type");
    if (type === "SCHEMA" || type === "DELETE" || type === "UNDO_SQL" || type === "UNDO_JDBC") continue;
    if (row["version"] === null) {
      const file = beside.repeatable.find(({ name }) => spoken(name) === text(row, "description"));
      if (
        file !== undefined &&
        row["success"] === true &&
        hasChecksum(row, beside.texts.get(repeatableKey(file.name)))
      ) {
        repeated.add(file.name);
      }
      continue;
    }
    const version = text(row, "version");
    const order = orderOf(version);
    const file = fileOf.get(order);
    if (type === "BASELINE") {
      for (const one of beside.files) if (compareOrders(one.order, order) <= 0) applied.add(one.order);
    } else if (row["success"] !== true) problems.push(dirty(version, file, beside));
    else if (file === undefined) problems.push(missing(`${version} (${text(row, "script")})`, beside));
    else if (hasChecksum(row, beside.texts.get(order))) applied.add(order);
    else problems.push(edited(file));
  }
  return verdict(applied, problems, repeated);
}

/** As Flyway describes a file: underscores are blanks. */
const spoken = (name: string): string => name.replaceAll("_", " ");

function hasChecksum(row: Row, file: FileText | undefined): boolean {
  return row["checksum"] === null || file === undefined || Number(row["checksum"]) === flywayChecksum(file.text);
}

/** CRC-32 over the lines without their ends, as a signed number (flyway-core, ChecksumCalculator). */
export const flywayChecksum = (plain: string): number => crc32(Buffer.from(plain.replaceAll("\n", ""))) | 0;

/**
 * By name; of a change that was reworked as many rows as were deployed, from the first of that name in the plan on.
 * `script_hash` is the SHA-1 of the deploy script (Sqitch, lib/App/Sqitch/Plan/Change.pm). Null where there was none; the id of
 * the change in rows of a registry that knew no hash when they were written (lib/App/Sqitch/Engine/Upgrade/pg-1.0.sql).
 */
function sqitchVerdict(rows: readonly Row[], beside: Beside): Verdict {
  const projects = new Set(rows.map((row) => text(row, "project")));
  const own = rows.filter((row) => beside.project === undefined || text(row, "project") === beside.project);
  if (beside.project === undefined && projects.size > 1) return verdict([], [severalProjects([...projects], beside)]);
  const queues = new Map<string, NamedMigration[]>();
  for (const file of beside.files) {
    const change = changeOf(file.name);
    queues.set(change, [...(queues.get(change) ?? []), file]);
  }
  const applied: string[] = [];
  const problems: ErrorFacts[] = [];
  for (const row of own) {
    const file = queues.get(text(row, "change"))?.shift();
    if (file === undefined) problems.push(missing(text(row, "change"), beside));
    else if (isDeployed(row, beside.texts.get(file.order))) applied.push(file.order);
    else problems.push(edited(file, "put null into its script_hash, which is a row of sqitch.changes"));
  }
  return verdict(applied, problems);
}

function isDeployed(row: Row, file: FileText | undefined): boolean {
  const hash = text(row, "script_hash");
  return hash === "" || hash === text(row, "change_id") || file === undefined || file.digests.includes(hash);
}

/** A file that `db import` wrote has its version before the name of the change; a reworked one the tag behind it. */
const changeOf = (name: string): string => name.replace(/^\d+_/, "").replace(/@.*$/, "");

const missing = (what: string, { folder, place }: Beside): ErrorFacts => ({
  code: "MIGRATION_MISSING",
  what: `${what} is in the ledger that is to be taken over, and not in ${folder}`,
  where: place,
  next: "put its file back; or, when it is gone for good, take its row out of that ledger",
});

const dirty = (what: string, file: NamedMigration | undefined, { place }: Beside): ErrorFacts => ({
  code: "MIGRATION_INTERRUPTED",
  what: `${file?.name ?? what} failed half-way, says the ledger that is to be taken over`,
  where: file === undefined ? place : fileStart(file.file),
  next: "bring it to an end with the tool that began it, so that its ledger is in order, and plan again",
});

const edited = (
  file: Pick<MigrationFile, "name" | "file">,
  otherwise = "let that tool repair its ledger",
): ErrorFacts => ({
  code: "MIGRATION_EDITED",
  what: `${file.name} has another checksum than in the ledger that is to be taken over`,
  where: fileStart(file.file),
  next: `put the file back as it was applied; or, when the change means nothing, ${otherwise}`,
});

const severalProjects = (projects: readonly string[], { place }: Beside): ErrorFacts => ({
  code: "MIGRATION_MISSING",
  what: `the ledger that is to be taken over holds the changes of ${[...projects].sort().join(", ")}`,
  where: place,
  next: "write `%project=` into sqitch.plan, so that it is known whose are meant",
});

const judges: Readonly<Record<ForeignFormat, Judge>> = {
  dbmate: byVersion,
  "golang-migrate": byHead,
  flyway: flywayVerdict,
  "node-pg-migrate": (rows, beside) =>
    byName(
      rows.map((row) => text(row, "name")),
      beside,
    ),
  sqitch: sqitchVerdict,
  diesel: byVersion,
  prisma: prismaVerdict,
};

import type { ActionOf, Hazard, Refusal } from "../../core/action.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { StatementImpact } from "../../core/impact.ts";
import type { Place } from "../../core/place.ts";
import type { InvalidIndex } from "./catalog-faults.ts";
import type { ImportedLedger } from "./import/diff.ts";
import type { TakeOver } from "./import/formats.ts";
import type { FoundLedger } from "./import/observe.ts";
import type { Reading } from "./import/reading.ts";
import type { Suspicion } from "./lint/examine.ts";
import type { LintFacts } from "./lint/facts.ts";
import type { LintPolicy } from "./lint/level.ts";
import type { Phase } from "./phases/header.ts";
import type { Beside, DeploymentWish, PastPart, SeenDeployment } from "./phases/model.ts";
import type { Names, RepeatedRow, RepeatFacts } from "./repeatable/model.ts";

/** One migration as the names of its file pair say it. */
export interface NamedMigration {
  readonly id: ResourceId;
  /** As written in the file name: `004`, `2017-09-26-200549`, `1.10`. */
  readonly version: string;
  /** The version's digits as a decimal number: what orders and identifies it. Made by `orderOf`, compared by `compareOrders` (version.ts). */
  readonly order: string;
  /** File name without its ending: `004_add_users`. */
  readonly name: string;
  /** Relative to the project. */
  readonly file: string;
  readonly rollbackFile?: string;
  /** Which part it is of a change that two releases live through, where its name says so. */
  readonly phase?: Phase;
  /** How the texts of another tool are read. */
  readonly reading?: Reading;
}

/** With what its text says. The text stays on disk; it is read again, and its checksum compared, when it runs. */
export interface MigrationFile extends NamedMigration {
  /** SHA-256 in hex of the text with line endings normalised to `\n` and without a byte order mark. */
  readonly checksum: string;
  /** False with the header `-- poststack: no-transaction`, and of a backfill, which is many. */
  readonly transactional: boolean;
}

/** All migrations of the environment before a text is read: what `observe` gets, one element. */
export interface ListedMigrations {
  readonly folder: string;
  /** In order. */
  readonly files: readonly NamedMigration[];
  /** The version to end at; undefined: all files. `0`: none. */
  readonly target?: string;
  /** Whether a target below the ledger's head means rolling back (`db rollback`); else that is refused. */
  readonly rollback: boolean;
  /** Watch mode: the edited last migration is rolled back and applied again. */
  readonly replay: boolean;
  /** Takes the present schema for what the versions up to here made, without running them (`db baseline`). */
  readonly baseline?: string;
  /** Takes the files' present checksums into the ledger (`db repair`). */
  readonly repair: boolean;
  /** What a person has found out of a migration that began and did not finish (`db resolve`). */
  readonly resolve?: Resolution;
  /** A file that sorts before what is applied runs nevertheless (`policy.out_of_order`); else it is refused. */
  readonly outOfOrder?: boolean;
  /** Names of the roles that the files declare: those that a file may run as. Undefined: nobody asked. */
  readonly roles?: readonly string[];
  /** What is pending runs on a copy of the schema before anything is changed: forward, back and forward again. */
  readonly rehearse: boolean;
  /** With up to so many rows of each table. */
  readonly rehearsalRows?: number;
  /** How the live schema is compared with what the recorded migrations make. Absent: only by who asks for it. */
  readonly drift?: DriftWish;
  /** How grave what the rules find is here. Undefined: as each rule says. */
  readonly lint?: LintPolicy;
  /** Files that run whenever their text has changed. */
  readonly repeatable?: readonly RepeatableFile[];
  /** Whose ledger counts while there is none of ours. */
  readonly takesOver?: TakeOver;
  /** What a contract waits for. Absent: nothing is deployed by us. */
  readonly deployment?: DeploymentWish;
  readonly dependsOn: readonly ResourceId[];
  readonly place: Place;
}

/** `policy.drift`, as the command at hand means it. */
interface DriftWish {
  /** It costs what all recorded migrations cost on an empty database. */
  readonly compare: "never" | "before-migrations" | "always";
  /** No migration runs while something differs. */
  readonly refuses: boolean;
  /** Patterns of what may differ: `public.cache_*`, `table audit.*`. */
  readonly ignored: readonly string[];
}

export interface Resolution {
  /** As a file has it, or its number. */
  readonly version: string;
  /** applied: the database is in the state after the whole file. rolled-back: nothing of it is there. */
  readonly as: "applied" | "rolled-back";
}

/** With what the texts say: what `diff` gets, one element. */
export interface DesiredMigrations extends ListedMigrations {
  readonly files: readonly MigrationFile[];
  /** Not all of the texts were read: what an earlier run found is taken of files that have not changed since. */
  readonly isRecalled?: boolean;
}

/** A file that runs again whenever its text has changed: views, functions, policies, grants. */
export interface RepeatableFile {
  readonly id: ResourceId;
  /** File name without its ending: `active_users`. */
  readonly name: string;
  /** Relative to the project. */
  readonly file: string;
  /** As {@link MigrationFile}'s. */
  readonly checksum: string;
  /** Names that `-- poststack: after` gives. */
  readonly after: readonly string[];
}

export interface LedgerRow {
  readonly version: string;
  readonly order: string;
  readonly name: string;
  readonly checksum: string;
  /**
   * started: recorded before a file that runs outside a transaction, and not finished (RELIABILITY 26).
   * reverting: the same for its rollback file.
   */
  readonly state: "started" | "applied" | "reverting";
  readonly hasRollback: boolean;
  /** SHA-256 in hex of the recorded rollback, as a file's checksum; looked at where it may run. */
  readonly rollbackChecksum?: string;
}

/** What the text of a file that is not in the ledger shows before it runs. */
export interface PendingFacts {
  /** Of the text that was looked at, as in {@link MigrationFile}; missing where it could not be. */
  readonly checksum?: string;
  /** The same of its rollback, where it has one. */
  readonly rollbackChecksum?: string;
  readonly hazards: readonly Hazard[];
  readonly phase?: Phase;
  /** The role that its header asks for. */
  readonly role?: { readonly name: string; readonly place: Place };
  /** Why it cannot run. */
  readonly error?: ErrorFacts;
  /** What the rules find in it; of a database that nobody uses yet nothing. */
  readonly suspicions?: readonly Suspicion[];
  /** What each of its statements does to what is there now. */
  readonly statements?: readonly StatementImpact[];
}

/** What is known of a rollback before it runs. */
export interface RollbackFacts {
  /** Of its file, where there is one. */
  readonly checksum?: string;
  /** What the statements of what runs do to what is there now. */
  readonly statements?: readonly StatementImpact[];
  readonly hazards?: readonly Hazard[];
}

/** The ledger as it comes: a text for each column, all in the order of the rows, which is that of the versions. */
export interface LedgerColumns {
  /** Arrays of JSON. */
  readonly orders: string;
  readonly versions: string;
  readonly names: string;
  readonly checksums: string;
  readonly rollbackChecksums: string;
  /** A letter each: the first of the state; `r` where there is a rollback. */
  readonly states: string;
  readonly rollbacks: string;
}

export interface ObservedMigrations {
  /** Whether schema poststack is there; without it there are no rows. */
  readonly ledger: "absent" | "present";
  readonly rows: readonly LedgerRow[];
  /** The same before anything was made of it, for who can do without the rows. */
  readonly columns?: LedgerColumns;
  /** Objects of others in the database. Counted until there is a row or a baseline: after that it says nothing. */
  readonly objects: number;
  /** Of every file that is not in the ledger; of none while there is no server to ask for it. */
  readonly pending: ReadonlyMap<ResourceId, PendingFacts>;
  /** Of the tables that pending files touch, as far as anybody asked. */
  readonly tables?: LintFacts;
  /** Why a file that began and did not finish cannot go on. */
  readonly resumed?: ReadonlyMap<ResourceId, ErrorFacts>;
  /** Looked for where they are to be rebuilt. */
  readonly invalidIndexes?: readonly InvalidIndex[];
  /** Of rollbacks that are to run, by the migration's id. */
  readonly rollbacks?: ReadonlyMap<ResourceId, RollbackFacts>;
  /** What the ledger knows of repeatable files; missing where it has never known one. */
  readonly repeated?: readonly RepeatedRow[];
  /** Of repeatable files that are to run, by name. */
  readonly repeating?: ReadonlyMap<string, RepeatFacts>;
  /** What repeatable files make and need that have run as they are, by name; looked at where another is to run. */
  readonly standing?: ReadonlyMap<string, Names>;
  /** Of another tool; looked for where it counts. */
  readonly foreign?: FoundLedger;
  /** What a contract that is pending is decided by; asked only where one is. */
  readonly deployment?: SeenDeployment;
}

export type MigrationAction =
  | ActionOf<
      "migration",
      "apply",
      {
        readonly migration: MigrationFile;
        /** Of the rollback that is recorded with it. */
        readonly rollbackChecksum?: string;
        /** Its commit waits for the disk. */
        readonly durable: boolean;
        /** Of a contract: who else may be up when it runs. It says nothing of what would be done. */
        readonly beside?: Beside;
      }
    >
  | ActionOf<
      "migration",
      "rollback",
      {
        readonly migration: LedgerRow;
        readonly rollbackFile?: string;
        readonly reading?: Reading;
        /** Of what runs: that file, or what the ledger recorded. */
        readonly rollbackChecksum?: string;
      }
    >
  | ActionOf<
      "migration",
      "replay",
      {
        readonly migration: MigrationFile;
        readonly row: LedgerRow;
        /** Of what the ledger recorded. */
        readonly rollbackChecksum?: string;
      }
    >
  | ActionOf<"migration", "baseline", { readonly migrations: readonly MigrationFile[] }>
  | ActionOf<
      "migration",
      "import",
      {
        readonly migrations: readonly MigrationFile[];
        /** Repeatable files that ran as they are. */
        readonly repeated: readonly RepeatableFile[];
        readonly ledger: ImportedLedger;
      }
    >
  /** A contract is met for the first time while something older runs: what is older is put on record. */
  | ActionOf<"migration", "hold", { readonly migration: MigrationFile; readonly older: readonly PastPart[] }>
  | ActionOf<"migration", "repeat", { readonly repeatable: RepeatableFile }>
  | ActionOf<"migration", "forget", { readonly row: RepeatedRow }>
  /** Takes the row away, and nothing out of the database. */
  | ActionOf<"migration", "unrecord", { readonly migration: LedgerRow }>
  | ActionOf<"migration", "rebuild", { readonly index: InvalidIndex }>
  | ActionOf<"migration", "repair", { readonly migration: MigrationFile; readonly row: LedgerRow }>
  | Refusal<"migration">;

import { PoststackError } from "../../../core/errors.ts";
import type { MigrationFormat } from "../../../config/source.ts";
import type { NamedMigration } from "../../../resources/migration/model.ts";

type Format = MigrationFormat["format"];

/** One migration's two ways, without the marks of any tool. */
interface Texts {
  readonly forward: string;
  readonly back: string;
  /** They cannot run in a transaction. */
  readonly isOutside: { readonly forward: boolean; readonly back: boolean };
}

/** Where one more migration goes, by its version and name. */
interface Target {
  readonly folder: string;
  readonly version: string;
  readonly name: string;
  /** Poststack's own, where the folder has `.up.sql`. */
  readonly hasUpFiles: boolean;
}

const header = "-- poststack: no-transaction\n";

/**
 * A new migration as the tool whose folder it is would have it. Pure.
 *
 * @throws PoststackError `USAGE` for Sqitch, whose plan says who planned a change
 */
export function filesFor(format: Format, target: Target, texts: Texts): ReadonlyMap<string, string> {
  const { folder, version, name, hasUpFiles } = target;
  const { forward, back, isOutside } = texts;
  const stem = `${folder}/${version}_${name}`;
  switch (format) {
    case "poststack": {
      const [up, down] = hasUpFiles ? [".up.sql", ".down.sql"] : [".sql", ".rollback.sql"];
      return new Map([
        [stem + up, (isOutside.forward ? header : "") + forward],
        [stem + down, (isOutside.back ? header : "") + back],
      ]);
    }
    case "dbmate": {
      const mark = (way: string, outside: boolean): string =>
        `-- migrate:${way}${outside ? " transaction:false" : ""}\n`;
      return new Map([
        [`${stem}.sql`, `${mark("up", isOutside.forward)}${forward}\n${mark("down", isOutside.back)}${back}`],
      ]);
    }
    case "node-pg-migrate":
      return new Map([[`${stem}.sql`, `-- Up Migration\n${forward}\n-- Down Migration\n${back}`]]);
    case "golang-migrate":
      return pair(`${stem}.up.sql`, `${stem}.down.sql`, texts);
    case "flyway":
      return pair(`${folder}/V${version}__${name}.sql`, `${folder}/U${version}__${name}.sql`, texts);
    case "prisma":
      return pair(`${stem}/migration.sql`, `${stem}/down.sql`, texts);
    case "diesel":
      return new Map([
        ...pair(`${stem}/up.sql`, `${stem}/down.sql`, texts),
        ...(isOutside.forward ? [[`${stem}/metadata.toml`, "run_in_transaction = false\n"] as const] : []),
      ]);
    case "sqitch":
      throw new PoststackError("USAGE", {
        what: "a change of Sqitch stands in its plan with who planned it and when",
        next: `sqitch add ${name}`,
      });
    default:
      return unknownFormat(format);
  }
}

const unknownFormat = (format: never): never => {
  throw new PoststackError("INTERNAL", { what: `no files for ${String(format)}` });
};

const pair = (up: string, down: string, { forward, back }: Texts): ReadonlyMap<string, string> =>
  new Map([
    [up, forward],
    [down, back],
  ]);

/** Where the way back of one that is there goes; undefined: into the file that holds both. */
export function rollbackFileOf(format: Format, { file }: Pick<NamedMigration, "file">): string | undefined {
  switch (format) {
    case "poststack":
      return file.endsWith(".up.sql")
        ? file.replace(/\.up\.sql$/, ".down.sql")
        : file.replace(/\.sql$/, ".rollback.sql");
    case "golang-migrate":
      return file.replace(/\.up\.sql$/, ".down.sql");
    case "node-pg-migrate":
      return file.endsWith(".up.sql") ? file.replace(/\.up\.sql$/, ".down.sql") : undefined;
    case "flyway":
      return file.replace(/V([^/]*)$/, "U$1");
    case "sqitch":
      return file.replace(/deploy\/([^/]*)$/, "revert/$1");
    case "diesel":
    case "prisma":
      return file.replace(/[^/]*$/, "down.sql");
    case "dbmate":
      return undefined;
    default:
      return unknownFormat(format);
  }
}

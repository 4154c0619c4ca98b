import type { Files } from "../../core/ports/files.ts";
import type { ForeignFormat } from "../../resources/migration/import/formats.ts";
import { dbmate, golangMigrate, nodePgMigrate } from "./flat-files.ts";
import { flyway } from "./flyway.ts";
import { diesel, prisma } from "./folders.ts";
import type { Layout, Listing, Tree } from "./layout.ts";
import { sqitch } from "./sqitch.ts";

const layouts: Readonly<Record<ForeignFormat, Layout>> = {
  dbmate,
  "golang-migrate": golangMigrate,
  flyway,
  "node-pg-migrate": nodePgMigrate,
  sqitch,
  diesel,
  prisma,
};

/** Levels of folders that are looked into: sqitch's deploy/, Flyway's by year and month. */
const depth = 6;
const limitBytes = 16 * 1024 * 1024;

/**
 * The migrations of a folder in the way of another tool.
 *
 * @throws PoststackError `PATH_OUTSIDE`, `FILE_*`
 */
export const listForeign = (files: Files, folder: string, format: ForeignFormat): Listing =>
  layouts[format](treeOf(files, folder));

/** The folder with all that is below it, by names alone; texts are read when they are asked for. */
export function treeOf(files: Files, folder: string): Tree {
  const text = (path: string): string => files.read(`${folder}/${path}`, { limitBytes });
  return { folder, paths: pathsBelow(files, folder, "", depth), text };
}

function pathsBelow(files: Files, folder: string, below: string, levels: number): readonly string[] {
  return files.list(below === "" ? folder : `${folder}/${below}`).flatMap((name) => {
    const path = below === "" ? name : `${below}/${name}`;
    // A folder of langfuse's is called `20250517273700_add_table_view_presets.sql`: no name says that it is a file.
    const isFolder = !name.startsWith(".") && files.isFolder(`${folder}/${path}`);
    if (!isFolder) return [path];
    return levels === 0 ? [] : pathsBelow(files, folder, path, levels - 1);
  });
}

/**
 * What the names in a folder look like, surest first; none where it is no tool's that is known.
 */
export function detectFormats({ paths, text }: Tree): readonly ForeignFormat[] {
  const some = (pattern: RegExp): boolean => paths.some((path) => pattern.test(path));
  const flat = paths.filter((path) => !path.includes("/") && path.endsWith(".sql"));
  const first = flat.find((path) => /^\d/.test(path));
  const begin = first === undefined ? "" : text(first);
  const found: readonly (readonly [ForeignFormat, boolean])[] = [
    ["sqitch", paths.includes("sqitch.plan")],
    ["prisma", paths.includes("migration_lock.toml") || some(/^[^/]+\/migration\.sql$/)],
    ["diesel", some(/^\d[\d-]*_[^/]*\/up\.sql$/)],
    ["flyway", some(/(?:^|\/)V\d+(?:[._]\d+)*__[^/]*\.sql$/)],
    ["dbmate", /^--\s*migrate:up\b/m.test(begin)],
    ["node-pg-migrate", /^\s*--[\s-]*up\s+migration/im.test(begin)],
    ["golang-migrate", some(/^\d+_[^/]*\.up\.sql$/)],
  ];
  return found.filter(([, isSo]) => isSo).map(([format]) => format);
}

import { readFileSync } from "node:fs";
import { corpusPath, readCorpus } from "./corpus.ts";

/** A migration of a real project, as the corpus lists it: its README says what each key means. */
export interface CorpusMigration {
  readonly version: string;
  readonly up: string;
  readonly down?: string;
  readonly transaction: boolean;
  readonly down_check?: string;
  readonly down_error?: string;
  readonly flat_name: string;
}

/** In the order in which they apply. */
export const corpusMigrations = (project: string): readonly CorpusMigration[] =>
  (readCorpus("migrations", project, "index.json") as { readonly migrations: readonly CorpusMigration[] }).migrations;

/** Its name where a folder has one numbered file for each. */
export const flatName = ({ flat_name: name }: CorpusMigration): string => name.replace(/\.sql$/, "");

/** Rollbacks have no mark of their own in the list. */
const needsHeader = (sql: string): boolean => /^\s*(?:create|drop)\s+(?:unique\s+)?index\s+concurrently/im.test(sql);

/** The text of one of its files, with our header where it cannot run inside a transaction. */
export function corpusText(project: string, path: string, isTransactional?: boolean): string {
  const sql = readFileSync(corpusPath("migrations", project, path), "utf8");
  return (isTransactional ?? !needsHeader(sql)) ? sql : `-- poststack: no-transaction\n${sql}`;
}

/** All of a project's migrations and rollbacks as files of ours, by path. */
export const corpusFiles = (
  project: string,
  nameOf: (migration: CorpusMigration) => string,
  folder = "",
): Record<string, string> =>
  Object.fromEntries(
    corpusMigrations(project).flatMap((one) => [
      [`${folder}${nameOf(one)}.sql`, corpusText(project, one.up, one.transaction)],
      ...(one.down === undefined ? [] : [[`${folder}${nameOf(one)}.rollback.sql`, corpusText(project, one.down)]]),
    ]),
  );

/** What the snapshot query prints when all are applied. */
export const expectedSchema = (project: string): string =>
  readFileSync(corpusPath("migrations", project, "expected-schema.txt"), "utf8").trimEnd();

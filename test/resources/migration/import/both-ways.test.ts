import { expect, test } from "vitest";
import { PoststackError } from "../../../../controller/core/errors.ts";
import { refuseBothWays } from "../../../../controller/resources/migration/import/both-ways.ts";

/** The tool and the line of its mark; undefined: it may run. */
function refusal(text: string): string | undefined {
  try {
    refuseBothWays({ file: "migrations/001_a.sql", text });
    return undefined;
  } catch (error) {
    if (!(error instanceof PoststackError)) throw error;
    const [, tool] = /mark of (.*?):/.exec(error.facts.what) ?? [];
    return `${error.code} ${tool ?? ""} ${error.facts.where?.line ?? 0}`;
  }
}

test.each<[string, string, string | undefined]>([
  ["dbmate", "-- migrate:up\nselect 1;\n\n-- migrate:down\nselect 2;", "MIGRATION_HEADER dbmate 4"],
  ["with options", "--migrate:up transaction:false\n--migrate:down\nselect 2;", "MIGRATION_HEADER dbmate 2"],
  ["goose", "-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;", "MIGRATION_HEADER goose 3"],
  ["goose in small letters", "-- +goose up\n-- +goose down\nselect 2;", "MIGRATION_HEADER goose 2"],
  ["sql-migrate", "-- +migrate Up\n-- +migrate Down\nselect 2;", "MIGRATION_HEADER sql-migrate 2"],
  ["node-pg-migrate", "-- Up Migration\n---- Down Migration\nselect 2;", "MIGRATION_HEADER node-pg-migrate 2"],
  ["its way back first", "-- Down Migration\nselect 2;\n-- Up Migration\n", "MIGRATION_HEADER node-pg-migrate 1"],
  ["a way back of nothing", "-- migrate:up\nselect 1;\n\n-- migrate:down\n", undefined],
  ["of comments", "-- migrate:up\nselect 1;\n-- migrate:down\n-- none\n/* at\nall */\n", undefined],
  ["nothing, and first", "-- Down Migration\n\n-- Up Migration\nselect 1;", undefined],
  ["one way alone, as an import writes it", "-- migrate:up\nselect 1;", undefined],
  ["the other one, as its rollback", "-- migrate:down\nselect 1;", undefined],
  ["words in a comment", "-- going up, not down: see the migration before\nselect 1;", undefined],
  ["marks inside of a line", "select '-- migrate:up', '-- migrate:down';", undefined],
  ["none", "create table a (n int);", undefined],
])("%s", (_what, text, expected) => {
  expect(refusal(text)).toBe(expected);
});

import { expect, test } from "vitest";
import { versionText } from "../../../../controller/resources/migration/lint/files.ts";
import type { Files } from "../../../../controller/core/ports/files.ts";

// Whether the rules take a file for one transaction: as it runs, by its header and its name.

test.each([
  ["001_plain", "select 1;", true],
  ["001_header", "-- poststack: no-transaction\nvacuum;", false],
  ["001_capitals", "-- Poststack: no-transaction\nvacuum;", false],
  ["001_word", "select 'poststack: no-transaction';", true],
  ["001_names.backfill", "update users set name = '';", false],
  ["001_names.expand", "alter table users add name text;", true],
  ["001_phase", "-- poststack: phase backfill\nupdate users set name = '';", false],
])("%s", (name, text, transactional) => {
  const files = { read: () => text } as unknown as Files;
  expect(versionText({ name, file: `${name}.sql` }, files)).toEqual({
    source: { file: `${name}.sql`, text },
    transactional,
  });
});

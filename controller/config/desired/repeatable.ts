import { PoststackError } from "../../core/errors.ts";
import { resourceId } from "../../core/id.ts";
import { fileStart } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import type { RepeatableFile } from "../../resources/migration/model.ts";
import { settingTakes, settingWords } from "../../resources/migration/file-settings.ts";
import { repeatableHeaders } from "../../resources/migration/repeatable/header.ts";
import { readSource } from "../../resources/migration/source.ts";
import { checksumOf } from "../../resources/migration/text.ts";
import type { Problems } from "../problems.ts";

/** Below the folder of the migrations. */
const folderName = "repeatable";

/** What runs whenever its text has changed, where the folder's own manner names none. */
export function namesOfRepeatables(files: Files, folder: string): readonly Named[] {
  const inside = `${folder}/${folderName}`;
  return files
    .list(inside)
    .filter((entry) => entry.endsWith(".sql") && !entry.startsWith("."))
    .map((entry) => ({ name: entry.slice(0, -".sql".length), path: `${folderName}/${entry}` }));
}

interface Named {
  readonly name: string;
  /** Relative to the folder. */
  readonly path: string;
}

/**
 * Reads them; there are few. What is wrong with one is added to the problems: `MIGRATION_HEADER`, `MIGRATION_NAME`,
 * `FILE_UNREADABLE`, `PATH_OUTSIDE`.
 */
export function readRepeatables(
  files: Files,
  folder: string,
  named: readonly Named[],
  problems: Problems,
): readonly RepeatableFile[] {
  const byName = new Map<string, RepeatableFile>();
  for (const { name, path } of [...named].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const file = `${folder}/${path}`;
    const read = problems.attempt(() => {
      const other = byName.get(name);
      if (other !== undefined) throw twice(other.file, file, name);
      const { text } = readSource(file, files);
      const { after, unknown } = repeatableHeaders(text, file);
      if (unknown !== undefined) throw badHeader(unknown);
      return {
        id: resourceId("migration", `repeatable/${name}`),
        name,
        file,
        checksum: checksumOf(Buffer.from(text)),
        after,
      };
    });
    if (read !== undefined) byName.set(name, read);
  }
  return [...byName.values()];
}

const twice = (first: string, second: string, name: string): PoststackError =>
  new PoststackError("MIGRATION_NAME", {
    what: `${first} and ${second} are both the repeatable file ${name}`,
    where: fileStart(second),
    next: "give one of them another name",
  });

const badHeader = ({ text, place }: NonNullable<ReturnType<typeof repeatableHeaders>["unknown"]>): PoststackError =>
  new PoststackError("MIGRATION_HEADER", {
    what: `\`-- poststack: ${text}\` means nothing in a repeatable file`,
    where: place,
    next:
      settingTakes(text) ??
      `there are after NAME, ${Object.keys(settingWords).join(", ")}; what cannot run in a transaction belongs into a versioned file`,
  });

import type { NamedMigration } from "../../resources/migration/model.ts";

/** One migration's texts, as Poststack runs them. */
interface Converted {
  readonly migration: Pick<NamedMigration, "version" | "name">;
  readonly forward: string;
  /** Undefined: there is none. */
  readonly back: string | undefined;
}

/**
 * The same migrations as ordinary pairs of files, by path. Pure. Versions stay, so that a ledger of either kind still fits;
 * the text forward stays to the last byte, which is what its checksum is made of.
 */
export function rewritten(
  folder: string,
  migrations: readonly Converted[],
  repeatable: readonly { readonly name: string; readonly text: string }[],
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { migration, forward, back } of migrations) {
    const stem = `${folder}/${nameFor(migration)}`;
    files.set(`${stem}.sql`, forward);
    if (back !== undefined) files.set(`${stem}.rollback.sql`, back.replace(/^\n+/, ""));
  }
  for (const { name, text } of repeatable) files.set(`${folder}/repeatable/${name}.sql`, text);
  return files;
}

/** `V1.2__add_users` → `1.2_add_users`; a name that has no version in it gets one. */
export function nameFor({ version, name }: Pick<NamedMigration, "version" | "name">): string {
  const written = name.replace(/^V(?=\d)/, "");
  const digits = version.split(/[-.]/).join("[-._]");
  // The `.2` of the second of one number is in no name.
  const [first = ""] = version.split(".");
  const rest = written
    .replace(new RegExp(`^(?:${digits}|${first})(?!\\d)`), "")
    .replace(/^[-_.\s]+/, "")
    .replaceAll(/[/\\]/g, "-")
    .trim();
  return `${version}_${rest === "" ? "migration" : rest}`;
}

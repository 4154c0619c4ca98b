/**
 * The list of contents of an archive, as `pg_restore --list` writes it and `--use-list` reads it (manual: pg_restore):
 * `id; catalogue oid TYPE schema name owner`, a line for each entry, and comments behind `;`.
 */
const entry = /^\d+; \d+ \d+ (.*)$/;

/** What a filter of contents has to know. */
export interface Place {
  /** Who owns all that is restored. */
  readonly owner: string;
  /** Extensions that are there already, by name. */
  readonly extensions: ReadonlySet<string>;
  /** Schemas that are there already. */
  readonly schemas: ReadonlySet<string>;
}

const entriesOf = (list: string): readonly string[] => list.split("\n").filter((line) => entry.test(line));

export const countEntries = (list: string): number => entriesOf(list).length;

/**
 * The entries that the owner restores. Left out is what is there before: extensions and their schemas, which may take a
 * superuser, and `public`, which every database has. Default privileges of other roles can be changed by those alone.
 */
export function restorable(list: string, { owner, extensions, schemas }: Place): string {
  const isThere = (text: string): boolean => {
    const [, extension] = /^(?:COMMENT - )?EXTENSION (?:- )?(.+?) ?$/.exec(text) ?? [];
    if (extension !== undefined) return extensions.has(extension);
    if (/^(?:COMMENT - SCHEMA|SCHEMA -) public /.test(text)) return true;
    return [...schemas].some((schema) => isSchema(text, schema));
  };
  // The last word is the owner: a name may have spaces.
  const isSchema = (text: string, schema: string): boolean =>
    text.startsWith(`SCHEMA - ${schema} `) && !text.slice(`SCHEMA - ${schema} `.length).includes(" ");
  const isOfAnother = (text: string): boolean => text.startsWith("DEFAULT ACL ") && !text.endsWith(` ${owner}`);
  const kept = entriesOf(list).filter((line) => {
    const text = entry.exec(line)?.[1] ?? "";
    return !isThere(text) && !isOfAnother(text);
  });
  return `${kept.join("\n")}\n`;
}

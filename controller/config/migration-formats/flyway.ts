import { PoststackError } from "../../core/errors.ts";
import { fileStart } from "../../core/place.ts";
import { noSql, paired, wrongName, type Layout, type Part, type Tree } from "./layout.ts";

/**
 * Flyway: `V1.2__add_users.sql`, `U1.2__add_users.sql` takes it back, `R__views.sql` runs again when it has changed, in any
 * folder below. One transaction, unless `<file>.conf` says `executeInTransaction=false` or a statement cannot be in one
 * (documentation: Migrations; Script configuration).
 */
export const flyway: Layout = (tree) => {
  const parts: Part[] = [];
  const repeatable: { readonly name: string; readonly path: string }[] = [];
  const errors: PoststackError[] = [];
  for (const path of tree.paths) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const file = `${tree.folder}/${path}`;
    if (/^[VUR].*__.*\.(?:java|class|py|sh|ps1|kt|groovy)$/.test(name)) errors.push(noSql(file, "Flyway"));
    if (!name.endsWith(".sql") || path.split("/").some((step) => step.startsWith("."))) continue;
    const stem = name.slice(0, -".sql".length);
    const [, prefix = "", numbers = "", description] = /^([VUB]|R(?=__))(\d+(?:[._]\d+)*)?__(.*)$/.exec(stem) ?? [];
    if (/\$\{[\w.:]+\}/.test(tree.text(path))) errors.push(placeholders(file));
    if (prefix === "R" && numbers === "" && description !== undefined) repeatable.push({ name: description, path });
    else if (prefix === "B") continue;
    else if (prefix !== "" && numbers !== "") {
      const version = numbers.replaceAll("_", ".");
      const outside = isOutside(tree, path) ? "yes" : "if-needed";
      parts.push({
        path,
        version,
        name: stem.replace(/^U/, "V"),
        way: prefix === "U" ? "down" : "up",
        reading: { outside },
      });
    } else errors.push(wrongName(file, "Flyway", "V2__add_users.sql"));
  }
  return paired(tree, parts, errors, { repeatable });
};

function isOutside({ paths, text }: Tree, path: string): boolean {
  const settings = `${path}.conf`;
  return paths.includes(settings) && /^\s*executeInTransaction\s*=\s*false\b/m.test(text(settings));
}

const placeholders = (file: string): PoststackError =>
  new PoststackError("MIGRATION_META_COMMAND", {
    what: `${file} has a placeholder of Flyway's, \`\${…}\`, which nobody fills in here`,
    where: fileStart(file),
    next: "write its value in its place",
  });

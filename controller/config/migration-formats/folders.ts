import { byName, compareNames, paired, wrongName, type Layout, type Part, type Tree } from "./layout.ts";

/**
 * Diesel: `2024-01-31-120000_users/up.sql` and `down.sql`; the version is what stands before `_`, without hyphens
 * (diesel_migrations, file_based_migrations.rs). One transaction, unless metadata.toml has `run_in_transaction = false`.
 */
export const diesel: Layout = (tree) => inFolders(tree, dieselFolder);

/**
 * Prisma: `20240131120000_users/migration.sql`, which goes to the server as one string; a `down.sql` beside it is the
 * user's own. The `0_init` of a baseline is version 0, which is before all others. Names are what is sorted.
 */
export const prisma: Layout = (tree) => inFolders(tree, prismaFolder);

interface FolderRule {
  readonly tool: string;
  readonly form: string;
  readonly files: Readonly<Record<string, Part["way"]>>;
  readonly outside: (tree: Tree, folder: string) => Part["reading"]["outside"];
}

const dieselFolder: FolderRule = {
  tool: "Diesel",
  form: "2024-01-31-120000_add_users/up.sql",
  files: { "up.sql": "up", "down.sql": "down" },
  outside: ({ paths, text }, folder) => {
    const path = `${folder}/metadata.toml`;
    return paths.includes(path) && /^\s*run_in_transaction\s*=\s*false\b/m.test(text(path)) ? "yes" : "no";
  },
};

const prismaFolder: FolderRule = {
  tool: "Prisma",
  form: "20240131120000_add_users/migration.sql",
  files: { "migration.sql": "up", "down.sql": "down" },
  outside: () => "if-needed",
};

function inFolders(tree: Tree, { tool, form, files, outside }: FolderRule) {
  const parts: Part[] = [];
  const errors = [];
  for (const path of tree.paths) {
    const [folder = "", file = "", ...deeper] = path.split("/");
    const way = Object.hasOwn(files, file) ? files[file] : undefined;
    if (way === undefined || deeper.length > 0 || folder.startsWith(".")) continue;
    const [, version] = /^(\d+(?:-\d+)*)(?:_|$)/.exec(folder) ?? [];
    if (version === undefined) errors.push(wrongName(`${tree.folder}/${path}`, tool, form));
    else parts.push({ path, version, name: folder, way, reading: { outside: outside(tree, folder) } });
  }
  return paired(tree, tool === "Prisma" ? byName(parts, compareNames) : parts, errors);
}

import { byName, compareNumbers, flat, noSql, paired, wrongName, type Layout, type Part } from "./layout.ts";

/**
 * dbmate: `20200101120000_users.sql` holds both ways. The version is the digits that the name begins with
 * (dbmate, pkg/dbmate/db.go: `^(\d+).*\.sql$`); what does not begin with digits it does not look at.
 */
export const dbmate: Layout = (tree) =>
  paired(
    tree,
    flat(tree).flatMap((path): readonly Part[] => {
      const [, version] = /^(\d+).*\.sql$/.exec(path) ?? [];
      if (version === undefined) return [];
      const both = { path, version, name: path.slice(0, -".sql".length) };
      const reading = { sections: "dbmate", outside: "no" } as const;
      return [
        { ...both, way: "up", reading },
        { ...both, way: "down", reading },
      ];
    }),
  );

/**
 * golang-migrate: `1_users.up.sql` and `1_users.down.sql` (source/parse.go: `^([0-9]+)_(.*)\.(down|up)\.(.*)$`). A file goes
 * to the server as one string, which is one transaction unless it is one statement that cannot be in any
 * (database/postgres/postgres.go; manual: Multiple Statements in a Simple Query).
 */
export const golangMigrate: Layout = (tree) =>
  paired(
    tree,
    flat(tree).flatMap((path): readonly Part[] => {
      const [, name, version, way] = /^((\d+)_.*)\.(up|down)\.sql$/.exec(path) ?? [];
      if (name === undefined || version === undefined) return [];
      return [{ path, version, name, way: way === "down" ? "down" : "up", reading: { outside: "if-needed" } }];
    }),
    flat(tree)
      .filter((path) => /^\d+_.*\.(?:up|down)\.(?!sql$)/.test(path))
      .map((path) => noSql(`${tree.folder}/${path}`, "golang-migrate")),
  );

/**
 * node-pg-migrate: `1600000000000_users.sql` with its marks, or `….up.sql` and `….down.sql`. All in one transaction each
 * (its --no-single-transaction is not known here).
 */
export const nodePgMigrate: Layout = (tree) => {
  const parts: Part[] = [];
  const errors = [];
  for (const path of flat(tree)) {
    const file = `${tree.folder}/${path}`;
    const [, name, version, ending] = /^((\d+)[_-].+?)((?:\.up|\.down)?\.sql)$/.exec(path) ?? [];
    if (name !== undefined && version !== undefined) {
      const both = { path, version, name };
      const reading = { outside: "no" } as const;
      const inSections = { sections: "node-pg-migrate", ...reading } as const;
      if (ending === ".up.sql" || ending === ".down.sql") {
        parts.push({ ...both, way: ending === ".up.sql" ? "up" : "down", reading });
      } else {
        parts.push({ ...both, way: "up", reading: inSections }, { ...both, way: "down", reading: inSections });
      }
    } else if (/\.[cm]?[jt]s$/.test(path)) errors.push(noSql(file, "node-pg-migrate"));
    else if (path.endsWith(".sql")) errors.push(wrongName(file, "node-pg-migrate", "1600000000000_add-users.sql"));
  }
  return paired(tree, byName(parts, compareNumbers), errors);
};

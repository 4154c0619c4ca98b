import { quoteLiteral } from "../../sql.ts";
import { listOf, type Catalog, type CatalogObject } from "../model.ts";
import { isSecretSetting } from "../secret-settings.ts";

/** A statement about the database in which it runs, which is called otherwise elsewhere: `%I` stands for its name. */
export const onDatabase = (text: string): string =>
  `do ${quoteLiteral(`begin execute format(${quoteLiteral(text)}, current_database()); end`).trimStart()}`;

/** Where new sessions of a database like this one look for names. */
export function searchPathStatements({ objects }: Pick<Catalog, "objects">): readonly string[] {
  const settings = objects.filter(({ kind }) => kind === "database").flatMap((one) => listOf(one, "settings"));
  return settings
    .filter((one) => one.startsWith("search_path = "))
    .map((one) => onDatabase(`alter database %I set ${one.replaceAll("%", "%%")}`));
}

/** Settings that new sessions begin with, `work_mem = '8MB'`, to what they are in `to`; undefined where that is a secret. */
export function changeSettings(from: CatalogObject, to: CatalogObject): readonly string[] | undefined {
  const [before, after] = [listOf(from, "settings"), listOf(to, "settings")];
  const nameOf = (setting: string): string => setting.split(" = ", 1)[0] ?? "";
  const kept = new Set(after.map(nameOf));
  const changed = after.filter((one) => !before.includes(one));
  if (changed.some(isSecretSetting)) return undefined;
  const words = [
    ...before.filter((one) => !kept.has(nameOf(one))).map((one) => `reset ${nameOf(one)}`),
    ...changed.map((one) => `set ${one}`),
  ];
  return words.map((word) => onDatabase(`alter database %I ${word.replaceAll("%", "%%")}`));
}

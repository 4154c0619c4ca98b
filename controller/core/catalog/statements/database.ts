import { quoteLiteral } from "../../sql.ts";
import { listOf, type Catalog, type CatalogObject } from "../model.ts";
import { isSecretSetting } from "../secret-settings.ts";

/** A statement about the database in which it runs, which is called otherwise elsewhere: `%I` stands for its name. */
export const onDatabase = (text: string): string =>
  `do ${quoteLiteral(`begin execute format(${quoteLiteral(text)}, current_database()); end`).trimStart()}`;

/** A parameter that new sessions begin with. */
export interface Setting {
  /** A role's name, quoted; undefined: of everybody's sessions. */
  readonly role: string | undefined;
  /** Quoted. */
  readonly name: string;
  /** What sets it; undefined: its value stayed on the server. */
  readonly statement: string | undefined;
}

/** All that new sessions of the database's owner begin with, as whom migrations run. */
export const settingsOfOwner = ({ objects, owner }: Pick<Catalog, "objects" | "owner">): readonly Setting[] =>
  objects
    .filter(({ kind }) => kind === "database")
    .flatMap((one) => [...listOf(one, "settings"), ...listOf(one, "roleSettings")])
    .map((setting) => {
      const { role, name, assignment } = partsOf(setting);
      const statement = isSecretSetting(setting) ? undefined : altering(role, `set ${assignment}`);
      return { role, name, statement };
    })
    .filter(({ role }) => role === undefined || role === owner);

/** Parameters, `work_mem = '8MB'`, to what they are in `to`; undefined where that is a secret. */
export const changeSettings =
  (fact: "settings" | "roleSettings") =>
  (from: CatalogObject, to: CatalogObject): readonly string[] | undefined => {
    const [before, after] = [listOf(from, fact), listOf(to, fact)];
    const keyOf = (setting: string): string => setting.slice(0, -partsOf(setting).value.length);
    const kept = new Set(after.map(keyOf));
    const [gone, changed] = [
      before.filter((one) => !kept.has(keyOf(one))),
      after.filter((one) => !before.includes(one)),
    ];
    if (changed.some(isSecretSetting)) return undefined;
    return [
      ...gone.map(partsOf).map(({ role, name }) => altering(role, `reset ${name}`)),
      ...changed.map(partsOf).map(({ role, assignment }) => altering(role, `set ${assignment}`)),
    ];
  };

const altering = (role: string | undefined, words: string): string => {
  const subject = role === undefined ? "database %I" : `role ${role.replaceAll("%", "%%")} in database %I`;
  return onDatabase(`alter ${subject} ${words.replaceAll("%", "%%")}`);
};

const identifier = String.raw`"(?:[^"]|"")*"|[^" ]+`;
const shape = new RegExp(`^(?:role (${identifier}) set )?((${identifier}) = (.*))$`, "s");

/** `work_mem = '8MB'`, or `role app set work_mem = '8MB'`. */
function partsOf(setting: string) {
  const [, role, assignment = "", name = "", value = ""] = shape.exec(setting) ?? [];
  return { role, assignment, name, value };
}

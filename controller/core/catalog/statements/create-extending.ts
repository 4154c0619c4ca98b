import { listOf, textOf, type CatalogObject, type ObjectKind } from "../model.ts";
import { listed, optional, settings } from "./words.ts";

/** The statements that make what teaches the server something new (manual: Extending SQL). */
export const extending = {
  language: (object) => [
    `create${optional("", textOf(object, "trusted"))} language ${object.name} handler ${textOf(object, "handler")}${optional("inline ", textOf(object, "inline"))}${optional("validator ", textOf(object, "validator"))}`,
  ],
  "access method": (object) => [
    `create access method ${object.name} type ${textOf(object, "type")} handler ${textOf(object, "handler")}`,
  ],
  "operator family": (object) => [
    `create operator family ${object.name}`,
    ...listOf(object, "members").map((member) => `alter operator family ${object.name} add ${member}`),
  ],
  "operator class": (object) => [
    [
      `create operator class ${object.name.slice(0, object.name.lastIndexOf(" using "))}`,
      optional("", textOf(object, "default")),
      ` for type ${textOf(object, "type")} using ${textOf(object, "method")} family ${textOf(object, "family")} as`,
      // At least one has to be there, and STORAGE of the type itself says what holds anyway (opclasscmds.c).
      listed("", [...listOf(object, "members"), ...storageOf(object)], ""),
    ].join(""),
  ],
  conversion: (object) => [
    `create${optional("", textOf(object, "default"))} conversion ${object.name} for ${textOf(object, "from")} to ${textOf(object, "to")} from ${textOf(object, "function")}`,
  ],
  "text search parser": (object) => [`create text search parser ${object.name} (${settings(object)})`],
  "text search template": (object) => [`create text search template ${object.name} (${settings(object)})`],
  transform: (object) => {
    const ways = [
      ["from", textOf(object, "fromSql")],
      ["to", textOf(object, "toSql")],
    ].flatMap(([way, routine]) => (routine === undefined ? [] : [`${way} sql with function ${routine}`]));
    return [`create transform ${object.name} (${ways.join(", ")})`];
  },
} as const satisfies Partial<Record<ObjectKind, (object: CatalogObject) => readonly string[]>>;

function storageOf(object: CatalogObject): readonly string[] {
  const storage =
    textOf(object, "storage") ?? (listOf(object, "members").length === 0 ? textOf(object, "type") : undefined);
  return storage === undefined ? [] : [`storage ${storage}`];
}

import { listOf, parentName, textOf, type CatalogObject, type ObjectKind } from "../model.ts";
import {
  changeForeignOptions,
  columnFacts,
  constraintFacts,
  indexFacts,
  sequenceFacts,
  tableFacts,
  viewFacts,
  type AlterFacts,
} from "./alter-relation.ts";
import { enableWord, setEnabled } from "./create.ts";
import { changeSettings } from "./database.ts";

const foreignOptionsOf =
  (what: string): AlterFacts[string] =>
  (from, to) =>
    changeForeignOptions(`alter ${what} ${to.name}`, "options", from, to);

const typeSetting =
  (fact: string, without: string): AlterFacts[string] =>
  (_from, to) => [`alter type ${to.name} set (${fact} = ${textOf(to, fact) ?? without})`];

const domain = ({ name }: CatalogObject, words: string): readonly string[] => [`alter domain ${name} ${words}`];

/**
 * Kinds whose facts can be changed in place, fact by fact. What is not in here, or gives undefined, takes a new object:
 * whether that may be is said in {@link isReplaceable}.
 */
export const alterations: Readonly<Partial<Record<ObjectKind, AlterFacts>>> = {
  database: { settings: changeSettings("settings"), roleSettings: changeSettings("roleSettings") },
  extension: { schema: (_from, to) => [`alter extension ${to.name} set schema ${textOf(to, "schema")}`] },
  server: {
    options: foreignOptionsOf("server"),
    version: (_from, to) => [`alter server ${to.name} version ${textOf(to, "version") ?? "''"}`],
  },
  "foreign data wrapper": { options: foreignOptionsOf("foreign data wrapper") },
  "user mapping": { options: foreignOptionsOf("user mapping") },
  type: {
    labels: changeLabels,
    attributes: changeAttributes,
    // What ALTER TYPE … SET takes of a base type (manual: ALTER TYPE).
    ...Object.fromEntries(
      ["receive", "send", "typmod_in", "typmod_out", "analyze", "subscript"].map((fact) => [
        fact,
        typeSetting(fact, "none"),
      ]),
    ),
    storage: typeSetting("storage", "plain"),
  },
  domain: {
    default: (_from, to) =>
      domain(to, textOf(to, "default") === undefined ? "drop default" : `set default ${textOf(to, "default")}`),
    notNull: (_from, to) => domain(to, textOf(to, "notNull") === undefined ? "drop not null" : "set not null"),
  },
  "domain constraint": {
    definition: (from, to) =>
      textOf(from, "definition") === `${textOf(to, "definition")} NOT VALID`
        ? [`alter domain ${parentName(to)} validate constraint ${textOf(to, "name")}`]
        : undefined,
  },
  "text search dictionary": {
    options: (_from, to) => [`alter text search dictionary ${to.name} (${textOf(to, "options") ?? ""})`],
  },
  sequence: sequenceFacts,
  table: tableFacts,
  "foreign table": tableFacts,
  column: columnFacts,
  "materialized view": viewFacts,
  constraint: constraintFacts,
  "foreign key": constraintFacts,
  index: indexFacts,
  statistics: {
    target: (_from, to) => [`alter statistics ${to.name} set statistics ${textOf(to, "target") ?? "-1"}`],
  },
  trigger: { enabled: (_from, to) => [setEnabled(to)] },
  rule: { enabled: (_from, to) => [setEnabled(to)] },
  "event trigger": {
    enabled: (_from, to) => [`alter event trigger ${to.name} ${enableWord(textOf(to, "enabled"))}`],
  },
};

/** These hold rows, or others are made of them: they are never dropped to be made anew. */
const irreplaceable: ReadonlySet<ObjectKind> = new Set([
  "database",
  "schema",
  "extension",
  "type",
  "domain",
  "sequence",
  "table",
  "foreign table",
  "column",
  "server",
  "foreign data wrapper",
  // Its classes would go with it.
  "operator family",
]);

export const isReplaceable = ({ kind }: CatalogObject): boolean => !irreplaceable.has(kind);

/** Labels can be renamed, and added at any place; none can be taken away (manual: ALTER TYPE). */
function changeLabels(from: CatalogObject, to: CatalogObject): readonly string[] | undefined {
  const [before, after] = [listOf(from, "labels"), listOf(to, "labels")];
  if (before.length === after.length) {
    return before.flatMap((label, index) =>
      label === after[index] ? [] : [`alter type ${to.name} rename value ${label} to ${after[index] ?? ""}`],
    );
  }
  const kept = after.filter((label) => before.includes(label));
  if (kept.join(",") !== before.join(",")) return undefined;
  return after.flatMap((label, index) => {
    if (before.includes(label)) return [];
    const previous = after[index - 1];
    return [
      `alter type ${to.name} add value ${label} ${previous === undefined ? `before ${before[0] ?? ""}` : `after ${previous}`}`,
    ];
  });
}

/** What is added comes last: an order that this does not give cannot be had. */
function changeAttributes(from: CatalogObject, to: CatalogObject): readonly string[] | undefined {
  const [before, after] = [attributesOf(from), attributesOf(to)];
  const added = [...after.keys()].filter((name) => !before.has(name));
  const order = [...[...before.keys()].filter((name) => after.has(name)), ...added];
  if (order.join(",") !== [...after.keys()].join(",")) return undefined;
  const words = [
    ...[...before.keys()].filter((name) => !after.has(name)).map((name) => `drop attribute ${name}`),
    ...[...after].flatMap(([name, type]) => {
      const old = before.get(name);
      if (old === undefined) return [`add attribute ${name} ${type}`];
      return old === type ? [] : [`alter attribute ${name} type ${type}`];
    }),
  ];
  return words.map((word) => `alter type ${to.name} ${word}`);
}

/** Name and type of each attribute: `"two words" text` */
const attributesOf = (type: CatalogObject): ReadonlyMap<string, string> =>
  new Map(
    listOf(type, "attributes").map((attribute) => {
      const [, name = "", words = ""] = /^("(?:[^"]|"")*"|\S+) (.*)$/s.exec(attribute) ?? [];
      return [name, words];
    }),
  );

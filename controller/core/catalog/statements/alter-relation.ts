import { listOf, parentName, textOf, type CatalogObject } from "../model.ts";
import { identityWords } from "./create-table.ts";
import { changeKeyTriggers } from "./key-triggers.ts";
import { optional } from "./words.ts";

/** The statements for one fact; undefined where there is no way but a new object. */
type AlterFact = (from: CatalogObject, to: CatalogObject) => readonly string[] | undefined;
/** By the name of the fact. One that is not in here has no statement. */
export type AlterFacts = Readonly<Record<string, AlterFact>>;

const table = ({ name }: CatalogObject, words: string): readonly string[] => [`alter table ${name} ${words}`];

/** A fact that is a flag, with the words for there and for gone. */
const flag =
  (fact: string, there: string, gone: string, alter = table): AlterFact =>
  (_from, to) =>
    alter(to, textOf(to, fact) === undefined ? gone : there);

export const tableFacts: AlterFacts = {
  persistence: flag("persistence", "set unlogged", "set logged"),
  accessMethod: (_from, to) => table(to, `set access method ${textOf(to, "accessMethod") ?? "heap"}`),
  ofType: (_from, to) => table(to, textOf(to, "ofType") === undefined ? "not of" : `of ${textOf(to, "ofType")}`),
  inherits: (from, to) => [
    ...beyond(from, to, "inherits").flatMap((parent) => table(to, `no inherit ${parent}`)),
    ...beyond(to, from, "inherits").flatMap((parent) => table(to, `inherit ${parent}`)),
  ],
  partitionOf: attachment,
  // Said with the parent where that changes, too.
  bound: (from, to) => (textOf(from, "partitionOf") === textOf(to, "partitionOf") ? attachment(from, to) : []),
  options: storageOptions("options"),
  toastOptions: storageOptions("toastOptions"),
  replicaIdentity: (_from, to) => table(to, `replica identity ${textOf(to, "replicaIdentity") ?? "default"}`),
  partitionTriggers: (from, to) => [
    ...beyond(from, to, "partitionTriggers").flatMap((words) =>
      table(to, words.replace(/^.*? trigger /, "enable trigger ")),
    ),
    ...beyond(to, from, "partitionTriggers").flatMap((words) => table(to, words)),
  ],
  keyTriggers: changeKeyTriggers,
  rowSecurity: flag("rowSecurity", "enable row level security", "disable row level security"),
  forceRowSecurity: flag("forceRowSecurity", "force row level security", "no force row level security"),
  foreignOptions: (from, to) => changeForeignOptions(`alter foreign table ${to.name}`, "foreignOptions", from, to),
};

function attachment(from: CatalogObject, to: CatalogObject): readonly string[] {
  const [before, after] = [textOf(from, "partitionOf"), textOf(to, "partitionOf")];
  return [
    ...(before === undefined ? [] : [`alter table ${before} detach partition ${to.name}`]),
    ...(after === undefined ? [] : [`alter table ${after} attach partition ${to.name} ${textOf(to, "bound")}`]),
  ];
}

export const viewFacts: AlterFacts = {
  options: storageOptions("options"),
  populated: (_from, to) => [
    `refresh materialized view ${to.name}${textOf(to, "populated") === undefined ? "" : " with no data"}`,
  ],
};

const beyond = (one: CatalogObject, other: CatalogObject, fact: string): readonly string[] =>
  listOf(one, fact).filter((item) => !listOf(other, fact).includes(item));

const optionName = (option: string): string => option.split(/[= ]/)[0] ?? "";

/** `set (a=1)` and `reset (b)`. */
function storageOptions(
  fact: string,
  alter: (to: CatalogObject, words: string) => readonly string[] = table,
): AlterFact {
  return (from, to) => {
    const set = beyond(to, from, fact);
    const kept = listOf(to, fact).map(optionName);
    const gone = listOf(from, fact)
      .map(optionName)
      .filter((name) => !kept.includes(name));
    return [
      ...(set.length === 0 ? [] : alter(to, `set (${set.join(", ")})`)),
      ...(gone.length === 0 ? [] : alter(to, `reset (${gone.join(", ")})`)),
    ];
  };
}

/** `options (add a '1', set b '2', drop c)` */
export function changeForeignOptions(
  alter: string,
  fact: string,
  from: CatalogObject,
  to: CatalogObject,
): readonly string[] {
  const before = listOf(from, fact).map(optionName);
  const words = [
    ...beyond(to, from, fact).map((option) => `${before.includes(optionName(option)) ? "set" : "add"} ${option}`),
    ...before.filter((name) => !listOf(to, fact).map(optionName).includes(name)).map((name) => `drop ${name}`),
  ];
  return words.length === 0 ? [] : [`${alter} options (${words.join(", ")})`];
}

const column = (to: CatalogObject, words: string): readonly string[] => [
  `alter table ${parentName(to)} alter column ${textOf(to, "name")} ${words}`,
];

const changeType: AlterFact = (from, to) => {
  const type = textOf(to, "type");
  const before = textOf(from, "default");
  return [
    // One that cannot be of the new type would be in the way; the new one is set afterwards.
    ...(before === undefined || before === textOf(to, "default") ? [] : column(to, "drop default")),
    ...column(to, `type ${type}${optional("collate ", textOf(to, "collation"))} using ${textOf(to, "name")}::${type}`),
  ];
};

/** An option of the sequence behind an identity; said with the identity where that comes or goes. */
const identityOption =
  (fact: string): AlterFact =>
  (from, to) =>
    textOf(from, "identity") === undefined || textOf(to, "identity") === undefined
      ? []
      : column(to, `set ${sequenceWord(to, fact)}`);

export const columnFacts: AlterFacts = {
  // A column that has become its table's own stays so.
  inherited: (_from, to) => (textOf(to, "inherited") === undefined ? [] : undefined),
  type: changeType,
  // With a new type it is said there.
  collation: (from, to) => (textOf(from, "type") === textOf(to, "type") ? changeType(from, to) : []),
  notNull: (_from, to) => {
    const notNull = textOf(to, "notNull");
    if (notNull === undefined) return column(to, "drop not null");
    return notNull.startsWith("constraint")
      ? [`alter table ${parentName(to)} add ${notNull} ${textOf(to, "name")}`]
      : column(to, "set not null");
  },
  default: (_from, to) =>
    column(to, textOf(to, "default") === undefined ? "drop default" : `set default ${textOf(to, "default")}`),
  // What is calculated can become plain; the other way round only a new column can.
  generated: (_from, to) => (textOf(to, "generated") === undefined ? column(to, "drop expression") : undefined),
  identity: (from, to) => {
    const [before, after] = [textOf(from, "identity"), textOf(to, "identity")];
    if (after === undefined) return column(to, "drop identity");
    return column(to, before === undefined ? `add ${identityWords(to) ?? ""}` : `set generated ${after}`);
  },
  sequence: (from, to) =>
    textOf(from, "identity") === undefined || textOf(to, "identity") === undefined ? [] : undefined,
  increment: identityOption("increment"),
  min: identityOption("min"),
  max: identityOption("max"),
  start: identityOption("start"),
  cache: identityOption("cache"),
  cycle: identityOption("cycle"),
  storage: (_from, to) => column(to, `set storage ${textOf(to, "storage") ?? to.shape ?? "plain"}`),
  compression: (_from, to) => column(to, `set compression ${textOf(to, "compression") ?? "default"}`),
  statistics: (_from, to) => column(to, `set statistics ${textOf(to, "statistics") ?? "-1"}`),
  options: storageOptions("options", column),
  foreignOptions: (from, to) =>
    changeForeignOptions(
      `alter foreign table ${parentName(to)} alter column ${textOf(to, "name")}`,
      "foreignOptions",
      from,
      to,
    ),
};

/** A sequence's option as it is, or the words that take it back to what Postgres takes by itself. */
function sequenceWord(to: CatalogObject, fact: string): string {
  const isDescending = /-/.test(textOf(to, "increment") ?? "");
  const number = (word: string | undefined): string | undefined => word?.split(" ").at(-1);
  const first = isDescending ? (number(textOf(to, "max")) ?? "-1") : (number(textOf(to, "min")) ?? "1");
  const defaults: Readonly<Record<string, string>> = {
    increment: "increment by 1",
    min: "no minvalue",
    max: "no maxvalue",
    start: `start with ${first}`,
    cache: "cache 1",
    cycle: "no cycle",
  };
  return textOf(to, fact) ?? defaults[fact] ?? "";
}

const sequenceFact =
  (fact: string): AlterFact =>
  (_from, to) => [`alter sequence ${to.name} ${sequenceWord(to, fact)}`];

export const sequenceFacts: AlterFacts = {
  type: (_from, to) => [`alter sequence ${to.name} as ${textOf(to, "type") ?? "bigint"}`],
  increment: sequenceFact("increment"),
  min: sequenceFact("min"),
  max: sequenceFact("max"),
  start: sequenceFact("start"),
  cache: sequenceFact("cache"),
  cycle: sequenceFact("cycle"),
  persistence: flag("persistence", "set unlogged", "set logged", ({ name }, words) => [
    `alter sequence ${name} ${words}`,
  ]),
  ownedBy: (_from, to) => [`alter sequence ${to.name} owned by ${textOf(to, "ownedBy") ?? "none"}`],
};

export const indexFacts: AlterFacts = {
  // An index that is not valid is nothing that a migration should make.
  valid: (_from, to) => (textOf(to, "valid") === undefined ? [`reindex index ${to.name}`] : undefined),
  clustered: clustering,
  attachedTo: attachIndex(({ name }) => name),
  statistics: (from, to) => [
    ...beyond(from, to, "statistics").map(
      (one) => `alter index ${to.name} alter column ${one.split(" ")[0]} set statistics -1`,
    ),
    ...beyond(to, from, "statistics").map((one) => `alter index ${to.name} alter column ${one}`),
  ],
};

export const constraintFacts: AlterFacts = {
  definition: (from, to) =>
    textOf(from, "definition") === `${textOf(to, "definition")} NOT VALID`
      ? [`alter table ${parentName(to)} validate constraint ${textOf(to, "name")}`]
      : undefined,
  clustered: clustering,
  attachedTo: attachIndex(({ shape = "" }) => shape),
  // Said with the table.
  inheritedFrom: () => [],
  options: storageOptions("options", (to, words) => [`alter index ${to.shape} ${words}`]),
  indexComment: (_from, to) => [`comment on index ${to.shape} is ${textOf(to, "indexComment") ?? "null"}`],
};

/** Comes off with its table, and with that only. */
function attachIndex(nameOf: (index: CatalogObject) => string): AlterFact {
  return (_from, to) => {
    const parent = textOf(to, "attachedTo");
    return parent === undefined ? [] : [`alter index ${parent} attach partition ${nameOf(to)}`];
  };
}

function clustering(_from: CatalogObject, to: CatalogObject): readonly string[] {
  const index = to.kind === "index" ? to.shape : textOf(to, "name");
  const words = textOf(to, "clustered") === undefined ? "set without cluster" : `cluster on ${index}`;
  return [`alter table ${parentName(to)} ${words}`];
}

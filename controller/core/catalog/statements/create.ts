import type { Lookup } from "../lookup.ts";
import { listOf, parentName, textOf, type CatalogObject, type ObjectKind } from "../model.ts";
import { columnWords, createTable, sequenceWords, type Later } from "./create-table.ts";
import { extending } from "./create-extending.ts";
import { listed, optional, settings } from "./words.ts";

type Create = (object: CatalogObject, lookup: Lookup, later?: Later) => readonly string[];

/**
 * The statements that make an object as it is, without its owner, comment and privileges; with what belongs into the same
 * statement: columns, checks.
 */
export const createObject: Create = (object, lookup, later) => creators[object.kind](object, lookup, later);

const nothing: Create = () => [];

const creators: Readonly<Record<ObjectKind, Create>> = {
  database: nothing,
  // Every new database has it.
  schema: ({ name }) => (name === "public" ? [] : [`create schema ${name}`]),
  extension: (object) => [`create extension if not exists ${object.name} with schema ${textOf(object, "schema")}`],
  "foreign data wrapper": (object) => [
    `create foreign data wrapper ${object.name}${optional("handler ", textOf(object, "handler"))}${optional("validator ", textOf(object, "validator"))}${listed("options (", listOf(object, "options"))}`,
  ],
  server: (object) => [
    `create server ${object.name}${optional("type ", textOf(object, "type"))}${optional("version ", textOf(object, "version"))} foreign data wrapper ${textOf(object, "wrapper")}${listed("options (", listOf(object, "options"))}`,
  ],
  "user mapping": (object) => [`create user mapping ${object.name}${listed("options (", listOf(object, "options"))}`],
  ...extending,
  collation: (object) => [`create collation ${object.name} (${settings(object, collationWords)})`],
  type: createType,
  domain: (domain, lookup) => [
    [
      `create domain ${domain.name} as ${textOf(domain, "type")}`,
      optional("collate ", textOf(domain, "collation")),
      optional("default ", textOf(domain, "default")),
      optional("", textOf(domain, "notNull")),
      ...lookup
        .partsOf(domain.identity)
        .filter((part) => !isNotValid(part))
        .map((part) => ` constraint ${textOf(part, "name")} ${textOf(part, "definition")}`),
    ].join(""),
    ...lookup.partsOf(domain.identity).filter(isNotValid).map(addDomainConstraint),
  ],
  "domain constraint": (constraint) => [addDomainConstraint(constraint)],
  "text search dictionary": (object) => [
    `create text search dictionary ${object.name} (template = ${textOf(object, "template")}${optional(", ", textOf(object, "options")).replace(" ,", ",")})`,
  ],
  "text search configuration": (object) => [
    `create text search configuration ${object.name} (parser = ${textOf(object, "parser")})`,
    ...listOf(object, "mappings").map(
      (mapping) => `alter text search configuration ${object.name} add mapping for ${mapping}`,
    ),
  ],
  sequence: (sequence) => [
    [
      `create ${textOf(sequence, "persistence") === undefined ? "" : "unlogged "}sequence ${sequence.name}`,
      optional("as ", textOf(sequence, "type")),
      ...sequenceWords(sequence).map((word) => ` ${word}`),
    ].join(""),
  ],
  function: definition,
  procedure: definition,
  aggregate: (object) => [`create aggregate ${object.name} (${settings(object)})`],
  operator: (object) => [
    `create operator ${textOf(object, "name")} (${settings(object, new Map([["name", undefined]]))})`,
  ],
  cast: (object) => [
    `create cast ${object.name} ${textOf(object, "method")}${optional("", textOf(object, "context"))}`,
  ],
  table: createTable,
  "foreign table": createTable,
  column: (column) => [
    `alter table ${parentName(column)} add column ${columnWords(column)}`,
    ...["storage", "compression", "statistics"].flatMap((fact) => {
      const value = textOf(column, fact);
      return value === undefined
        ? []
        : [`alter table ${parentName(column)} alter column ${textOf(column, "name")} set ${fact} ${value}`];
    }),
  ],
  view: (view, lookup) => [viewWords("create view", view), ...columnDefaults(view, lookup)],
  "materialized view": (view) => [
    `create materialized view ${view.name}${optional("using ", textOf(view, "accessMethod"))}${listed("with (", [...listOf(view, "options"), ...listOf(view, "toastOptions")])} as\n${query(view)}\n  with no data`,
  ],
  // What a partition has from its parent comes with that.
  constraint: (constraint) => (textOf(constraint, "inheritedFrom") === undefined ? createConstraint(constraint) : []),
  "foreign key": (constraint) => createConstraint(constraint),
  index: (index) => [
    ...definition(index),
    ...listOf(index, "statistics").map((statistics) => `alter index ${index.name} alter column ${statistics}`),
    ...(textOf(index, "attachedTo") === undefined
      ? []
      : [`alter index ${textOf(index, "attachedTo")} attach partition ${index.name}`]),
    ...(textOf(index, "clustered") === undefined ? [] : [`alter table ${parentName(index)} cluster on ${index.shape}`]),
  ],
  statistics: (object) => [
    ...definition(object),
    ...(textOf(object, "target") === undefined
      ? []
      : [`alter statistics ${object.name} set statistics ${textOf(object, "target")}`]),
  ],
  rule: (rule) => [...definition(rule), ...enabling(rule)],
  trigger: (trigger) => [...definition(trigger), ...enabling(trigger)],
  policy: (policy) => [
    [
      `create policy ${policy.name}`,
      optional("as ", textOf(policy, "permissive")),
      optional("for ", textOf(policy, "command")),
      listed("to ", listOf(policy, "roles"), ""),
      optional("using (", textOf(policy, "using"), ")"),
      optional("with check (", textOf(policy, "check"), ")"),
    ].join(""),
  ],
  publication: (publication) => [`create publication ${publication.name}${publishedWords(publication)}`],
  "event trigger": (trigger) => [
    `create event trigger ${trigger.name} on ${textOf(trigger, "event")}${listed("when tag in (", listOf(trigger, "tags"))} execute function ${textOf(trigger, "routine")}()`,
    ...(textOf(trigger, "enabled") === undefined
      ? []
      : [`alter event trigger ${trigger.name} ${enableWord(textOf(trigger, "enabled"))}`]),
  ],
  "default privileges": nothing,
};

/** The server's own words, without the end that it gives some of them and not others. */
function definition(object: CatalogObject): readonly string[] {
  return [query(object)];
}

const query = (object: CatalogObject): string => (textOf(object, "definition") ?? "").replace(/;?\s*$/, "");

export const viewWords = (create: string, view: CatalogObject): string =>
  `${create} ${view.name}${listed("with (", listOf(view, "options"))} as\n${query(view)}`;

const columnDefaults = (view: CatalogObject, lookup: Lookup): readonly string[] =>
  lookup
    .partsOf(view.identity)
    .filter((part) => part.kind === "column" && textOf(part, "default") !== undefined)
    .map(
      (column) =>
        `alter view ${view.name} alter column ${textOf(column, "name")} set default ${textOf(column, "default")}`,
    );

function createType(type: CatalogObject): readonly string[] {
  switch (textOf(type, "form")) {
    case "enum":
      return [`create type ${type.name} as enum (${listOf(type, "labels").join(", ")})`];
    case "composite":
      return [`create type ${type.name} as (${listOf(type, "attributes").join(", ")})`];
    case "base":
      return [`create type ${type.name} (${settings(type, baseWords)})`];
    case "shell":
      return [`create type ${type.name}`];
    default:
      return [`create type ${type.name} as range (${settings(type, rangeWords)})`];
  }
}

const baseWords = new Map([["form", undefined]]);
const rangeWords = new Map([
  ["form", undefined],
  ["subtypeOpclass", "subtype_opclass"],
  ["subtypeDiff", "subtype_diff"],
  ["multirange", "multirange_type_name"],
]);
const collationWords = new Map([
  ["collate", "lc_collate"],
  ["ctype", "lc_ctype"],
]);

const isNotValid = (constraint: CatalogObject): boolean => /\bNOT VALID$/.test(textOf(constraint, "definition") ?? "");

const addDomainConstraint = (constraint: CatalogObject): string =>
  `alter domain ${parentName(constraint)} add constraint ${textOf(constraint, "name")} ${textOf(constraint, "definition")}`;

/**
 * Keys of a partitioned table are made for it alone, and those of its partitions attached: so each keeps its name. Checks
 * and foreign keys reach the partitions by themselves.
 */
function createConstraint(constraint: CatalogObject): readonly string[] {
  const index = constraint.shape;
  const only = index === undefined ? "" : "only ";
  const attachedTo = textOf(constraint, "attachedTo");
  const options = listOf(constraint, "options");
  const comment = textOf(constraint, "indexComment");
  return [
    `alter table ${only}${parentName(constraint)} add constraint ${textOf(constraint, "name")} ${textOf(constraint, "definition")}`,
    ...(options.length === 0 ? [] : [`alter index ${index} set (${options.join(", ")})`]),
    ...(comment === undefined ? [] : [`comment on index ${index} is ${comment}`]),
    ...(attachedTo === undefined ? [] : [`alter index ${attachedTo} attach partition ${index}`]),
    ...(textOf(constraint, "clustered") === undefined
      ? []
      : [`alter table ${parentName(constraint)} cluster on ${textOf(constraint, "name")}`]),
  ];
}

/** `enable`, `disable`, `enable replica`, `enable always` */
export const enableWord = (enabled: string | undefined): string =>
  enabled === undefined ? "enable" : enabled === "disable" ? enabled : `enable ${enabled}`;

const enabling = (object: CatalogObject): readonly string[] =>
  textOf(object, "enabled") === undefined ? [] : [setEnabled(object)];

/** Of a trigger or rule. */
export const setEnabled = (object: CatalogObject): string =>
  `alter table ${parentName(object)} ${enableWord(textOf(object, "enabled"))} ${object.kind} ${textOf(object, "name")}`;

function publishedWords(publication: CatalogObject): string {
  const tables = listOf(publication, "tables");
  const schemas = listOf(publication, "schemas");
  const what =
    textOf(publication, "allTables") !== undefined
      ? ["all tables"]
      : [
          ...(tables.length === 0 ? [] : [`table ${tables.join(", ")}`]),
          ...(schemas.length === 0 ? [] : [`tables in schema ${schemas.join(", ")}`]),
        ];
  const publish = textOf(publication, "publish");
  const options = [
    ...(publish === undefined ? [] : [`publish = '${publish}'`]),
    ...(textOf(publication, "viaRoot") === undefined ? [] : ["publish_via_partition_root = true"]),
    ...(textOf(publication, "generatedColumns") === undefined ? [] : ["publish_generated_columns = stored"]),
  ];
  return `${listed("for ", what, "")}${listed("with (", options)}`;
}

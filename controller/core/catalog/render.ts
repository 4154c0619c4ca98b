import { createHash } from "node:crypto";
import { isCheck, lookupOf, type Lookup } from "./lookup.ts";
import { columnsOfView, listOf, textOf, type Catalog, type CatalogObject, type Grant } from "./model.ts";
import { orderOf, type Step } from "./order.ts";
import { setDefault, type Later } from "./statements/create-table.ts";
import { createObject, viewWords } from "./statements/create.ts";
import { changeGrants, setComment, setOwner } from "./statements/words.ts";

/**
 * The catalog as SQL that makes it anew in an empty database, run as that database's owner. The same catalog gives the same
 * bytes: no date, no version, no settings but the two without which it would not run, or would not mean the same.
 */
export function renderSchema(catalog: Catalog): string {
  const body = schemaStatements(catalog)
    .map((group) => group.map((statement) => `${statement};\n`).join(""))
    .join("\n");
  const invalid = catalog.objects.filter(isInvalidIndex).map(({ identity }) => `${identity}, which is not valid`);
  const left = [...catalog.uncovered, ...invalid]
    .map((name) => `-- not in here: ${name.replaceAll(/[\r\n]+/g, " ")}\n`)
    .join("");
  const digest = createHash("sha256").update(body).digest("hex");
  return `-- The schema, as \`poststack db dump\` writes it.\n-- sha256 ${digest} of what follows the empty line\n${left}\n${body}`;
}

/** In groups: one for each object. As the owner of the database, in one session. */
export function schemaStatements(catalog: Catalog): readonly (readonly string[])[] {
  const isPublicMissing = !catalog.objects.some(({ identity }) => identity === "schema public");
  return [
    [
      // Names are whole; functions that are called without a schema are the system's.
      "set search_path = ''",
      // A body may name what comes later.
      "set check_function_bodies = false",
      ...(isPublicMissing ? ["drop schema public"] : []),
    ],
    ...creation(catalog),
  ];
}

/**
 * What makes all objects of a catalog, or of a part of one, in groups: one for each object.
 *
 * @param granted what Postgres grants when it is made, where default privileges are in force
 */
export function creation(
  catalog: Pick<Catalog, "objects">,
  granted: (object: CatalogObject) => readonly Grant[] = () => [],
): readonly (readonly string[])[] {
  const lookup = lookupOf(catalog);
  const { steps, later, replaced } = orderOf(catalog);
  const { objects } = catalog;
  const last = new Set(["event trigger"]);
  const create = (wanted: (step: Step) => boolean): readonly (readonly string[])[] =>
    steps.filter(wanted).map((step) => statementsOf(step, lookup, later, replaced.has(step.object.identity)));
  return [
    ...create(({ object }) => !last.has(object.kind)),
    ...objects.map((object) => finish(object, lookup)),
    // What is granted by default from now on would reach what is made here.
    ...objects.map((object) => changeGrants(object, granted(object))),
    // They would fire for what is made here.
    ...create(({ object }) => last.has(object.kind)),
  ].filter((group) => group.length > 0);
}

function statementsOf(step: Step, lookup: Lookup, later: Later, isReplacement: boolean): readonly string[] {
  const { object } = step;
  if (step.does === "default") return [setDefault(object)];
  if (step.does === "stand-in") return [standIn(object)];
  if (isInvalidIndex(object)) return [];
  const [first = "", ...rest] = createObject(object, lookup, later);
  const created =
    isReplacement && object.kind === "view"
      ? [viewWords("create or replace view", object), ...rest]
      : first === ""
        ? []
        : [first, ...rest];
  return [...created, ...attributes(object, lookup, later)];
}

/** Of what is made together with the object, too. */
function attributes(object: CatalogObject, lookup: Lookup, later: Later): readonly string[] {
  const isMadeAlong = (part: CatalogObject): boolean =>
    part.kind === "column" || part.kind === "domain constraint" || (isCheck(part) && !later.has(part.identity));
  const described = [object, ...lookup.partsOf(object.identity).filter(isMadeAlong)];
  return [
    ...(object.owner === undefined ? [] : [setOwner(object, object.owner)]),
    ...described.flatMap((one) => (one.comment === undefined ? [] : [setComment(one, one.comment)])),
  ];
}

/** A type's name alone; a view with the columns that it will have, all of them null. */
function standIn(view: CatalogObject): string {
  if (view.kind === "type") return `create type ${view.name}`;
  const columns = columnsOfView(view).map(([name, type]) => `null::${type} as ${name}`);
  return `create view ${view.name} as\n select ${columns.join(",\n    ")}`;
}

/** What needs things that are made much later: an index, a table that is made after its sequence. */
function finish(object: CatalogObject, lookup: Lookup): readonly string[] {
  const ownedBy = textOf(object, "ownedBy");
  if (object.kind === "sequence" && ownedBy !== undefined) {
    const owner = ownerOf(lookup, ownedBy);
    return [
      // They have to be of one owner.
      ...(owner === undefined ? [] : [setOwner(object, owner)]),
      `alter sequence ${object.name} owned by ${ownedBy}`,
    ];
  }
  const replicaIdentity = textOf(object, "replicaIdentity");
  return [
    ...(replicaIdentity === undefined ? [] : [`alter table only ${object.name} replica identity ${replicaIdentity}`]),
    ...listOf(object, "partitionTriggers").map((words) => `alter table ${object.name} ${words}`),
  ];
}

function ownerOf(lookup: Lookup, column: string): string | undefined {
  const parent = lookup.get(`column ${column}`)?.parent;
  return parent === undefined ? undefined : lookup.get(parent)?.owner;
}

const isInvalidIndex = (object: CatalogObject): boolean =>
  object.kind === "index" && textOf(object, "valid") !== undefined;

import type { Misfit, Validate } from "../../schema/generated/validate.js";
import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import type { Plain } from "./materialise.ts";
import { knownNames } from "./known-names.ts";
import { nearestMisfits } from "./misfits.ts";
import type { Path } from "./source.ts";
import { suggest } from "./suggest.ts";
import { at, keyPlaceOf, placeOf, renderPath, type Scalar, type Tree } from "./tree.ts";

export interface Subject {
  readonly value: Plain;
  readonly tree: Tree;
  /** Where the whole stands. */
  readonly place: Place;
  readonly unknown?: readonly Path[];
  readonly filled?: ReadonlySet<Scalar>;
}

type Schema = Readonly<Record<string, unknown>>;

/** Everything in a value that does not fit its schema, in sentences. */
export function validate(check: Validate, schema: unknown, subject: Subject): readonly PoststackError[] {
  if (check(subject.value)) return [];
  const excused = new Set(
    (subject.unknown ?? []).flatMap((path) => path.map((_, index) => key(path.slice(0, index + 1)))),
  );
  return nearestMisfits(check.errors ?? [])
    .filter((misfit) => !excused.has(key(whereabouts(misfit, subject.tree))))
    .map((misfit) => explain(misfit, schema, subject));
}

/** The path of the value or key that a misfit is about. */
function whereabouts(misfit: Misfit, tree: Tree): Path {
  const { missingProperty, additionalProperty } = misfit.params;
  const name = missingProperty ?? additionalProperty ?? misfit.propertyName;
  const path = pathOf(misfit, tree);
  return typeof name === "string" ? [...path, name] : path;
}

const key = (path: Path): string => path.join("\0");

// ---------------------------------------------------------------- how to tell them

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
};

function explain(misfit: Misfit, whole: unknown, subject: Subject): PoststackError {
  const path = pathOf(misfit, subject.tree);
  const schema = schemaAt(whole, misfit.schemaPath);
  const where = placeOf(subject.tree, subject.place, path);
  const subjectName = path.length === 0 ? "the file" : `\`${renderPath(path)}\``;
  const mistaken = (what: string, next = "correct the value"): PoststackError =>
    new PoststackError("CONFIG_TYPE", { what, where, next });

  switch (misfit.keyword) {
    case "additionalProperties":
      return unknownKey(String(misfit.params["additionalProperty"]), path, schema, subject);
    case "required": {
      const missing = String(misfit.params["missingProperty"]);
      return mistaken(`${subjectName} lacks the key \`${missing}\``, `write \`${missing}: …\` there`);
    }
    case "oneOf":
      return wrongChoice(misfit, subjectName, schema, at(subject.tree, path), mistaken);
    case "enum": {
      if (misfit.propertyName !== undefined) return unknownName(misfit, path, subject);
      const allowed = (misfit.params["allowedValues"] as readonly unknown[]).map(String);
      const found = at(subject.tree, path);
      const meant = found?.type === "scalar" ? suggest(found.text, allowed) : undefined;
      return mistaken(
        `${subjectName} must be one of ${listed(allowed)}; found ${foundAt(path, subject)}`,
        meant === undefined ? undefined : `did you mean \`${meant}\`?`,
      );
    }
    case "minItems":
    case "minProperties":
      return mistaken(`${subjectName} is empty`, "write at least one item, or leave the key out");
    default: {
      if (misfit.propertyName !== undefined) {
        return new PoststackError("CONFIG_TYPE", {
          what: `\`${shortened(misfit.propertyName)}\` in ${subjectName} must be ${describe(schema)}`,
          where: keyPlaceOf(subject.tree, subject.place, [...path, misfit.propertyName]),
          next: "rename it",
        });
      }
      const what = `${subjectName} must be ${describe(schema)}; found ${foundAt(path, subject)}`;
      return mistaken(what, nextFor(schema, at(subject.tree, path)));
    }
  }
}

function nextFor({ type, pattern = "", anyOf = [] }: Schema, found: Tree | undefined): string | undefined {
  const isText = [type, ...(anyOf as readonly Schema[]).map((form) => form["type"])].includes("string");
  const isOther = found?.type === "scalar" && found.value !== null && typeof found.value !== "string";
  if (isText && isOther && new RegExp(String(pattern), "u").test(found.text)) return "put it in quotes";
  if (type === "boolean") return "write `true` or `false`, without quotes";
  const isQuoted = (type === "integer" || type === "number") && found?.type === "scalar" && !found.plain;
  // `{ port: ${PORT} }` is no YAML, so people put it in quotes.
  if (isQuoted && found.text.includes("${")) return "remove the quotes; with `${…}` each key needs a line of its own";
  return isQuoted ? "remove the quotes" : undefined;
}

/** A longer list of keys is no help. */
const mostListed = 30;

function unknownKey(name: string, path: Path, schema: Schema, subject: Subject): PoststackError {
  const properties = mapOf(schema["properties"]);
  const known = Object.keys(properties);
  const meant = suggest(name, known);
  // `port:` beside `postgres:` instead of inside it: the indentation slipped.
  const home = known.find((other) => Object.hasOwn(mapOf(mapOf(properties[other])["properties"]), name));
  const next =
    meant !== undefined
      ? `did you mean \`${meant}\`?`
      : home !== undefined
        ? `\`${name}\` belongs into \`${home}\`: indent it`
        : `${known.length > mostListed ? "remove it" : `known here: ${known.join(", ")}`}; notes of your own begin with \`x-\``;
  return new PoststackError("CONFIG_UNKNOWN_KEY", {
    what: `unknown key \`${shortened(name)}\`${path.length === 0 ? "" : ` in \`${renderPath(path)}\``}`,
    where: keyPlaceOf(subject.tree, subject.place, [...path, name]),
    next,
  });
}

/** A key of a map whose keys are names out of a list. */
function unknownName({ propertyName = "", params }: Misfit, path: Path, subject: Subject): PoststackError {
  return new PoststackError("CONFIG_UNKNOWN_KEY", {
    what: `unknown key \`${shortened(propertyName)}\` in \`${renderPath(path)}\``,
    where: keyPlaceOf(subject.tree, subject.place, [...path, propertyName]),
    next: knownNames(propertyName, (params["allowedValues"] as readonly unknown[]).map(String)),
  });
}

/** The schema has `oneOf` only for keys of which exactly one is written. */
function wrongChoice(
  misfit: Misfit,
  subjectName: string,
  schema: Schema,
  tree: Tree | undefined,
  mistaken: (what: string, next?: string) => PoststackError,
): PoststackError {
  const sets = (schema["oneOf"] as readonly { readonly required: readonly string[] }[]).map(({ required }) => required);
  if (misfit.params["passingSchemas"] === null) {
    const choices = sets.map((keys) => keys.map((key) => `\`${key}\``).join(" with ")).join(", ");
    return mistaken(`${subjectName} needs one of ${choices}`, "write one of them");
  }
  const written = sets.map((keys) => keys[0] ?? "").filter((key) => tree?.type === "map" && tree.entries.has(key));
  return mistaken(`${subjectName} has ${listed(written, "and")} at once`, "keep one of them");
}

function describe(schema: Schema): string {
  const form = schema["x-form"];
  if (typeof form === "string") return form;
  return [schema["type"]]
    .flat()
    .map((type) => typeNames[String(type)] ?? String(type))
    .join(" or ");
}

/** What stands there, unless it may be a secret. */
function foundAt(path: Path, { tree: root, filled }: Subject): string {
  const tree = at(root, path);
  if (tree === undefined) return "nothing";
  if (tree.type !== "scalar") return tree.type === "map" ? "a map" : "a list";
  if (tree.value === null) return "nothing";
  if (path.includes("password") || path.includes("url")) return "something else";
  if (filled?.has(tree)) return `something else in ${shortened(tree.text)}`;
  return typeof tree.value === "string" ? JSON.stringify(shortened(tree.text)) : tree.text;
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

const listed = (words: readonly string[], join = "or"): string =>
  words.length < 2
    ? words.map((word) => `\`${word}\``).join("")
    : `${words
        .slice(0, -1)
        .map((word) => `\`${word}\``)
        .join(", ")} ${join} \`${words.at(-1) ?? ""}\``;

// ---------------------------------------------------------------- pointers

const unescaped = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

/** A misfit's path, with the indexes of lists as numbers. */
function pathOf({ instancePath }: Misfit, root: Tree): Path {
  let tree: Tree | undefined = root;
  return instancePath
    .split("/")
    .slice(1)
    .map((pointer) => {
      const step = tree?.type === "list" ? Number(pointer) : unescaped(pointer);
      tree = tree && at(tree, [step]);
      return step;
    });
}

const mapOf = (value: unknown): Schema => (typeof value === "object" && value !== null ? (value as Schema) : {});

/** The schema that holds the keyword which a misfit's `schemaPath` ends in. */
function schemaAt(whole: unknown, schemaPath: string): Schema {
  let schema = mapOf(whole);
  for (const step of schemaPath.split("/").slice(1, -1)) schema = mapOf(schema[unescaped(decodeURIComponent(step))]);
  return schema;
}

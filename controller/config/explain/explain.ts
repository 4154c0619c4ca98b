import { PoststackError } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import { Secret, type Text } from "../../core/secret.ts";
import type { Plain } from "../materialise.ts";
import { isNote } from "../shape.ts";
import type { Path } from "../source.ts";
import { renderPath, type Scalar, type Tree } from "../tree.ts";
import { ingredientsOf, isSame, type Defining, type Discretion, type Scope } from "./ingredients.ts";
import { isOfServer, isSecretPath, keyAt, shapeAt, standIn, valueAt } from "./keys.ts";
import { originsOf, type Origin } from "./layers.ts";
import type { Lead, Overridden, PartExplanation, Subject, ValueExplanation } from "./model.ts";

/** Where what stands at a path comes from; each value under it, if it is a map or a list. */
export function explainPath(path: Path, subject: Subject): ValueExplanation | PartExplanation {
  const value = valueAt(subject.value, path);
  const leaves = leavesOf(value, path);
  if (leaves.length === 1 && leaves[0]?.length === path.length) return explainValue(path, subject);
  const { from, overrides } = originsOf(subject.layers, path);
  return {
    path: renderPath(path.length === 0 ? [subject.name] : path),
    writtenIn: from.map(({ environment, place }) => ({ ...writer(environment), place })),
    overrides: overrides.map((one) => overridden(one, subject)),
    ...leadsOf(path, subject),
    entries: leaves.map((leaf) => explainValue(leaf, subject)),
  };
}

/** The paths of all single values; an empty map or list is one. */
export function leavesOf(value: Plain, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner: readonly (readonly [string | number, Plain])[] = Array.isArray(value)
    ? (value as readonly Plain[]).map((item, index) => [index, item] as const)
    : Object.entries(value);
  const known = inner.filter(([, one]) => one !== undefined);
  return known.length === 0 ? [path] : known.flatMap(([step, one]) => leavesOf(one, [...path, step]));
}

function leadsOf(path: Path, { leads }: Subject): { readonly leadsTo?: readonly Lead[] } {
  const leadsTo = leads.get(renderPath(path));
  return leadsTo === undefined ? {} : { leadsTo };
}

const writer = (environment: string | undefined): { readonly from?: string } =>
  environment === undefined ? {} : { from: environment };

function explainValue(path: Path, subject: Subject): ValueExplanation {
  const { from, overrides } = originsOf(subject.layers, path);
  const facts = {
    path: renderPath(path),
    overrides: overrides.map((one) => overridden(one, subject)),
    ...leadsOf(path, subject),
  };
  const [origin] = from;
  const isUsersNote = path.some((step, index) => isNoteAt(path.slice(0, index), step));
  if (origin !== undefined && isUsersNote) return { ...facts, origin: "note", overrides: [], ...written(origin) };
  if (origin !== undefined) {
    const value = origin.tree.type === "scalar" ? scalarOf(origin.tree, path, subject) : valueOf(path, subject);
    return { ...facts, origin: "written", ...value, ...written(origin) };
  }
  const place = subject.added.get(renderPath(path));
  return { ...facts, ...(place === undefined ? fallbackOf(path, subject) : { origin: "file", value: {}, place }) };
}

const isNoteAt = (around: Path, step: string | number): boolean =>
  typeof step === "string" && isNote(shapeAt(around), step);

const written = ({ environment, place }: Origin): Pick<ValueExplanation, "from" | "place"> => ({
  ...writer(environment),
  place,
});

type Valued = Pick<ValueExplanation, "value" | "template" | "variables" | "problem" | "generated">;

/** As `config show` says it. */
function valueOf(path: Path, { value: root, discretion }: Subject): Valued {
  const value = valueAt(root, path);
  if (value === undefined) return {};
  if (isSecretPath(path) && value === "auto_generated") return { value, generated: true };
  return { value: typeof value === "string" && discretion.hidesText(value) ? hidden : value };
}

const hidden = String(new Secret(""));

function scalarOf({ text, place }: Scalar, path: Path, subject: Subject): Valued {
  const scope = subject.scopeOf(path);
  const shown = valueOf(path, subject);
  if (scope === undefined || !text.includes("$")) return shown;
  // Where a variable is missing, what is shown instead is a default.
  const known = valueAt(subject.config as Plain, path) === undefined ? {} : shown;
  const defining = definedBy(path, place);
  const { hides, hidesText } = subject.discretion;
  const isLate = shapeAt(path).leaf === "raw";
  const result = isLate ? worked(text, scope, subject.discretion, defining ?? { name: "", place }) : known;
  const isSecret = isSecretPath(path) || hidesText(text);
  // What the answer shows anyway need not be hidden in the variable that it came from.
  const told = result.value;
  const isShown = (value: Text): boolean => typeof told !== "object" && String(value) === String(told);
  const discretion: Discretion = {
    hides: (variable) => isSecret || (hides(variable) && !isShown(variable.value)),
    hidesText: (other) => isSecret || hidesText(other),
  };
  const variables = ingredientsOf(text, scope, discretion, defining);
  return { ...result, ...(isSecret ? {} : { template: text }), variables };
}

/** `variables.NAME` and `environment.NAME` define a variable. */
function definedBy(path: Path, place: Place): Defining | undefined {
  const around = path.at(-2);
  const isDefinition = shapeAt(path).leaf === "raw" && (around === "variables" || around === "environment");
  return isDefinition ? { name: String(path.at(-1)), place } : undefined;
}

/** A text that is read once the way to the database is known. */
function worked(text: string, { variables }: Scope, { hides }: Discretion, { name, place }: Defining): Valued {
  try {
    const own = name === "" ? undefined : variables.candidates(name).find((one) => isSame(place, one.place));
    const { value, isPublic } = own ?? variables.interpolate({ text, place });
    return { value: String(hides({ name, layer: "variables", value, isPublic }) ? hidden : value) };
  } catch (thrown) {
    if (thrown instanceof PoststackError) return { problem: thrown.message };
    throw thrown;
  }
}

function overridden({ environment, path, tree, place }: Origin, { discretion }: Subject): Overridden {
  const value = valueIn(tree, path, discretion);
  return { path: renderPath(path), ...writer(environment), ...(value === undefined ? {} : { value }), place };
}

function valueIn(tree: Tree, path: Path, { hidesText }: Discretion): string | undefined {
  if (tree.type !== "scalar") return undefined;
  const isSecret = isSecretPath(path) && tree.text !== "auto_generated";
  return isSecret || hidesText(tree.text) ? hidden : tree.text;
}

type Fallback = Pick<ValueExplanation, "origin" | "because" | "place" | "from"> & Valued;

function fallbackOf(path: Path, subject: Subject): Fallback {
  const { config, layers, key: root } = subject;
  const other = config === undefined ? undefined : standIn(path, config);
  const [instead] = other === undefined ? [] : originsOf(layers, other).from;
  if (other !== undefined && instead !== undefined) {
    return { origin: "default", ...valueOf(other, subject), because: `\`${renderPath(other)}\``, ...written(instead) };
  }
  const key = keyAt(root, path);
  const because = key?.fallback === undefined ? {} : { because: key.fallback };
  const known = valueOf(path, subject);
  if (known.value !== undefined) return { origin: "default", ...known, ...because };
  const isElsewhere = config !== undefined && isOfServer(path, config);
  if (key?.value === undefined || isElsewhere) return { origin: "absent", ...because };
  return { origin: "default", value: key.value, ...because };
}

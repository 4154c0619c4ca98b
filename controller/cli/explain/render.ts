import { isPart, type PartExplanation, type ValueExplanation } from "../../config/explain/model.ts";
import type { Ingredient } from "../../config/explain/ingredients.ts";
import type { Explanation, Source } from "../../config/provenance.ts";
import { renderPlace, type Place } from "../../core/place.ts";
import type { Paint } from "../../core/render.ts";
import { unreachable } from "../../core/unreachable.ts";
import { renderTable } from "../render/table.ts";

const layers: Readonly<Record<Source["layer"], string>> = {
  injected: "Poststack itself",
  variables: "`variables:`",
  shell: "the shell",
  "env file": "an env file",
};

/** A variable: its value, the layer that wins, and those that it hides. */
export const renderVariable = ({ name, value, hides, ...source }: Explanation, paint: Paint): string =>
  [
    `${paint("strong", name)} = ${value}`,
    `  from ${sourceText(source)}`,
    ...hides.map((one) => paint("dim", `  hides ${one.value} from ${sourceText(one)}`)),
  ].join("\n");

const sourceText = ({ layer, place }: Pick<Source, "layer" | "place">): string =>
  place === undefined ? layers[layer] : `${layers[layer]} at ${renderPlace(place)}`;

/** A key: one value with all that is known of it, or a line for each value of a map or list. */
export const renderKey = (explanation: ValueExplanation | PartExplanation, paint: Paint): Promise<string> =>
  isPart(explanation) ? partText(explanation, paint) : Promise.resolve(valueText(explanation, paint));

function valueText(explanation: ValueExplanation, paint: Paint): string {
  const { path, template, variables = [], problem } = explanation;
  return [
    `${paint("strong", path)}${explanation.value === undefined ? " has no value" : ` = ${shown(explanation.value)}`}`,
    `  ${originText(explanation)}`,
    ...(explanation.generated === true ? ["  made once and kept in the state of the environment"] : []),
    ...(problem === undefined ? [] : [`  ${problem}`]),
    ...(template === undefined ? [] : [`  written as ${template}`]),
    ...variables.map((one) => `  ${ingredientText(one)}`),
    ...tail(explanation, paint),
  ].join("\n");
}

async function partText(explanation: PartExplanation, paint: Paint): Promise<string> {
  const { path, writtenIn, entries } = explanation;
  const rows = entries.map((entry) => [
    `  ${entry.path}`,
    entry.value === undefined ? "" : shown(entry.value),
    paint("dim", shortOrigin(entry)),
  ]);
  return [
    paint("strong", path),
    ...writtenIn.map(({ from, place }, index) => `  ${index === 0 ? "from" : "and"} ${writerText(from, place)}`),
    ...tail(explanation, paint),
    await renderTable([], rows, paint),
  ].join("\n");
}

const tail = (
  { overrides, leadsTo = [] }: Pick<ValueExplanation, "overrides" | "leadsTo">,
  paint: Paint,
): readonly string[] => [
  ...overrides.map(({ path, from, value, place }) =>
    paint("dim", `  overrides ${value ?? `\`${path}\``} from ${writerText(from, place)}`),
  ),
  ...leadsTo.map(({ name, place }) => paint("dim", `  leads to ${name} at ${renderPlace(place)}`)),
];

function originText({ origin, from, place, because }: ValueExplanation): string {
  switch (origin) {
    case "written":
      return `from ${writerText(from, place)}`;
    case "file":
      return `from ${writerText(undefined, place)}`;
    case "note":
      return `from ${writerText(from, place)}; a note of yours, which Poststack does not look at`;
    case "default":
    case "absent":
      if (because === undefined) return origin === "default" ? "default" : "not written";
      return `default: ${because}${place === undefined ? "" : ` from ${writerText(from, place)}`}`;
    default:
      return unreachable(origin);
  }
}

function shortOrigin({ origin, from, place }: ValueExplanation): string {
  const parts = [origin === "written" ? "" : origin, from ?? "", place === undefined ? "" : renderPlace(place)];
  return parts.filter((part) => part !== "").join(" ");
}

const writerText = (from: string | undefined, place: Place | undefined): string =>
  [from === undefined ? "" : `environment ${from} at `, place === undefined ? "" : renderPlace(place)].join("");

function ingredientText({ name, value, layer, place, template, hides = [], problem }: Ingredient): string {
  if (value === undefined || layer === undefined) return `${name}: ${problem ?? "not set"}`;
  const source = sourceText({ layer, ...(place === undefined ? {} : { place }) });
  const made = template === undefined ? "" : `, written as ${template}`;
  const weaker = hides.map((one) => `; hides ${one.value} from ${sourceText(one)}`).join("");
  return `${name} = ${value} from ${source}${made}${weaker}`;
}

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

import type { Misfit } from "../../schema/generated/validate.js";

/**
 * A value that fits none of several forms gives the misfits of all of them. Kept are those of the form that has
 * its type, or the choice itself when there is none.
 */
export function nearestMisfits(misfits: readonly Misfit[]): readonly Misfit[] {
  const dropped = new Set<Misfit>();
  // The misfits of a choice's forms stand right before its own, so inner choices come before outer ones.
  for (const [index, choice] of misfits.entries()) {
    if (choice.keyword === "propertyNames") dropped.add(choice);
    if (choice.keyword !== "anyOf" && choice.keyword !== "oneOf") continue;
    const forms = new Map<string, Misfit[]>();
    for (let before = index - 1; before >= 0; before--) {
      const misfit = misfits[before];
      const form = misfit && formOf(misfit, choice);
      if (misfit === undefined || form === undefined) break;
      if (dropped.has(misfit)) continue;
      dropped.add(misfit);
      const sameForm = forms.get(form);
      if (sameForm === undefined) forms.set(form, [misfit]);
      else sameForm.push(misfit);
    }
    if (choice.keyword === "oneOf") continue;
    // The forms of every choice in the schema differ in type, so at most one is left.
    const best = [...forms.values()].find((form) => !form.some((misfit) => isOfOtherType(misfit, choice)));
    if (best === undefined) continue;
    dropped.add(choice);
    for (const misfit of best) dropped.delete(misfit);
  }
  const left = misfits.filter((misfit) => !dropped.has(misfit));
  const having = (wanted: string): ReadonlySet<string> =>
    new Set(left.filter(({ keyword }) => keyword === wanted).map(({ instancePath }) => instancePath));
  const [otherwise, misspelt] = [having("type"), having("additionalProperties")];
  return left.filter(({ keyword, instancePath, params }) => {
    if (keyword !== "oneOf") return true;
    // Another type than a map, or a misspelt key, is why none of the wanted keys is there.
    return !otherwise.has(instancePath) && !(params["passingSchemas"] === null && misspelt.has(instancePath));
  });
}

/** Which of a choice's forms a misfit belongs to. */
function formOf(misfit: Misfit, choice: Misfit): string | undefined {
  const prefix = `${choice.schemaPath}/`;
  const { instancePath: around } = choice;
  const isInside = misfit.instancePath === around || misfit.instancePath.startsWith(`${around}/`);
  return isInside && misfit.schemaPath.startsWith(prefix)
    ? misfit.schemaPath.slice(prefix.length).split("/")[0]
    : undefined;
}

const isOfOtherType = ({ keyword, instancePath }: Misfit, choice: Misfit): boolean =>
  instancePath === choice.instancePath && (keyword === "type" || keyword === "const");

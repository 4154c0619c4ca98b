const nullForm = /^(?:~|null|Null|NULL|)$/;
const booleanForm = /^(?:true|True|TRUE|false|False|FALSE)$/;
const integerForm = /^[-+]?[0-9]+$/;
const basedForm = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/;
const floatForm = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const infiniteForm = /^[-+]?\.(?:inf|Inf|INF)$/;
const nanForm = /^\.(?:nan|NaN|NAN)$/;

/** What an unquoted text means: the core schema of YAML 1.2 (specification, 10.3.2), where `yes` and `1:30` are texts. */
export function resolvePlain(text: string): null | boolean | number | string {
  // Longer than any number that means something here; the rest of the forms are shorter still.
  if (text.length > 64) return text;
  if (nullForm.test(text)) return null;
  if (booleanForm.test(text)) return text.toLowerCase() === "true";
  if (integerForm.test(text) || basedForm.test(text) || floatForm.test(text)) return Number(text);
  if (infiniteForm.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (nanForm.test(text)) return NaN;
  return text;
}

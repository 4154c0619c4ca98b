import type { Difference, FieldChange } from "./compare.ts";

/** Longer texts are for a page of their own. */
const longest = 80;

/** `changed column public.users.id: type integer → bigint; default differs` */
export function describeDifference({
  change,
  identity,
  fields,
}: Pick<Difference, "change" | "identity" | "fields">): string {
  return `${change} ${identity}${fields.length === 0 ? "" : `: ${fields.map(describeField).join("; ")}`}`;
}

function describeField({ field, from, to }: FieldChange): string {
  const name = /^\w+$/.test(field) ? field.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : field;
  // What differs may be a secret, which is in neither.
  return from !== to && isShort(from) && isShort(to)
    ? `${name} ${from ?? "none"} → ${to ?? "none"}`
    : `${name} differs`;
}

const isShort = (text = ""): boolean => text.length <= longest && !text.includes("\n");

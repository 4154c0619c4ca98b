/** One field in which desired and observed differ. Values are as a person reads them; a secret's are never given. */
export interface Drift {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

type Comparable = ReadonlyMap<string, string>;

const absent = "none";

/** The fields in which two normalised descriptions differ, sorted by name. */
export function driftOf(desired: Comparable, observed: Comparable): readonly Drift[] {
  const fields = [...new Set([...desired.keys(), ...observed.keys()])].sort();
  return fields.flatMap((field) => {
    const from = observed.get(field);
    const to = desired.get(field);
    return from === to ? [] : [{ field, from: from ?? absent, to: to ?? absent }];
  });
}

/** `login false → true; inherit true → false` */
export const summarise = (drift: readonly Drift[]): string =>
  drift.map(({ field, from, to }) => (from === to ? `${field} changed` : `${field} ${from} → ${to}`)).join("; ");

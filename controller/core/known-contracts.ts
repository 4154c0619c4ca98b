/** A field in the record of a process: the contracts that were in the files when it was started, by their orders. */
export const contractsField = "contracts";

/** As the field keeps it; undefined: there are none. */
export const contractsText = (orders: readonly string[]): string | undefined =>
  orders.length === 0 ? undefined : orders.join(" ");

export const contractsKnown = (fields: ReadonlyMap<string, string>): readonly string[] =>
  fields.get(contractsField)?.split(" ") ?? [];

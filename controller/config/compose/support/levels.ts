/** What becomes of a key of the Compose Specification. */
export interface Support {
  readonly level: "supported" | "ignored" | "refused";
  /** Why it is not supported; of a supported key: what there is to know. */
  readonly reason?: string;
}

/** A key with keys of its own; lists and names of the user's are passed over. */
export interface SupportedKeys {
  readonly own: Support;
  readonly keys: SupportTable;
}

export interface SupportTable {
  readonly [key: string]: Support | SupportedKeys;
}

export const yes: Support = { level: "supported" };

/** Supported, and something has to be known about it. */
export const yesBut = (reason: string): Support => ({ level: "supported", reason });

/** Nothing comes of it, which is told with a warning: the reason goes behind "is ignored: ". */
export const ignored = (reason: string): Support => ({ level: "ignored", reason });

/** Without it the project would be another one, so it is not deployed: the reason goes behind "is refused: ". */
export const refused = (reason: string): Support => ({ level: "refused", reason });

/** A key with keys of its own. */
export const within = (own: Support, keys: SupportTable): SupportedKeys => ({ own, keys });

/** A key all of whose keys are supported. */
export const all = (...names: readonly string[]): SupportedKeys => every(yes, names);

/** A key all of whose keys have the same fate. */
export const every = (own: Support, names: readonly string[]): SupportedKeys =>
  within(own, Object.fromEntries(names.map((name) => [name, own])));

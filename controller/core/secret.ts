import { inspect } from "node:util";

const shown = "«secret»";
const values = new WeakMap<Secret, string>();

/**
 * A value that never prints. String, JSON, template and `util.inspect` all give `«secret»`; the text comes out only
 * through {@link reveal}, which the lint allows in named adapter files.
 */
export class Secret {
  constructor(text: string) {
    values.set(this, text);
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  get [Symbol.toStringTag](): string {
    return "Secret";
  }

  [Symbol.toPrimitive](): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}

/** The text of a secret, for the call that needs it and nothing else: never for a message, a log or a name. */
export function reveal(secret: Secret): string {
  const text = values.get(secret);
  if (text === undefined) throw new TypeError("not a secret of this process");
  return text;
}

/** A text that may hold secrets: what configuration values are once secrets have been put in. */
export type Text = string | Secret;

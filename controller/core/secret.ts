import { createHmac } from "node:crypto";
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

/** The texts one after the other: a secret as soon as one of them is. */
export function joinTexts(parts: readonly Text[]): Text {
  const joined = parts.map((part) => (part instanceof Secret ? reveal(part) : part)).join("");
  return parts.some((part) => part instanceof Secret) ? new Secret(joined) : joined;
}

/** The text in another form, such as percent-encoded: a secret stays one. `change` keeps nothing of what it is given. */
export const mapText = (text: Text, change: (plain: string) => string): Text =>
  text instanceof Secret ? new Secret(change(reveal(text))) : change(text);

/** HMAC-SHA-256 in hex: tells whether a text has changed, and nothing about it to one without the key. */
export const keyedHash = (key: Text, text: Text): string =>
  createHmac("sha256", plainOf(key)).update(plainOf(text)).digest("hex");

const plainOf = (text: Text): string => (text instanceof Secret ? reveal(text) : text);

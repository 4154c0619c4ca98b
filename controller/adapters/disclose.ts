import { reveal, type Text } from "../core/secret.ts";

/** A text with its secrets in plain, for the person who asked to see them (`db url --show-password`). */
export const disclose = (text: Text): string => (typeof text === "string" ? text : reveal(text));

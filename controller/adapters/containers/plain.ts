import { reveal, Secret, type Text } from "../../core/secret.ts";

/** A text on its way to the engine: into a request's body, never into a path, a name or a message. */
export const plain = (text: Text): string => (text instanceof Secret ? reveal(text) : text);

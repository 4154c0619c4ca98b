/**
 * What the schema cannot say about a part of an environment: how it merges, and how its texts are read.
 * Parts that are not listed have none of this.
 */
export interface Shape {
  /** Of the keys of a map. */
  readonly keys?: { readonly [key: string]: Shape };
  /** Of every item of a list, and of every key that `keys` does not list. */
  readonly each?: Shape;
  /** The keys are names that the user gives, so `x-` means nothing special. */
  readonly open?: boolean;
  /** A name with nothing after it has all defaults; elsewhere a key with nothing after it counts as not written. */
  readonly nameAlone?: boolean;
  /** text: stays as it was written, also where YAML reads a number. raw: besides, its `${…}` stays for a later stage. */
  readonly leaf?: "text" | "raw";
  /** Keys that exclude each other: one that an environment writes drops those that it inherits. */
  readonly alternatives?: readonly string[];
}

const text: Shape = { leaf: "text" };
const raw: Shape = { leaf: "raw" };
const variables: Shape = { open: true, each: raw };
const secret: Shape = { alternatives: ["env", "file", "command", "age"], keys: { command: { each: text } } };

export const environmentShape: Shape = {
  keys: {
    variables,
    postgres: {
      keys: {
        version: text,
        url: secret,
        password: secret,
        parameters: { open: true, each: text },
        extensions: { each: { keys: { version: text } } },
        roles: { open: true, nameAlone: true, each: { keys: { password: secret } } },
      },
    },
    init: {
      each: {
        keys: {
          // A list of words, or a map of jobs.
          run: { open: true, each: { leaf: "raw", keys: { command: { each: raw }, environment: variables } } },
          environment: variables,
        },
      },
    },
    deployment: {
      alternatives: ["procfile", "compose", "pod"],
      keys: {
        processes: {
          open: true,
          nameAlone: true,
          each: {
            keys: {
              environment: variables,
              ready: {
                alternatives: ["http", "tcp", "command"],
                keys: { http: raw, tcp: raw, command: { each: raw } },
              },
            },
          },
        },
      },
    },
    users: { each: { keys: { password: secret } } },
  },
};

const unlisted: Shape = {};

/** The shape of what stands under a key or an index. */
export function inside(shape: Shape, step: string | number): Shape {
  const { keys, each } = shape;
  if (keys !== undefined && typeof step === "string" && Object.hasOwn(keys, step)) return keys[step] ?? unlisted;
  return each ?? unlisted;
}

/** Whether a key is the user's own note, which Poststack does not look at. */
export const isNote = (shape: Shape, key: string): boolean => shape.open !== true && key.startsWith("x-");

/** Whether a text there is a secret; `auto_generated` and a map of where it comes from are none. */
export const isSecretShape = (shape: Shape): boolean => shape === secret;

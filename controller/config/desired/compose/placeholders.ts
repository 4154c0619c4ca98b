import { PoststackError } from "../../../core/errors.ts";
import { joinTexts, Secret, type Text } from "../../../core/secret.ts";
import type { LoadedCompose } from "../../compose/loaded.ts";
import { renderPath } from "../../tree.ts";

/**
 * Secrets are put in after the files have been read and their variables filled in: until then `«DB_PASSWORD»` stands for
 * one. So nothing in a password is taken for a `$`, a quote or a colon, and where a password got to can be seen.
 */
export interface Placeholders {
  /** What the files are read with. */
  readonly variables: ReadonlyMap<string, string>;
  /** The text with its secrets. */
  readonly lift: (text: string) => Text;
}

const form = /«([A-Za-z_]\w*)»/;

export function placeholders(variables: ReadonlyMap<string, Text>): Placeholders {
  const secrets = new Map([...variables].flatMap(([name, value]) => (value instanceof Secret ? [[name, value]] : [])));
  return {
    variables: new Map([...variables].map(([name, value]) => [name, value instanceof Secret ? `«${name}»` : value])),
    lift(text) {
      if (!text.includes("«")) return text;
      // Split by a pattern with one group: texts and names take turns.
      const parts = text.split(new RegExp(form, "g"));
      return joinTexts(parts.map((part, index) => (index % 2 === 0 ? part : (secrets.get(part) ?? `«${part}»`))));
    },
  };
}

/** Where a secret may stand: what the engine keeps to itself, or hands to the container alone. */
const allowed: readonly RegExp[] = [
  /^services\.[^.]+\.environment\.[^.]+$/,
  /^services\.[^.]+\.(?:post_start|pre_stop)\.\d+\.environment\.[^.]+$/,
  /^(?:configs|secrets)\.[^.]+\.(?:content|value)$/,
];

/**
 * Every place to which a secret got and where others can read it: labels, commands, names, build arguments.
 * @returns PoststackErrors `SECRET_EXPOSED`
 */
export function exposedSecrets(
  { project, placeOf }: Pick<LoadedCompose, "project" | "placeOf">,
  { lift }: Placeholders,
): readonly PoststackError[] {
  const errors: PoststackError[] = [];
  const path: (string | number)[] = [];
  const isAllowed = (): boolean => {
    const written = path.map((step) => String(step).replaceAll(".", "_")).join(".");
    return allowed.some((one) => one.test(written));
  };
  // Of thousands of texts hardly one holds a secret: nothing is made up before that is known.
  const check = (text: string, isKey: boolean): void => {
    if (!text.includes("«") || !(lift(text) instanceof Secret) || (!isKey && isAllowed())) return;
    const next = path.includes("args")
      ? "use `build.secrets`: an image keeps its build arguments for everybody to read"
      : "put it into the container's `environment`, a config or a secret";
    const what = `\`${renderPath(path)}\` holds a secret (${form.exec(text)?.[0] ?? ""}), and others can read it there`;
    errors.push(new PoststackError("SECRET_EXPOSED", { what, where: placeOf([...path]), next }));
  };
  const inside = (step: string | number, value: unknown): void => {
    path.push(step);
    visit(value);
    path.pop();
  };
  const visit = (value: unknown): void => {
    if (typeof value === "string") check(value, false);
    else if (Array.isArray(value)) for (let index = 0; index < value.length; index++) inside(index, value[index]);
    else if (value instanceof Map) {
      for (const [key, one] of value as ReadonlyMap<string, unknown>) {
        path.push(key);
        check(key, true);
        visit(one);
        path.pop();
      }
    } else if (typeof value === "object" && value !== null && !(value instanceof Secret)) {
      for (const key of Object.keys(value)) inside(key, (value as Readonly<Record<string, unknown>>)[key]);
    }
  };
  // Keys that begin with `x-` are the author's own and go nowhere; what their anchors hand on is looked at where it arrives.
  const { extensions: _extensions, ...used } = project;
  visit(used);
  return errors;
}

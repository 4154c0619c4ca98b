import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";

/** Deeper nesting is no configuration but an attack on the stack. */
const deepest = 64;
/** Longer texts are no configuration: forty lines that each name the line before twice would fill the memory. */
const longest = 1024 * 1024;
const nameAt = /[A-Za-z_][A-Za-z0-9_]*/y;
/** With a colon an empty value counts as missing. */
const operator = /:?[-+?]/y;

export interface Interpolated<Part> {
  /** Literal text and looked-up values, in order. */
  readonly parts: readonly (string | Part)[];
  /** Names that had neither a value nor a default, each once, in order; an empty text stands in for them. */
  readonly unset: readonly string[];
}

/**
 * Compose's interpolation: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME+other}`,
 * `${NAME:?message}`, `${NAME?message}`, nested to any side, and `$$` for a dollar. A `$` before anything else stays.
 * Looked-up values are never expanded again. Only the branch that is taken is evaluated.
 *
 * @throws PoststackError `VARIABLE_SYNTAX`, `VARIABLE_REQUIRED`
 */
export function interpolateParts<Part = never>(
  template: string,
  lookup: (name: string) => string | Part | undefined,
  where?: Place,
): Interpolated<Part> {
  const unset = new Set<string>();
  const place = where === undefined ? {} : { where };

  const expand = (text: string, depth: number): (string | Part)[] => {
    if (depth > deepest) throw invalid(template, place, `nested more than ${deepest} deep`);
    const parts: (string | Part)[] = [];
    for (let at = 0; at < text.length;) {
      const dollar = text.indexOf("$", at);
      if (dollar < 0) {
        parts.push(text.slice(at));
        break;
      }
      if (dollar > at) parts.push(text.slice(at, dollar));
      const next = text[dollar + 1];
      const name = matchAt(nameAt, text, dollar + 1);
      if (next === "{") {
        const end = closingBrace(text, dollar + 2);
        if (end === undefined) throw invalid(template, place, "a `${` is not closed on its line");
        for (const part of braced(text.slice(dollar + 2, end), depth)) parts.push(part);
        at = end + 1;
      } else if (name !== "") {
        parts.push(plain(name));
        at = dollar + 1 + name.length;
      } else {
        parts.push("$");
        at = dollar + (next === "$" ? 2 : 1);
      }
    }
    return parts;
  };

  const plain = (name: string): string | Part => {
    const value = lookup(name);
    if (value === undefined) unset.add(name);
    return value ?? "";
  };

  const braced = (body: string, depth: number): (string | Part)[] => {
    const name = matchAt(nameAt, body, 0);
    if (name === "") throw invalid(template, place, "`${` is not followed by a name");
    if (name.length === body.length) return [plain(name)];

    const form = matchAt(operator, body, name.length);
    const operand = body.slice(name.length + form.length);
    const value = lookup(name);
    const present = value !== undefined && !(form.startsWith(":") && value === "");
    switch (form.at(-1)) {
      case "-":
        return present ? [value] : expand(operand, depth + 1);
      case "+":
        return present ? expand(operand, depth + 1) : [];
      case "?":
        if (present) return [value];
        throw required(
          name,
          expand(operand, depth + 1)
            .map(String)
            .join(""),
          place,
        );
      default:
        throw invalid(template, place, `after \`\${${name}\` comes none of } :- - :+ + :? ?`);
    }
  };

  return { parts: expand(template, 0), unset: [...unset] };
}

/**
 * {@link interpolateParts} for values that are all text.
 *
 * @throws PoststackError `VARIABLE_SYNTAX`, `VARIABLE_REQUIRED`, `CONFIG_LIMIT`
 */
export function interpolate(
  template: string,
  lookup: (name: string) => string | undefined,
  where?: Place,
): { readonly value: string; readonly unset: readonly string[] } {
  const { parts, unset } = interpolateParts(template, lookup, where);
  if (parts.reduce((length, part) => length + (part?.length ?? 0), 0) > longest) {
    throw new PoststackError("CONFIG_LIMIT", {
      what: `with its variables filled in a text would have more than ${longest / 1024} KiB`,
      ...(where === undefined ? {} : { where }),
      next: "a value that is that long belongs in a file",
    });
  }
  return { value: parts.join(""), unset };
}

/**
 * Where the brace that opened before `start` closes: at its partner, or, when the braces of the line do not pair up, at
 * the last one of the line. A line's end is never inside.
 */
function closingBrace(text: string, start: number): number | undefined {
  let open = 1;
  let last: number | undefined;
  for (let at = start; at < text.length && text[at] !== "\n"; at++) {
    if (text[at] === "{") open++;
    if (text[at] !== "}") continue;
    last = at;
    if (--open === 0) return at;
  }
  return last;
}

function matchAt(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0] ?? "";
}

type AtPlace = { readonly where?: Place };

const invalid = (template: string, place: AtPlace, reason: string): PoststackError =>
  new PoststackError("VARIABLE_SYNTAX", {
    what: `${JSON.stringify(shortened(template))} does not parse: ${reason}`,
    ...place,
    next: "write ${NAME}, ${NAME:-default}, ${NAME:+other} or ${NAME:?message}, and $$ for a dollar sign",
  });

const required = (name: string, message: string, place: AtPlace): PoststackError =>
  new PoststackError("VARIABLE_REQUIRED", {
    what: `required variable ${name} is missing a value${message === "" ? "" : `: ${message}`}`,
    ...place,
    next: `set ${name} in the shell or in the environment's env file`,
  });

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

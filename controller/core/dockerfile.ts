/**
 * The images that a Dockerfile builds upon: what `FROM` names, without its own stages and `scratch`, build arguments put in
 * (Dockerfile reference, "Understand how ARG and FROM interact": only those before the first FROM count).
 *
 * @param given build arguments; their values may be secrets, so only those that a FROM names are asked for
 */
export function baseImages(dockerfile: string, given: (name: string) => string | undefined): readonly string[] {
  const globals = new Map<string, string>();
  const stages = new Set<string>();
  const bases = new Set<string>();
  for (const line of instructions(dockerfile)) {
    const [, word = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
    if (word.toUpperCase() === "ARG" && stages.size === 0 && bases.size === 0) {
      for (const declared of rest.split(/\s+/)) {
        const [name, written] = split(declared, "=");
        const value = given(name) ?? (written === undefined ? undefined : substituted(unquoted(written), globals));
        if (value !== undefined) globals.set(name, value);
      }
    }
    if (word.toUpperCase() !== "FROM") continue;
    const words = rest.split(/\s+/).filter((part) => !part.startsWith("--"));
    const image = substituted(unquoted(words[0] ?? ""), globals);
    if (image !== "" && image !== "scratch" && !stages.has(image.toLowerCase())) bases.add(image);
    // A stage without a name is known by its number, which FROM does not take.
    stages.add(words[1]?.toUpperCase() === "AS" ? (words[2] ?? "").toLowerCase() : "");
  }
  return [...bases];
}

/** Lines joined where they go on, without comments. The escape character may be chosen at the top. */
function instructions(dockerfile: string): readonly string[] {
  const escape = /^(?:#[^\n]*\n)*#\s*escape\s*=\s*(\S)/i.exec(dockerfile.replaceAll("\r", ""))?.[1] ?? "\\";
  const found: string[] = [];
  let open = "";
  for (const line of dockerfile.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed.startsWith("#") || (trimmed === "" && open === "")) continue;
    if (trimmed.endsWith(escape)) open += `${trimmed.slice(0, -1)} `;
    else {
      found.push(`${open}${trimmed}`);
      open = "";
    }
  }
  return open === "" ? found : [...found, open];
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`. */
const substituted = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replaceAll(
    /\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/g,
    (_, plain: string | undefined, name: string | undefined, sign: string | undefined, other: string | undefined) => {
      const value = values.get(plain ?? name ?? "") ?? "";
      if (sign === "-") return value === "" ? (other ?? "") : value;
      return sign === "+" ? (value === "" ? "" : (other ?? "")) : value;
    },
  );

const unquoted = (text: string): string => /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;

function split(text: string, at: string): readonly [string, string | undefined] {
  const index = text.indexOf(at);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

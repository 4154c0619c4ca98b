import { describe, expect, test } from "vitest";
import { parseDotenv } from "../../controller/config/dotenv.ts";
import { interpolate } from "../../controller/config/interpolate.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { hasCorpus, readCorpus } from "../support/corpus.ts";

interface Expectation {
  readonly vars?: Readonly<Record<string, string | null>>;
  readonly value?: string;
  readonly error?: string;
}
interface Common {
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  readonly expect: Expectation;
  readonly expect_newer?: Expectation;
  readonly unset_warnings?: readonly string[];
}
type Row = Common &
  (
    | { readonly kind: "env_file"; readonly input: string }
    | { readonly kind: "project"; readonly input: string; readonly template: string }
    | {
        readonly kind: "env_files";
        readonly files: Readonly<Record<string, string>>;
        readonly order: readonly string[];
        readonly environment?: readonly string[] | Readonly<Record<string, string | null>>;
      }
  );

const rows = (readCorpus("dotenv.json") as { readonly cases: readonly Row[] } | undefined)?.cases ?? [];

type Outcome = Expectation & { readonly unset?: readonly string[] };

function outcome(row: Row): Outcome {
  try {
    return evaluate(row);
  } catch (error) {
    if (!(error instanceof PoststackError)) throw error;
    return { error: `line ${error.facts.where?.line}: ${error.message}` };
  }
}

function evaluate(row: Row): Outcome {
  const env = new Map(Object.entries(row.env));
  if (row.kind === "env_file") {
    const entries = parseDotenv(row.input, { file: "x.env", stronger: (name) => env.get(name) });
    const vars = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
    return { vars, unset: entries.flatMap(({ unset }) => unset) };
  }
  // The project's own .env stands behind the process environment.
  const dotEnv = row.kind === "project" ? row.input : (row.files[".env"] ?? "");
  const project = new Map(
    parseDotenv(dotEnv, { file: ".env", stronger: (name) => env.get(name) }).map(({ name, value }) => [name, value]),
  );
  const lookup = (name: string): string | undefined => env.get(name) ?? project.get(name);
  if (row.kind === "project") return { value: interpolate(row.template, lookup).value };

  const files = new Map<string, string | null>();
  for (const file of row.order) {
    const weaker = (name: string): string | undefined => files.get(name) ?? undefined;
    const entries = parseDotenv(row.files[file] ?? "", { file, stronger: lookup, weaker });
    for (const { name, value } of entries) files.set(name, value);
  }
  const inline = Array.isArray(row.environment)
    ? row.environment.map((name: string) => [name, null] as const)
    : Object.entries((row.environment ?? {}) as Readonly<Record<string, string | null>>);
  for (const [name, value] of inline) {
    files.set(name, value === null ? (lookup(name) ?? null) : interpolate(value, lookup).value);
  }
  return { vars: Object.fromEntries(files) };
}

/** Of the reference's error the line counts, and for `:?` the message. */
function fits(got: Outcome, wanted: Expectation): boolean {
  if (wanted.error === undefined) {
    return JSON.stringify(sorted(got.vars)) === JSON.stringify(sorted(wanted.vars)) && got.value === wanted.value;
  }
  if (got.error === undefined) return false;
  const line = /^line \d+: /.exec(wanted.error)?.[0];
  if (line !== undefined) return got.error.startsWith(line);
  return !wanted.error.startsWith("required") || got.error.includes(wanted.error);
}

const sorted = (vars: Expectation["vars"]): unknown =>
  vars === undefined ? undefined : Object.entries(vars).sort(([a], [b]) => (a < b ? -1 : 1));

describe.skipIf(!hasCorpus)("the env file table", () => {
  test("is there in full", () => expect(rows).toHaveLength(191));

  test.each(rows)("$id $kind", (row) => {
    const got = outcome(row);
    const accepted = [row.expect, ...(row.expect_newer ? [row.expect_newer] : [])];
    expect(accepted.some((wanted) => fits(got, wanted)) ? "fits" : got).toBe("fits");
    expect(got.unset ?? row.unset_warnings ?? []).toEqual(row.unset_warnings ?? []);
  });
});

const parse = (text: string) => parseDotenv(text, { file: "dev.env", stronger: () => undefined });

describe("beyond the table", () => {
  test("every entry has its place, after values of several lines and Windows line ends too", () => {
    const text = 'A=1\r\n# note\r\n  B="x\r\ny"\r\nexport C=3';
    expect(parse(text).map(({ name, place }) => [name, place.line, place.column])).toEqual([
      ["A", 1, 1],
      ["B", 3, 3],
      ["C", 5, 8],
    ]);
  });

  test("an error names file, line and column", () => {
    expect(() => parse("A=1\nB C=2")).toThrow(
      expect.objectContaining({
        facts: expect.objectContaining({
          code: "ENV_FILE_SYNTAX",
          where: { file: "dev.env", line: 2, column: 3 },
          next: "write B=value, or # in front of a comment",
        }),
      }),
    );
  });

  test("an unclosed quote tells where it was opened", () => {
    expect(() => parse('A=1\nB="x\nC=2\n')).toThrow('the value that " opens on line 2 is not closed');
  });

  test("names of Object's own properties are ordinary names", () => {
    expect(parse("__proto__=1\nA=$__proto__$constructor").map(({ value }) => value)).toEqual(["1", "1"]);
  });

  test("a dollar written as an octal escape is not interpolated", () => {
    expect(parse('A="\\0044B"').map(({ value }) => value)).toEqual(["$B"]);
  });

  test.each([['A="', 'A="\\n', "A='"]])("a megabyte after an open quote (%s) is an error, not a crash", (start) => {
    expect(() => parse(start + "x\\n".repeat(300_000))).toThrow(expect.objectContaining({ code: "ENV_FILE_SYNTAX" }));
  });

  test("a megabyte in one quoted value is read in one go", () => {
    expect(parse(`A="${"x\\n".repeat(300_000)}"`)[0]?.value).toHaveLength(600_000);
  });
});

import { describe, expect, test } from "vitest";
import { interpolate, interpolateParts } from "../../controller/config/interpolate.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { Secret } from "../../controller/core/secret.ts";
import { hasCorpus, readCorpus } from "../support/corpus.ts";

interface Expectation {
  readonly value?: string;
  readonly error?: "invalid" | "required";
  readonly message?: string;
}
interface Row {
  readonly id: string;
  readonly template: string;
  readonly env: Readonly<Record<string, string>>;
  readonly expect: Expectation;
  readonly expect_newer?: Expectation;
  readonly unset_warnings?: readonly string[];
  readonly note?: string;
}

const rows = (readCorpus("interpolation.json") as { readonly cases: readonly Row[] } | undefined)?.cases ?? [];

interface Outcome extends Expectation {
  readonly unset?: readonly string[];
}

function outcome(template: string, env: ReadonlyMap<string, string>): Outcome {
  try {
    const { value, unset } = interpolate(template, (name) => env.get(name));
    return { value, unset };
  } catch (error) {
    if (!(error instanceof PoststackError)) throw error;
    return { error: error.code === "VARIABLE_REQUIRED" ? "required" : "invalid", message: error.message };
  }
}

const fits = (got: Outcome, wanted: Expectation): boolean =>
  got.value === wanted.value && got.error === wanted.error && (got.message ?? "").includes(wanted.message ?? "");

describe.skipIf(!hasCorpus)("the interpolation table", () => {
  test("is there in full", () => expect(rows).toHaveLength(217));

  test.each(rows)("$id $template", (row) => {
    const got = outcome(row.template, new Map(Object.entries(row.env)));
    const accepted = [row.expect, ...(row.expect_newer ? [row.expect_newer] : [])];
    expect(accepted.some((wanted) => fits(got, wanted)) ? "fits" : got).toBe("fits");
    if (got.error) return;
    const warnings = [row.unset_warnings ?? [], ...(row.note?.includes("without the warning") ? [[]] : [])];
    expect(warnings).toContainEqual(got.unset);
  });
});

const none = (): undefined => undefined;

describe("beyond the table", () => {
  test("a looked-up value that is no text keeps its place among the parts", () => {
    const secret = new Secret("pa$$word");
    const { parts } = interpolateParts<Secret>("u:${P:-none}@h", (name) => (name === "P" ? secret : undefined));
    expect(parts).toEqual(["u:", secret, "@h"]);
    expect(parts[1]).toBe(secret);
  });

  test("a message does not hold a secret", () => {
    const secret = new Secret("canary");
    const run = () => interpolateParts<Secret>("${X:?set ${P}}", (name) => (name === "P" ? secret : undefined));
    expect(run).toThrow("required variable X is missing a value: set «secret»");
  });

  test("names of Object's own properties are ordinary names", () => {
    expect(interpolate("${__proto__}${constructor-c}", none)).toEqual({ value: "c", unset: ["__proto__"] });
  });

  test("a name without a value is told once", () => expect(interpolate("$A$A$B", none).unset).toEqual(["A", "B"]));

  test("an error carries its place", () => {
    const where = { file: ".poststack.yml", line: 3, column: 7 };
    expect(() => interpolate("${", none, where)).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ where }) }),
    );
  });

  test.each([
    ["nesting without end", "${A:-".repeat(100_000) + "}".repeat(100_000)],
    ["a hundred thousand open braces", "${A:-{".repeat(100_000) + "}"],
  ])("%s is an error, not a crash", (_name, template) => {
    expect(() => interpolate(template, none)).toThrow(expect.objectContaining({ code: "VARIABLE_SYNTAX" }));
  });

  test("a megabyte of variables is read in one go", () => {
    expect(interpolate("${A:-x}".repeat(150_000), none).value).toBe("x".repeat(150_000));
  });
});

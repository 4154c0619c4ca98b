import { expect, test } from "vitest";
import { dev, errorsIn, load } from "./table.ts";

/** What a person reads: `what → next`. */
const sentences = (text: string): readonly string[] =>
  errorsIn(() => load(dev(text))).map(({ facts }) => `${facts.what} → ${facts.next ?? ""}`);

test.each<[string, string, readonly string[]]>([
  ["levels of rules", "policy: { lint: { default: note, rules: { drop-column: error, json-column: off } } }", []],
  [
    "a misspelt rule",
    "policy: { lint: { rules: { drop_colum: error } } }",
    ['unknown key `drop_colum` in `policy.lint.rules` → did you mean "drop-column"?'],
  ],
  [
    "a rule that is like no other",
    "policy: { lint: { rules: { beauty: error } } }",
    [expect.stringMatching(/^unknown key `beauty` in `policy\.lint\.rules` → known are attach-partition, /) as string],
  ],
  [
    "a level that there is not",
    "policy: { lint: { rules: { drop-column: warn } } }",
    [
      '`policy.lint.rules.drop-column` must be one of `error`, `warning`, `note` or `off`; found "warn" → correct the value',
    ],
  ],
])("%s", (_name, text, expected) => {
  expect(sentences(text)).toEqual(expected);
});

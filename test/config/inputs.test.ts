import { describe, expect, test } from "vitest";
import { hashInputs } from "../../controller/config/inputs.ts";
import { projectWith } from "../support/project.ts";

const place = { file: ".poststack.yml", line: 7, column: 9 };
const tree = {
  "seed.mjs": "1",
  "seeds/a.csv": "2",
  "seeds/b.csv": "3",
  "seeds/deep/er/c.csv": "4",
  "seeds/deep/note.md": "5",
  "seeds/node_modules/x.csv": "6",
  ".poststack/dev/log": "7",
  ".git/HEAD": "8",
};

describe("inputs", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["a file", ["seed.mjs"], ["seed.mjs"]],
    ["a path written another way", ["./seeds//a.csv"], ["seeds/a.csv"]],
    ["a folder, all of it", ["seeds"], ["seeds/a.csv", "seeds/b.csv", "seeds/deep/er/c.csv", "seeds/deep/note.md"]],
    ["a star stops at a slash", ["seeds/*.csv"], ["seeds/a.csv", "seeds/b.csv"]],
    ["a question mark is one character", ["seeds/?.csv"], ["seeds/a.csv", "seeds/b.csv"]],
    ["two stars cross folders", ["seeds/**/*.csv"], ["seeds/a.csv", "seeds/b.csv", "seeds/deep/er/c.csv"]],
    ["two stars at the end", ["seeds/deep/**"], ["seeds/deep/er/c.csv", "seeds/deep/note.md"]],
    ["a pattern in a folder's name", ["s*s/deep/*.md"], ["seeds/deep/note.md"]],
    ["a pattern without a match", ["*.sql"], []],
    ["a pattern without a folder", ["*.mjs"], ["seed.mjs"]],
    ["each once, sorted", ["seeds/b.csv", "seeds/*.csv", "seed.mjs"], ["seed.mjs", "seeds/a.csv", "seeds/b.csv"]],
    ["a dot is a dot", ["seedXmjs*", "seed?mjs"], ["seed.mjs"]],
    ["nothing", [], []],
    [
      "the whole project, without what changes by itself",
      ["."],
      ["seed.mjs", "seeds/a.csv", "seeds/b.csv", "seeds/deep/er/c.csv", "seeds/deep/note.md"],
    ],
  ])("%s", (_name, inputs, expected) => {
    expect([...hashInputs(projectWith(tree).files, inputs, place).keys()]).toEqual(expected);
  });

  test("the hash is the content's", () => {
    const project = projectWith(tree);
    const before = hashInputs(project.files, ["seeds"], place);
    project.write("seeds/a.csv", "changed");
    const after = hashInputs(project.files, ["seeds"], place);
    expect([...after].filter(([path, hash]) => before.get(path) !== hash).map(([path]) => path)).toEqual([
      "seeds/a.csv",
    ]);
  });

  test("a missing file is an error with its place", () => {
    expect(() => hashInputs(projectWith().files, ["gone.csv"], place)).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ code: "FILE_MISSING", where: place }) }),
    );
  });
});

import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findConfig } from "../../controller/config/find.ts";
import { projectWith } from "../support/project.ts";
import { told } from "./table.ts";

test("the nearest configuration file is found, here or above", () => {
  const { root } = projectWith({
    ".poststack.yml": "",
    "a/b/c.txt": "",
    "a/inner/.poststack.yml": "",
    "a/inner/d/e.txt": "",
  });
  expect(findConfig(root, existsSync)).toBe(join(root, ".poststack.yml"));
  expect(findConfig(join(root, "a/b"), existsSync)).toBe(join(root, ".poststack.yml"));
  expect(findConfig(join(root, "a/inner/d"), existsSync)).toBe(join(root, "a/inner/.poststack.yml"));
});

test("where there is none, the way out is told", () => {
  const looked: string[] = [];
  const nowhere = (path: string): boolean => looked.push(path) < 0;
  expect(told(() => findConfig("/a/b", nowhere))).toEqual(["CONFIG_MISSING"]);
  expect(looked).toEqual(["/a/b/.poststack.yml", "/a/.poststack.yml", "/.poststack.yml"]);
});

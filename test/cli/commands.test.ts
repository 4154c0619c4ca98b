import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generateCommands } from "../../.build/generate-commands.ts";
import { commands, groups } from "../../controller/cli/commands.ts";
import { projectRoot } from "../support/build.ts";

test("docs/commands.md is what the table of commands makes", async () => {
  for (const [file, text] of await generateCommands(projectRoot)) {
    expect(readFileSync(join(projectRoot, file), "utf8")).toBe(text);
  }
});

test("no two commands have one name", () => {
  const names = commands.flatMap(({ name, aliases = [] }) => [
    name,
    ...aliases.map((alias) => name.replace(/\S+$/, alias)),
  ]);
  expect(names).toEqual([...new Set(names)]);
});

describe.each(commands.map((command) => [command.name, command] as const))("%s", (name, command) => {
  test("has a handler", async () => {
    expect(typeof (await command.load())).toBe("function");
  });

  test("stands in a group that there is", () => {
    const [first = "", second] = name.split(" ");
    expect(second === undefined || groups.some(([group]) => group === first)).toBe(true);
  });

  test("has examples of itself", () => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const [line] of command.examples) expect(line).toContain(`poststack ${name}`);
  });
});

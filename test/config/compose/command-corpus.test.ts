import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { projectFiles } from "../../../controller/adapters/files.ts";
import { runProgram } from "../../../controller/cli/program.ts";
import type { World } from "../../../controller/cli/world.ts";
import { hasCorpus } from "../../support/corpus.ts";
import { composeCases, home, meaning, nameOf, variantsOf, type ComposeCase, type Json } from "./corpus-cases.ts";

// The command on the corpus, in this process: what it prints is what the library has loaded (corpus.test.ts), and of what
// is refused a person is told the place and the next step. command.test.ts runs the program itself.

async function composeConfig(one: ComposeCase, ...more: readonly string[]) {
  let stdout = "";
  let stderr = "";
  const output = (write: (text: string) => void): unknown => ({ write, hasColours: false, isTerminal: false });
  const world = {
    ...{ version: "0.0.0", cwd: one.directory, isInteractive: false, openFiles: projectFiles, exists: existsSync },
    shell: new Map(Object.entries({ ...one.env, HOME: home })),
    stdout: output((text) => (stdout += text)),
    stderr: output((text) => (stderr += text)),
    openLog: () => Promise.resolve({}),
  } as unknown as World;
  const name = nameOf(one);
  const args = [
    ...["compose", "config", "--project-directory", one.directory],
    ...one.compose_files.flatMap((file) => ["-f", `${one.directory}/${file}`]),
    ...(name === undefined ? [] : ["-p", name]),
  ];
  return { code: await runProgram([...args, ...more], world), stdout, stderr };
}

const refused = composeCases.filter(({ expect: end }) => end === "error");
/** Every seventh: printing costs as much as loading, and all of them are loaded by corpus.test.ts. */
const accepted = composeCases.filter(({ expect: end }, index) => end === "ok" && index % 7 === 0).flatMap(variantsOf);

describe.skipIf(!hasCorpus)("compose config on the corpus", () => {
  test.each(refused.map((one) => [one.id, one] as const))("%s: refused with place and next step", async (_id, one) => {
    const { code, stdout, stderr } = await composeConfig(one);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const errors = stderr.split(/^(?=error )/m).filter((part) => part.startsWith("error "));
    expect(errors).not.toEqual([]);
    for (const error of errors) {
      expect(error).toMatch(/^error [A-Z_]+: \S/);
      expect(error).toMatch(/^ {2}at \S.*:\d+:\d+$/m);
      expect(error).toMatch(/^ {2}next: \S/m);
    }
  });

  test.each(accepted.map((variant) => [`${variant.one.id} ${variant.profiles.join("")}`, variant] as const))(
    "%s",
    async (_id, { one, profiles, expected }) => {
      const asked = profiles.flatMap((profile) => ["--profile", profile]);
      const { code, stdout } = await composeConfig(one, ...asked);
      expect(code).toBe(0);
      // Version 1.1, as it is written: there `yes` without quotes would be a truth value.
      const printed = parse(stdout, { version: "1.1", maxAliasCount: -1 }) as Json;
      expect(meaning(printed, one.directory)).toEqual(meaning(expected, one.directory));
    },
  );
});

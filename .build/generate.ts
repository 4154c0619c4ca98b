// Writes every file that is made from another one. `--check` writes nothing and exits 1 when one of them is stale.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { generateCommands } from "./generate-commands.ts";
import { generateCompose } from "./generate-compose.ts";
import { generateConfig } from "./generate-config.ts";
import { generateDocs } from "./generate-docs.ts";
import { generateKeys } from "./generate-keys.ts";
import { generateRules } from "./generate-rules.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Each gives file contents by path from the project's root, the same on every run. */
const generators: readonly ((root: string) => Promise<ReadonlyMap<string, string>>)[] = [
  generateConfig,
  generateCompose,
  generateCommands,
  generateDocs,
  generateKeys,
  generateRules,
];

function current(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

const check = process.argv.includes("--check");
let stale = 0;
for (const generate of generators) {
  for (const [file, text] of await generate(root)) {
    const path = join(root, file);
    if (current(path) === text) continue;
    stale++;
    if (check) {
      process.stderr.write(`${relative(process.cwd(), path)} is stale: run \`npm run generate\`\n`);
    } else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      process.stdout.write(`wrote ${relative(process.cwd(), path)}\n`);
    }
  }
}
if (check && stale > 0) process.exitCode = 1;

// The least that a linter on Postgres's own parser has to do: read every file and have it parsed. Argument: the folder.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadModule, parseSync } from "libpg-query";

const [folder = ""] = process.argv.slice(2);
await loadModule();
let statements = 0;
for (const file of readdirSync(folder).sort()) {
  const { stmts = [] } = parseSync(readFileSync(join(folder, file), "utf8"));
  statements += stmts.length;
}
console.log(`${statements} statements`);

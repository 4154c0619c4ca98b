import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../support/build.ts";
import type { OwnFiles } from "./cases.ts";

/** What the runnable examples say of their services, for the reference to make the same of. */
export const exampleFiles = (): readonly OwnFiles[] => [
  {
    folder: join(projectRoot, "examples/compose-app"),
    composeFiles: ["compose.yaml"],
    env: { DATABASE_URL: "postgres://notes@db/notes" },
  },
  webapp(),
];

/** Variables that Poststack sets by itself have other values with each database: here they are the shell's. */
function webapp(): OwnFiles {
  const composeFiles = ["compose.yml", "compose.dev.yml"];
  const parent = mkdtempSync(join(tmpdir(), "poststack-parity-"));
  process.once("exit", () => rmSync(parent, { recursive: true, force: true }));
  const folder = join(parent, "webapp");
  cpSync(join(projectRoot, "examples/webapp"), folder, { recursive: true });
  for (const file of composeFiles) {
    const text = readFileSync(join(folder, file), "utf8");
    writeFileSync(join(folder, file), text.replaceAll(/\$\{(?:POSTSTACK|DB)_/g, "${SHOP_"));
  }
  const database = {
    SHOP_HOST: "db",
    SHOP_PORT: "5432",
    SHOP_NAME: "shop",
    SHOP_USER: "shop",
    SHOP_PASSWORD: "pa$$w0rd",
  };
  return { folder, composeFiles, env: { SHOP_ENVIRONMENT: "dev", WEB_PORT: "8000", GREETING: "Hello", ...database } };
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Missing } from "../case.ts";
import type { Contender } from "../measure.ts";
import { projectRoot, type Server } from "../server.ts";
import { database } from "./migrations.ts";

const modules = join(projectRoot, "node_modules");
const platform = `${process.platform}-${process.arch}`;

/** `dbmate up` as npm installs it, a Node script that starts the binary; without the dump of the schema that it ends with. */
export function dbmate(folder: string, server: Server, name = database): Contender {
  const script = join(modules, "dbmate", "dist", "cli.js");
  if (!existsSync(script) || !existsSync(binary)) throw new Missing(`dbmate is not installed for ${platform}`);
  const url = `${server.url(name)}?sslmode=disable`;
  const options = ["--url", url, "--migrations-dir", join(folder, "migrations"), "--no-dump-schema"];
  return { name: "dbmate up", command: [process.execPath, script, ...options, "up"], cwd: folder };
}

const binary = join(modules, "@dbmate", platform, "bin", "dbmate");

/** The same without Node in front of it. */
export const dbmateBinary = (contender: Contender): Contender => ({
  ...contender,
  name: "dbmate up, its binary alone",
  command: [binary, ...contender.command.slice(2)],
});

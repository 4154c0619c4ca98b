import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { Missing } from "../case.ts";
import type { Contender } from "../measure.ts";
import { npmInstalled } from "../npm.ts";
import { projectRoot, type Server } from "../server.ts";
import { database } from "./migrations.ts";

const version = "2.36.0";
const platform = `${process.platform}-${process.arch}`;

/** How dbmate is started, and its binary where that is another program. */
interface Found {
  readonly command: readonly [string, ...string[]];
  readonly binary: string;
}

let found: Found | undefined;

/** `dbmate up` without the dump of the schema that it ends with: that of PATH, else as npm installs it, for this run. */
export function dbmate(folder: string, server: Server, name = database): Contender {
  found ??= onPath() ?? installed();
  const url = `${server.url(name)}?sslmode=disable`;
  const options = ["--url", url, "--migrations-dir", join(folder, "migrations"), "--no-dump-schema", "up"];
  return { name: "dbmate up", command: [...found.command, ...options], cwd: folder };
}

/** The same without Node in front of it, where npm puts Node there. */
export function dbmateBinary(contender: Contender): Contender {
  if (found === undefined) throw new Error("it is asked for after the contender itself");
  const options = contender.command.slice(found.command.length);
  const isSame = found.command[0] === found.binary;
  return {
    ...contender,
    name: isSame ? "dbmate up once more" : "dbmate up, its binary alone",
    command: [found.binary, ...options],
  };
}

function onPath(): Found | undefined {
  // npm puts the project's own packages in front: what happens to lie there is no part of it.
  const isForeign = (folder: string): boolean => isAbsolute(folder) && !folder.startsWith(join(projectRoot, "/"));
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(isForeign);
  const binary = folders.map((folder) => join(folder, "dbmate")).find(isExecutable);
  if (binary === undefined) return undefined;
  console.error(`  dbmate from PATH: ${binary}`);
  return { command: [binary], binary };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A Node script that starts the platform's binary. */
function installed(): Found {
  const folder = npmInstalled([`dbmate@${version}`, `@dbmate/${platform}@${version}`]);
  const script = join(folder, "node_modules", "dbmate", "dist", "cli.js");
  const binary = join(folder, "node_modules", "@dbmate", platform, "bin", "dbmate");
  if (existsSync(script) && existsSync(binary)) return { command: [process.execPath, script], binary };
  throw new Missing(`dbmate ${version} is not on PATH, and its package for ${platform} has no program`);
}

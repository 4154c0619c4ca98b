import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Missing } from "./case.ts";
import type { Contender } from "./measure.ts";
import { npmInstalled } from "./npm.ts";

/** As npm's package `node` has it. */
const wanted = "24";

let found: string | undefined;

/** A contender that runs in Node, run by Node 24: this one, or one that npm brings for this run. */
export function onNode24({ name, command: [, ...args], ...rest }: Contender): Contender {
  found ??= process.versions.node.startsWith(`${wanted}.`) ? process.execPath : installed();
  return { ...rest, name: `${name}, Node ${versionOf(found)}`, command: [found, ...args] };
}

/** The package `node` itself is a script that fetches this one. */
function installed(): string {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  return join(npmInstalled([`${name}@${wanted}`]), "node_modules", name, "bin", "node");
}

function versionOf(node: string): string {
  const { status, stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (status !== 0) throw new Missing(`the Node ${wanted} that npm brought does not run here`);
  return stdout.trim().replace(/^v/, "");
}

import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, projectRoot } from "../server.ts";

export interface Quickstart {
  readonly folder: string;
  readonly serverPort: number;
  readonly webPort: number;
}

/** `examples/quickstart` in a folder of its own, with ports of its own. */
export async function copyQuickstart(folder: string): Promise<Quickstart> {
  const isPart = (path: string): boolean => !/\/(?:\.poststack|node_modules)$/.test(path);
  cpSync(join(projectRoot, "examples", "quickstart"), folder, { recursive: true, filter: isPart });
  symlinkSync(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  const serverPort = await freePort();
  const webPort = await freePort();
  const file = join(folder, ".poststack.yml");
  const text = readFileSync(file, "utf8").replace("port: 5433", `port: ${serverPort}`);
  writeFileSync(file, text.replace('PORT: "3000"', `PORT: "${webPort}"`));
  return { folder, serverPort, webPort };
}

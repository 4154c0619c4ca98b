import { errorsOf } from "../../core/errors.ts";
import type { World } from "../world.ts";
import { failed, ok, warning, type Check } from "./check.ts";

/** What package.json asks for as `engines`. */
const oldestNode = [20, 20, 2] as const;

/** What is so for every project of this machine. */
export const machineChecks = (world: World): readonly Check[] => [node(world), user(world), psql(world)];

function node({ machine: { nodeVersion, platform, arch } }: World): Check {
  const parts = nodeVersion.replace(/^v/, "").split(".").map(Number);
  const at = oldestNode.findIndex((wanted, index) => (parts[index] ?? 0) !== wanted);
  const isOld = at >= 0 && (parts[at] ?? 0) < (oldestNode[at] ?? 0);
  const text = `Node ${nodeVersion} on ${platform} ${arch}`;
  if (platform === "win32") return failed("node", text, "run Poststack in WSL: its processes need a Unix");
  return isOld ? failed("node", text, `install Node ${oldestNode.join(".")} or newer`) : ok("node", text);
}

function user({ machine }: World): Check {
  const { name, isRoot } = machine.user;
  if (!isRoot) return ok("user", `runs as ${name}, and so do servers and processes`);
  try {
    return ok("user", `runs as root; embedded servers run as ${machine.serverUser()}, processes as root`);
  } catch (thrown) {
    const { what, next = "run Poststack as another user" } = errorsOf(thrown)[0]?.facts ?? { what: String(thrown) };
    return failed("user", what, next);
  }
}

function psql({ machine }: World): Check {
  const path = machine.program("psql");
  return path === undefined
    ? warning("psql", "not on this machine; only `db shell` needs it", "install postgresql-client when you want it")
    : ok("psql", path);
}

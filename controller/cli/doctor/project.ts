import { join, relative } from "node:path";
import { chooseEnvironment } from "../../config/choose.ts";
import { envFileOf, readEnvFiles } from "../../config/env-files.ts";
import { errorsOf } from "../../core/errors.ts";
import type { Context } from "../context.ts";
import { openProject, type OpenedProject } from "../open.ts";
import { renderBytes } from "../../core/quantity.ts";
import { looksSecret } from "../variables.ts";
import { failed, ok, warning, type Check } from "./check.ts";

const mebibyte = 1024 * 1024;
/** A new cluster takes 40 MiB, and a server that cannot write its log of changes stops. */
const leastFreeBytes = 100 * mebibyte;
const comfortableBytes = 1024 * mebibyte;

export interface ProjectChecks {
  /** Undefined: it cannot be read. */
  readonly opened: OpenedProject | undefined;
  readonly checks: readonly Check[];
  /** Whose environments can be looked at. */
  readonly environments: readonly string[];
}

/** The configuration, where state is kept, and what git would take. Without a project that is all there is to say. */
export function projectChecks(name: string | undefined, context: Context): ProjectChecks {
  let opened: OpenedProject;
  let environments: readonly string[];
  try {
    opened = openProject(context);
    const all = [...opened.project.environments.values()].filter(({ template }) => !template);
    environments = name === undefined ? all.map((one) => one.name) : [chooseEnvironment(opened.project, name).name];
  } catch (thrown) {
    const [first] = errorsOf(thrown);
    if (first?.code === "CONFIG_MISSING") {
      return {
        checks: [warning("configuration", first.message, "run `poststack init`")],
        environments: [],
        opened: undefined,
      };
    }
    const count = errorsOf(thrown).length;
    const text = `${first?.message ?? ""}${count > 1 ? ` (and ${count - 1} more)` : ""}`;
    const next = "run `poststack config validate`";
    return { checks: [failed("configuration", text, next)], environments: [], opened: undefined };
  }
  const valid = ok("configuration", `${opened.project.fileName} in ${opened.root}`);
  return { checks: [valid, ...stateChecks(opened, context), ...gitChecks(opened, context)], environments, opened };
}

function stateChecks({ root }: OpenedProject, { world }: Context): readonly Check[] {
  const path = world.stateRoot(root);
  const { exists, isWritable, mode, freeBytes } = world.machine.folder(path);
  const name = "state directory";
  if (!isWritable) {
    const next = "run Poststack as the user who owns it, or set POSTSTACK_STATE_DIR to a directory of this user";
    return [failed(name, `${path} cannot be written by ${world.machine.user.name}`, next)];
  }
  const free = `${renderBytes(freeBytes)} free`;
  const space =
    freeBytes < leastFreeBytes
      ? failed("disk", free, "make room on the disk of the state directory")
      : freeBytes < comfortableBytes
        ? warning("disk", free, "make room before the database grows")
        : ok("disk", free);
  const isOpen = mode !== undefined && (mode & 0o006) !== 0;
  const text = exists ? `${path}, mode ${(mode ?? 0).toString(8)}` : `${path}, not made yet`;
  return [isOpen ? warning(name, `${text}: others can look into it`, `chmod 700 ${path}`) : ok(name, text), space];
}

function gitChecks(opened: OpenedProject, context: Context): readonly Check[] {
  const { root, project } = opened;
  const { world } = context;
  const stateRoot = relative(root, world.stateRoot(root));
  const isInside = stateRoot !== "" && !stateRoot.startsWith("..");
  const first = [...project.environments.keys()][0] ?? "dev";
  const stateFile = isInside ? [join(stateRoot, first, "state.json")] : [];
  const secretFiles = [...project.environments.keys()]
    .filter((name) => holdsSecrets(name, opened, context))
    .map(envFileOf);
  const open = world.machine.committable(root, [...stateFile, ...secretFiles]);
  if (open === undefined) return [ok("git", "no repository here")];
  const checks = open.map((path) =>
    stateFile.includes(path)
      ? stateCheck(stateRoot, world.machine.folder(world.stateRoot(root)).exists)
      : failed(
          "git",
          `${path} holds secrets, and git takes it`,
          `add ${path} to .gitignore, and change what it holds if it was pushed`,
        ),
  );
  return checks.length === 0 ? [ok("git", "ignores state and secrets")] : checks;
}

const stateCheck = (path: string, exists: boolean): Check =>
  exists
    ? failed("git", `${path} holds passwords, and git takes it`, `add ${path}/ to .gitignore`)
    : warning("git", `${path} is not in .gitignore; it will bring its own`, `add ${path}/ to .gitignore`);

/** Whether the environment's own env file gives a value to a name that looks like a secret's. */
function holdsSecrets(name: string, { files }: OpenedProject, { world }: Context): boolean {
  try {
    const own = readEnvFiles(files, name, [], world.shell);
    return own.some(({ entries }) => [...entries].some(([key, { value }]) => looksSecret(key) && value !== ""));
  } catch {
    return false; // What is wrong with it stands in the checks of its environment.
  }
}

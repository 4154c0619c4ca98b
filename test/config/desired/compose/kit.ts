import { join } from "node:path";
import { desiredCompose } from "../../../../controller/config/desired/compose/desired.ts";
import type { ComposeResources } from "../../../../controller/config/desired/compose/resources.ts";
import { loadProject } from "../../../../controller/config/load.ts";
import { gatherProblems } from "../../../../controller/config/problems.ts";
import type { VariableSources } from "../../../../controller/config/variables.ts";
import { fileStart, renderPlace } from "../../../../controller/core/place.ts";
import type { ContainerSpec } from "../../../../controller/core/ports/container-spec.ts";
import { keyedHash, type Text } from "../../../../controller/core/secret.ts";
import { resourceId, type ResourceId } from "../../../../controller/core/id.ts";
import { projectWith } from "../../../support/project.ts";

export interface Given {
  /** Files beside `compose.yml`. */
  readonly files?: Readonly<Record<string, string>>;
  /** `deployment:` as YAML. */
  readonly deployment?: string;
  /** The other environments, as YAML. */
  readonly others?: string;
  /** What the configuration file tells everybody. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What Poststack itself says. */
  readonly injected?: Readonly<Record<string, Text>>;
  readonly shell?: Readonly<Record<string, string>>;
  readonly to?: "running" | "stopped" | "absent";
  readonly deleteData?: boolean;
  readonly after?: readonly ResourceId[];
  readonly startedAfter?: (...names: readonly string[]) => Date | undefined;
}

export interface Wish extends ComposeResources {
  readonly root: string;
  /** `what at place` */
  readonly warnings: readonly string[];
}

const after = [resourceId("database", "shop_dev")];
export const startedAt = new Date("2026-11-20T08:00:00Z");

/**
 * What `compose.yml` of environment dev in project shop asks for.
 * @throws PoststackErrors of all that is wrong
 */
export function wishOf(compose: string, given: Given = {}): Wish {
  const { files: beside, deployment = "{ compose: compose.yml }", to = "running", deleteData = false } = given;
  const config = `project: { name: shop }\nenvironments: { dev: { deployment: ${deployment} }${given.others ?? ""} }\n`;
  const { root, files } = projectWith({ ...beside, "compose.yml": compose, ".poststack.yml": config });
  const project = loadProject({ files, configFile: ".poststack.yml", shell: new Map(), chosen: "dev" });
  const environment = project.environments.get("dev");
  if (environment === undefined) throw new Error("there is no dev");
  const problems = gatherProblems();
  const warnings: string[] = [];
  const place = fileStart(".poststack.yml");
  const sources: VariableSources = {
    injected: new Map(Object.entries(given.injected ?? {})),
    written: new Map(Object.entries(given.variables ?? {}).map(([name, text]) => [name, { text, place }])),
    shell: new Map(Object.entries(given.shell ?? {})),
    envFiles: [],
  };
  const found = desiredCompose({
    source: {
      project,
      environment,
      files,
      state: { root: join(root, ".poststack"), read: () => undefined },
      startedAt,
      warn: (what, where) => warnings.push(`${what} at ${renderPlace(where)}`),
    },
    sources,
    identity: {
      mark: "mark",
      hash: (text) => keyedHash("key", text),
      shortHash: (text) => keyedHash("key", text).slice(0, 12),
    },
    problems,
    to,
    deleteData,
    after: given.after ?? after,
    startedAfter: given.startedAfter ?? (() => undefined),
  });
  problems.throwAny();
  return { ...found, root, warnings };
}

/** The spec of the only container of a service `web` with these keys, in YAML. */
export function specOf(keys: string, given: Given & { readonly beside?: string } = {}): ContainerSpec {
  const indented = keys
    .trim()
    .split("\n")
    .map((line) => `    ${line}\n`)
    .join("");
  const image = /^image:|^build:/m.test(keys) ? "" : "    image: busybox\n";
  const { container } = wishOf(`services:\n  web:\n${image}${indented}${given.beside ?? ""}`, given);
  const web = container.find(({ service }) => service === "web");
  if (web === undefined) throw new Error("there is no web");
  return web.spec;
}

import { createHash } from "node:crypto";
import { PoststackError } from "./errors.ts";
import type { ResourceId } from "./id.ts";
import type { Ports } from "./ports.ts";

// What we write on containers, networks, volumes and images, and how it is read again (RELIABILITY 8).

/** One environment as its objects on an engine tell it. */
export interface EngineProject {
  readonly project: string;
  readonly environment: string;
  /** Absolute folder of the project: what a container sees of the host besides it is a hazard. */
  readonly root: string;
  /** Absolute folder of the deploy files, for `docker compose ls`. */
  readonly workingDirectory: string;
  /** Absolute. */
  readonly configFiles: readonly string[];
}

type Labels = ReadonlyMap<string, string>;

const own = "io.poststack";
const compose = "com.docker.compose";
const workingDirectoryLabel = `${compose}.project.working_dir`;

/** The labels that decide something; the others are for people. */
export const labelNames = {
  owner: `${own}.owner`,
  resource: `${own}.resource`,
  name: `${own}.name`,
  config: `${own}.config`,
  contents: `${own}.contents`,
  bases: `${own}.bases`,
} as const;

/**
 * What stands in the owner label: 128 bits that only the owner token gives, and that do not give the token, which is the
 * key of every keyed hash beside it.
 */
export const ownerMark = (token: string): string => createHash("sha256").update(token).digest("hex").slice(0, 32);

/** What is ours in this environment; undefined before its first apply, when nothing can be. */
export function observedMark({ state }: Pick<Ports, "state">): string | undefined {
  const token = state.read()?.owner;
  return token === undefined ? undefined : ownerMark(token);
}

interface Marked {
  readonly id: ResourceId;
  readonly config: string;
  /** Without an environment: it is the project's, whichever environment made it. */
  readonly project: Pick<EngineProject, "project"> & Partial<Pick<EngineProject, "environment">>;
  /** The name of a container, which an image that is made of it does not take along: core/ownership.ts */
  readonly container?: string;
}

/**
 * Labels that make an object ours and tell people what it is. The fence says which writer made it: a later pass knows a
 * stale writer's work (RELIABILITY 30).
 */
export function ownLabels({ id, config, project, container }: Marked, ports: Pick<Ports, "state" | "server">): Labels {
  const mark = observedMark(ports);
  if (mark === undefined) throw new PoststackError("INTERNAL", { what: `${id} is made before its owner is on disk` });
  return new Map([
    [labelNames.owner, mark],
    [`${own}.project`, project.project],
    ...(project.environment === undefined ? [] : [[`${own}.environment`, project.environment] as const]),
    [labelNames.resource, id],
    ...(container === undefined ? [] : [[labelNames.name, container] as const]),
    [labelNames.config, config],
    [`${own}.fence`, String(ports.server.fence())],
  ]);
}

/** Whether it was made for the project, by whichever environment: the others need it as well. */
export const isOfProject = (labels: Labels): boolean => !labels.has(`${own}.environment`);

/** Whether labels say that it was made for this environment, whoever's they are: for people, and for a message to them. */
export const isMadeFor = (
  labels: Labels,
  { project, environment }: Pick<EngineProject, "project" | "environment">,
): boolean => labels.get(`${own}.project`) === project && labels.get(`${own}.environment`) === environment;

/** Whether a build of the project made this image, for whichever of its environments: they share what is the same. */
export const isBuiltFor = (labels: Labels, project: string): boolean =>
  labels.get(`${own}.project`) === project && labels.get(labelNames.resource)?.startsWith("image:") === true;

/** The folder of the files that a container was made from, as its labels tell it. */
export const workingDirectoryIn = (labels: Labels): string | undefined => labels.get(workingDirectoryLabel);

/** What our object of these labels is; undefined: it is not ours. Labels are input, whatever they hold (RELIABILITY 3). */
export function resourceIn(labels: Labels, mark: string | undefined): ResourceId | undefined {
  if (mark === undefined || labels.get(labelNames.owner) !== mark) return undefined;
  const resource = labels.get(labelNames.resource);
  return resource !== undefined && /^[a-z]+:./.test(resource) ? (resource as ResourceId) : undefined;
}

/**
 * Hashes of what no plan shows of a container of ours: of files by path, of secret variables by `environment/NAME`.
 * Undefined: what the labels say cannot be read (RELIABILITY 3).
 */
export function contentsIn(labels: Labels): ReadonlyMap<string, string> | undefined {
  try {
    const entries: unknown = JSON.parse(labels.get(labelNames.contents) ?? "[]");
    if (!Array.isArray(entries)) return undefined;
    return new Map(
      entries.flatMap((entry: unknown): [string, string][] =>
        Array.isArray(entry) ? [[String(entry[0]), String(entry[1])]] : [],
      ),
    );
  } catch {
    return undefined;
  }
}

/** Whether a variable of such a container was a secret when it was made; of another one's, nothing tells. */
export function isSecretVariable(labels: Labels): (name: string) => boolean {
  const contents = labels.has(labelNames.resource) ? contentsIn(labels) : undefined;
  return (name) => contents?.has(`environment/${name}`) ?? true;
}

/** The name under which Compose's own tools know the environment: `docker compose -p NAME ps`. */
export const composeProject = ({ project, environment }: EngineProject): string => `${project}-${environment}`;

/** Compose 2 shows and filters by these (github.com/docker/compose, pkg/api/labels.go). */
const composeCommon = (project: EngineProject): Labels =>
  new Map([
    [`${compose}.project`, composeProject(project)],
    [`${compose}.version`, "poststack"],
  ]);

export const composeNetworkLabels = (project: EngineProject, key: string): Labels =>
  new Map([...composeCommon(project), [`${compose}.network`, key]]);

export const composeVolumeLabels = (project: EngineProject, key: string): Labels =>
  new Map([...composeCommon(project), [`${compose}.volume`, key]]);

export interface ComposeContainer {
  readonly service: string;
  /** From 1. */
  readonly number: number;
  readonly configHash: string;
  /** One that runs to its end: Compose's lists leave it out unless they are asked for all. */
  readonly isOneOff?: boolean;
  readonly imageId?: string;
  /** `db:service_healthy:true` */
  readonly dependsOn: readonly string[];
}

export const composeContainerLabels = (project: EngineProject, container: ComposeContainer): Labels =>
  new Map([
    ...composeCommon(project),
    [`${compose}.service`, container.service],
    [`${compose}.container-number`, String(container.number)],
    [`${compose}.oneoff`, container.isOneOff === true ? "True" : "False"],
    [`${compose}.config-hash`, container.configHash],
    [`${compose}.depends_on`, container.dependsOn.join(",")],
    [workingDirectoryLabel, project.workingDirectory],
    [`${compose}.project.config_files`, project.configFiles.join(",")],
    ...(container.imageId === undefined ? [] : [[`${compose}.image`, container.imageId] as const]),
  ]);

/** What a user wrote, without what we or Compose wrote beside it. */
export const userLabels = (labels: Labels): Labels =>
  new Map([...labels].filter(([name]) => !name.startsWith(`${own}.`) && !name.startsWith(`${compose}.`)));

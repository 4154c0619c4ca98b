import type { InitConfig, JobConfig } from "../../../schema/generated/config.ts";
import { PoststackError } from "../../core/errors.ts";
import { resourceId, type ResourceId } from "../../core/id.ts";
import type { Files } from "../../core/ports/files.ts";
import type { DesiredJob } from "../../resources/job/model.ts";
import { durationMs } from "../durations.ts";
import type { Problems } from "../problems.ts";
import type { EnvironmentSource, Path } from "../source.ts";
import type { VariableSources } from "../variables.ts";
import { plainText, scopeOf, writtenOf, type Scope } from "./environment.ts";
import { folderOf } from "./folders.ts";
import type { ComposeStep, StepWishes } from "./container-jobs.ts";
import type { Identity } from "./identity.ts";
import { inputParts, variableParts } from "./job-key.ts";
import type { DesiredSource } from "./options.ts";

const defaultTimeout = "10m";

export interface InitWishes {
  readonly source: DesiredSource;
  readonly environment: EnvironmentSource;
  readonly files: Files;
  readonly sources: VariableSources;
  /** The same with what containers are told. */
  readonly sourcesInContainers: VariableSources;
  readonly identity: Identity;
  /** What every job waits for. */
  readonly after: readonly ResourceId[];
  readonly problems: Problems;
}

/** One command of one list item. */
interface Step {
  readonly name: string;
  readonly config: JobConfig;
  /** Where the job is written, and where its command is. */
  readonly path: Path;
  readonly commandPath: Path;
  /** Names of jobs of the same item. */
  readonly needs: readonly string[];
}

/** What `init:` asks for. */
export interface Init {
  readonly job: readonly DesiredJob[];
  /** What is to be over before the deployment begins: the jobs, and what ends along with them. */
  readonly over: readonly ResourceId[];
  /** What the jobs in containers need of the engine, one for each of their files. */
  readonly onEngine: readonly ComposeStep[];
}

/** The jobs of `init:`: one list item after the other, within an item as `depends_on` says. */
export async function desiredInit(wishes: InitWishes): Promise<Init> {
  const { environment, problems } = wishes;
  const init = environment.config.init ?? [];
  const names = takenNames(environment, problems);
  const items = nameSteps(init, names);
  const job: DesiredJob[] = [];
  const over: ResourceId[] = [];
  const onEngine: ComposeStep[] = [];
  let before: readonly ResourceId[] = [];
  for (const [index, steps] of items.entries()) {
    const after = [...wishes.after, ...before];
    const config = init[index] ?? {};
    const step = config.compose === undefined ? undefined : await inContainers(index, config, { ...wishes, after });
    if (step !== undefined) {
      for (const { name } of step.job) names.take(name, ["init", index, "compose"]);
      onEngine.push(step);
    }
    const onHost = steps.flatMap((one) => {
      const dependsOn = [...after, ...one.needs.map(jobId)];
      return problems.attempt(() => desiredJob(one, dependsOn, wishes)) ?? [];
    });
    job.push(...onHost, ...(step?.job ?? []));
    const ended = step?.over ?? steps.map(({ name }) => jobId(name));
    over.push(...ended);
    if (ended.length > 0) before = ended;
  }
  return { job, over, onEngine };
}

/** No job is spoken of, not even read; what its containers use stays. */
export async function skippedInit({ sourcesInContainers, ...wishes }: InitWishes): Promise<Init> {
  const stay = { ...wishes, sources: sourcesInContainers, deleteData: false, to: "stopped" } as const;
  return { job: [], over: [], onEngine: await leavingSteps(stay) };
}

/** What the steps keep on the engine: it goes with the environment, or stays with it. */
export async function leavingSteps(wishes: StepWishes): Promise<readonly ComposeStep[]> {
  const found: ComposeStep[] = [];
  for (const [index, config] of (wishes.source.environment.config.init ?? []).entries()) {
    if (config.compose === undefined) continue;
    const { composeStep } = await import("./container-jobs.ts");
    found.push(composeStep(index, config, wishes));
  }
  return found;
}

/** Most environments have no job in a container: what reads Compose files is loaded by the first that has. */
async function inContainers(index: number, config: InitConfig, wishes: InitWishes): Promise<ComposeStep> {
  const { composeStep } = await import("./container-jobs.ts");
  const { source, identity, problems, after, sourcesInContainers } = wishes;
  return composeStep(index, config, {
    source,
    identity,
    problems,
    after,
    sources: sourcesInContainers,
    deleteData: false,
    to: "running",
  });
}

const jobId = (name: string): ResourceId => resourceId("job", name);

interface TakenNames {
  readonly all: ReadonlySet<string>;
  /** One that is taken already is a problem. */
  readonly take: (name: string, path: Path) => void;
}

function takenNames(environment: EnvironmentSource, problems: Problems): TakenNames {
  const all = new Set<string>();
  const take = (name: string, path: Path): void => {
    if (all.has(name)) {
      const what = `two jobs are called \`${name}\``;
      const next = "give one of them another name: a job keeps its history under its name";
      problems.add([new PoststackError("CONFIG_CLASH", { what, where: environment.placeOf(path), next })]);
    }
    all.add(name);
  };
  return { all, take };
}

function nameSteps(init: readonly InitConfig[], { all, take }: TakenNames): Step[][] {
  return init.map(({ run, name, ...common }, index) => {
    const path = ["init", index];
    if (run === undefined) return [];
    if (Array.isArray(run)) {
      const own = name ?? free(slug(run.map(String)), all);
      take(own, [...path, "name"]);
      const commandPath = [...path, "run"];
      return [{ name: own, config: { ...common, command: run }, path, commandPath, needs: [] }];
    }
    const full = (key: string): string => (name === undefined ? key : `${name}.${key}`);
    return Object.entries(run)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, config]) => {
        const own = [...path, "run", key];
        take(full(key), own);
        const needs = (config.depends_on ?? []).map(full);
        const merged = { ...common, ...config, environment: { ...common.environment, ...config.environment } };
        return { name: full(key), config: merged, path: own, commandPath: [...own, "command"], needs };
      });
  });
}

/** A name out of the command as it is written: it stays when other items come and go before it. */
const slug = (command: readonly string[]): string =>
  command
    .join(" ")
    .replaceAll(/[^A-Za-z0-9_.]+/g, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "")
    .slice(0, 40) || "job";

function free(name: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function desiredJob(step: Step, dependsOn: readonly ResourceId[], wishes: InitWishes): DesiredJob {
  const { environment, files, identity } = wishes;
  const { startedAt } = wishes.source;
  const { name, config, path } = step;
  const place = environment.placeOf(path);
  const when = config.when ?? "on_change";
  const scope = scopeOf(
    wishes.sources,
    writtenOf(config.environment, (variable) => environment.placeOf([...path, "environment", variable])),
  );
  const { command, isPublic } = commandOf(step, scope, environment);
  const folder = folderOf(files, config.cwd ?? ".", environment.placeOf([...path, "cwd"]));
  const shown = JSON.stringify(command);
  const keyParts = new Map([
    ["command", isPublic ? shown : identity.shortHash(shown)],
    ["cwd", folder.relative],
    ...variableParts(scope, identity),
    ...inputParts(files, config.inputs ?? [], environment.placeOf([...path, "inputs"])),
  ]);
  return {
    id: jobId(name),
    name,
    command,
    cwd: folder.absolute,
    environment: scope.environment,
    when,
    key: identity.hash(JSON.stringify([...keyParts])),
    keyParts,
    timeoutMs: durationMs(config.timeout ?? defaultTimeout, environment.placeOf([...path, "timeout"])),
    ...(when === "always" ? { startedAfter: startedAt } : {}),
    dependsOn,
    place,
  };
}

interface Command {
  readonly command: readonly [string, ...string[]];
  readonly isPublic: boolean;
}

function commandOf({ config, commandPath }: Step, { variables }: Scope, environment: EnvironmentSource): Command {
  const words = config.command.map((word, index) =>
    plainText(variables, { text: String(word), place: environment.placeOf([...commandPath, index]) }),
  );
  const [program = "", ...args] = words.map(({ value }) => value);
  return { command: [program, ...args], isPublic: words.every((word) => word.isPublic) };
}

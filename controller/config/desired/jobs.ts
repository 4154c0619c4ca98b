import type { InitConfig, JobConfig } from "../../../schema/generated/config.ts";
import { PoststackError } from "../../core/errors.ts";
import { resourceId, type ResourceId } from "../../core/id.ts";
import type { Files } from "../../core/ports/files.ts";
import { Secret } from "../../core/secret.ts";
import type { DesiredJob } from "../../resources/job/model.ts";
import { durationMs } from "../durations.ts";
import { hashInputs } from "../inputs.ts";
import { atPlace, type Problems } from "../problems.ts";
import type { EnvironmentSource, Path } from "../source.ts";
import type { VariableSources } from "../variables.ts";
import { plainText, scopeOf, writtenOf, type Scope } from "./environment.ts";
import { folderOf } from "./folders.ts";
import type { Identity } from "./identity.ts";

const defaultTimeout = "10m";

export interface JobWishes {
  readonly environment: EnvironmentSource;
  readonly files: Files;
  readonly sources: VariableSources;
  readonly identity: Identity;
  readonly startedAt: Date;
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

/** The jobs of `init:`: one list item after the other, within an item as `depends_on` says. */
export function desiredJobs(wishes: JobWishes): readonly DesiredJob[] {
  const { environment, problems } = wishes;
  const items = nameSteps(environment.config.init ?? [], environment, problems);
  const jobs: DesiredJob[] = [];
  let before: readonly ResourceId[] = [];
  for (const steps of items) {
    for (const step of steps) {
      const dependsOn = [...wishes.after, ...before, ...step.needs.map(jobId)];
      const job = problems.attempt(() => desiredJob(step, dependsOn, wishes));
      if (job !== undefined) jobs.push(job);
    }
    if (steps.length > 0) before = steps.map(({ name }) => jobId(name));
  }
  return jobs;
}

const jobId = (name: string): ResourceId => resourceId("job", name);

function nameSteps(init: readonly InitConfig[], environment: EnvironmentSource, problems: Problems): Step[][] {
  const taken = new Set<string>();
  const unique = (name: string, path: Path): void => {
    if (taken.has(name)) {
      throw new PoststackError("CONFIG_CLASH", {
        what: `two jobs are called \`${name}\``,
        where: environment.placeOf(path),
        next: "give one of them another name: a job keeps its history under its name",
      });
    }
    taken.add(name);
  };
  return init.map(({ run, name, ...common }, index) => {
    const path = ["init", index];
    if (run === undefined) return [];
    if (Array.isArray(run)) {
      const own = name ?? free(slug(run.map(String)), taken);
      problems.attempt(() => unique(own, [...path, "name"]));
      const commandPath = [...path, "run"];
      return [{ name: own, config: { ...common, command: run }, path, commandPath, needs: [] }];
    }
    const full = (key: string): string => (name === undefined ? key : `${name}.${key}`);
    return Object.entries(run)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, config]) => {
        const own = [...path, "run", key];
        problems.attempt(() => unique(full(key), own));
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

function desiredJob(step: Step, dependsOn: readonly ResourceId[], wishes: JobWishes): DesiredJob {
  const { environment, files, identity, startedAt } = wishes;
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
    ...inputParts(files, config.inputs ?? [], environment, path),
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

/**
 * What the user gives it. Neither what Poststack injects nor what is made of a secret: a new port or a rotated password
 * is no reason to seed a database again.
 */
const variableParts = ({ own }: Scope, { shortHash }: Identity): readonly [string, string][] =>
  [...own].flatMap(([name, { value, isPublic, isInjected }]): [string, string][] => {
    if (isInjected || value instanceof Secret) return [];
    return [[`variables/${name}`, isPublic ? value : shortHash(value)]];
  });

function inputParts(
  files: Files,
  inputs: readonly string[],
  environment: EnvironmentSource,
  path: Path,
): readonly [string, string][] {
  const where = environment.placeOf([...path, "inputs"]);
  const hashes = atPlace(where, () => hashInputs(files, inputs, where));
  return [...hashes].map(([input, hash]) => [`inputs/${input}`, hash]);
}

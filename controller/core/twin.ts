import { isMadeFor, observedMark, resourceIn, workingDirectoryIn, type EngineProject } from "./engine-labels.ts";
import type { ErrorFacts } from "./errors.ts";
import type { ForeignKind, Named } from "./foreign-objects.ts";
import type { Ports } from "./ports.ts";

/**
 * What has the labels of this environment and not the mark of its state: somebody applies a copy of the project's folder,
 * or the state is lost. The engine cannot tell the one from the other; the folder does, where a container is left.
 */
export interface Twin {
  /** Of the files that it was made from. */
  readonly folder?: string;
}

type Project = Pick<EngineProject, "project" | "environment">;

/** @param labels of what is not ours; undefined: nor is it of an environment of this name */
export function twinIn(labels: ReadonlyMap<string, string>, project: Project): Twin | undefined {
  if (!isMadeFor(labels, project)) return undefined;
  const folder = workingDirectoryIn(labels);
  return folder === undefined ? {} : { folder };
}

/** The same of a network or a volume: which folder it is from, only a container tells. */
export async function twinOf(
  labels: ReadonlyMap<string, string>,
  project: Project,
  ports: Pick<Ports, "containers" | "state">,
  signal: AbortSignal,
): Promise<Twin | undefined> {
  const twin = twinIn(labels, project);
  if (twin === undefined) return undefined;
  const { folder } = (await runningTwin(project, ports, signal)) ?? twin;
  return folder === undefined ? {} : { folder };
}

/** What another folder, or a state that is lost, has on the engine under the name of this environment. */
export async function runningTwin(
  project: Project,
  ports: Pick<Ports, "containers" | "state">,
  signal: AbortSignal,
): Promise<(Twin & { readonly containers: readonly string[] }) | undefined> {
  const mark = observedMark(ports);
  const found = (await ports.containers.containers(signal)).filter(
    ({ labels }) => isMadeFor(labels, project) && resourceIn(labels, mark) === undefined,
  );
  if (found.length === 0) return undefined;
  const folder = found.map(({ labels }) => workingDirectoryIn(labels)).find((one) => one !== undefined);
  const containers = found.map(({ names, id }) => names[0] ?? id).sort();
  return { containers, ...(folder === undefined ? {} : { folder }) };
}

/** Whether it was made from another folder than this one; undefined: nothing tells. */
export const isElsewhere = ({ folder }: Twin, { workingDirectory }: EngineProject): boolean | undefined =>
  folder === undefined ? undefined : folder !== workingDirectory;

/** An object of a twin is in the way. */
export function takenByTwin(kind: ForeignKind, { name, place }: Named, twin: Twin, project: EngineProject): ErrorFacts {
  const { what, next } = wordsOf(twin, project);
  return {
    code: "NAME_TAKEN",
    what: `${kind} "${name}" ${what}`,
    ...(place === undefined ? {} : { where: place }),
    next,
  };
}

/** Predicate of a sentence, and what a person can do: the same for whatever is in the way. */
export function wordsOf(twin: Twin, project: EngineProject): { readonly what: string; readonly next: string } {
  const { environment } = project;
  const rename = "give this copy a `project.name` of its own";
  const bringBack = `bring back .poststack/${environment}, any copy of it`;
  switch (isElsewhere(twin, project)) {
    case true:
      return {
        what: `belongs to ${environment} of the same project in ${twin.folder ?? ""}`,
        next: `${rename}, or work in that folder`,
      };
    case false:
      return { what: `was made from this folder, and its state no longer knows of it`, next: bringBack };
    default:
      return {
        what: `was made for ${environment} of project "${project.project}", from another folder or with a state that is gone`,
        next: `if this is a copy of a project, ${rename}; if the state is lost, ${bringBack}`,
      };
  }
}

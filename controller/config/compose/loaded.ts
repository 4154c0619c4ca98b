import { renderPlace, type Place } from "../../core/place.ts";
import type { Path } from "../source.ts";
import { placeOf, type MapTree } from "../tree.ts";
import type { ComposeProject } from "./model.ts";
import type { ComposeWarning } from "./report.ts";

/** Compose files as one project, with all that can be told about it. */
export interface LoadedCompose {
  readonly project: ComposeProject;
  readonly warnings: readonly ComposeWarning[];
  /** Where the value at a path of the project was written, or the nearest thing around it: `["services", "web", "image"]`. */
  readonly placeOf: (path: Path) => Place;
  /** Variables and env files that have a part in the value at a path. */
  readonly sourcesAt: (path: Path) => ReadonlySet<string>;
}

/** The same as data. */
export interface ReadCompose extends Pick<LoadedCompose, "project" | "warnings"> {
  /** What the project was read from, with the place of every value. */
  readonly document: MapTree;
  /** Variables and env files by the place at which something of theirs stands. */
  readonly sources: ReadonlyMap<string, ReadonlySet<string>>;
}

export function loadedFrom({ project, warnings, document, sources }: ReadCompose): LoadedCompose {
  const locate = (path: Path): Place => placeOf(document, document.place, path);
  return {
    project,
    warnings,
    placeOf: locate,
    sourcesAt: (path) => sources.get(renderPlace(locate(path))) ?? new Set(),
  };
}

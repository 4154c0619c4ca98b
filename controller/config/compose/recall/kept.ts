import { renderPlace, type Place } from "../../../core/place.ts";
import type { Path } from "../../source.ts";
import type { LoadedCompose, ReadCompose } from "../loaded.ts";
import type { ComposeProject } from "../model.ts";
import type { ComposeWarning } from "../report.ts";
import { placeAt, placesOf, type Places } from "./places.ts";
import { packed, unpacked, type Json } from "./values.ts";

/** A project that was read, as JSON. */
interface Kept {
  readonly project: Json;
  readonly warnings: readonly ComposeWarning[];
  readonly places: Places;
  readonly sources: readonly (readonly [string, readonly string[]])[];
}

/** Undefined: it holds a secret, which is kept nowhere. */
export function textOf({ project, warnings, document, sources }: ReadCompose): string | undefined {
  try {
    const kept: Kept = {
      project: packed(project),
      warnings,
      places: placesOf(document),
      sources: Array.from(sources, ([place, names]) => [place, [...names]]),
    };
    return JSON.stringify(kept);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

export function loadedFromText(text: string): LoadedCompose {
  const { project, warnings, places, sources } = JSON.parse(text) as Kept;
  const byPlace = new Map(sources.map(([place, names]) => [place, new Set(names)]));
  const placeOf = (path: Path): Place => placeAt(places, path);
  return {
    project: unpacked(project) as ComposeProject,
    warnings,
    placeOf,
    sourcesAt: (path) => (byPlace.size === 0 ? none : (byPlace.get(renderPlace(placeOf(path))) ?? none)),
  };
}

const none: ReadonlySet<string> = new Set();

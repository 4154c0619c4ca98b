import type { Desired } from "../resources/index.ts";
import type { Outline } from "../resources/outline.ts";
import { thorough } from "../resources/thorough.ts";

/** What an image is built from. */
export interface BuildContext {
  /** Absolute. */
  readonly folder: string;
  /** From the folder or absolute; absent: its text stands in the files. */
  readonly dockerfile?: string;
  /** Absolute folders in it that are not sent. */
  readonly except: readonly string[];
}

/**
 * Every folder that something is built from, with each of its Dockerfiles.
 *
 * @param except what no build is sent
 */
export function buildContexts(desired: Desired | undefined, except: readonly string[]): readonly BuildContext[] {
  const found = new Map<string, BuildContext>();
  for (const wish of desired?.resources.image ?? []) {
    if (!("source" in wish) || wish.source.type !== "build") continue;
    const { context: folder, dockerfile = "Dockerfile", dockerfileText } = wish.source.build;
    const context = dockerfileText === undefined ? { folder, dockerfile, except } : { folder, except };
    found.set(JSON.stringify(context), context);
  }
  return [...found.values()];
}

/** The same wish, looking also for what only an inspect call shows. */
export const lookingThoroughly = <T extends Desired | Outline>(desired: T): T => ({
  ...desired,
  resources: thorough(desired.resources),
});

import type { Tree } from "../tree.ts";
import { itemsAt } from "./trees.ts";

/** The profiles that a service belongs to; none: it always runs. */
export const profilesOf = (service: Tree): readonly string[] =>
  itemsAt(service, "profiles").flatMap((item) => (item.type === "scalar" ? [item.text] : []));

/** Whether a service takes part: it has no profile, or one that is asked for; `*` asks for all. */
export function isActive(service: Tree, asked: ReadonlySet<string>): boolean {
  const profiles = profilesOf(service);
  return profiles.length === 0 || asked.has("*") || profiles.some((profile) => asked.has(profile));
}

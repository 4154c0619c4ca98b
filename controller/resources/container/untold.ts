import type { Drift } from "../../core/drift.ts";
import { composeName } from "./compose-names.ts";

/**
 * The drift that says why a container is made anew. That it is, the labels say. What an engine does not tell of a container
 * differs from every wish: it is a reason only where nothing else is.
 *
 * @param untold names of fields as the port has them
 */
export function explaining(drift: readonly Drift[], untold: ReadonlySet<string> = new Set()): readonly Drift[] {
  const hidden = [...untold].map(composeName);
  const seen = drift.filter(({ field }) => !hidden.some((one) => field === one || field.startsWith(`${one}.`)));
  return seen.length === 0 ? drift : seen;
}

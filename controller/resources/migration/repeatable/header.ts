import type { Place } from "../../../core/place.ts";
import { fileSetting } from "../file-settings.ts";
import { isAllowance } from "../text.ts";

interface RepeatableHeaders {
  readonly after: readonly string[];
  /** The first header that means nothing here. */
  readonly unknown?: { readonly text: string; readonly place: Place };
}

/**
 * `-- poststack: after NAME …` among the comments at the top. What a file sets for itself stands there, too, as in a version
 * (text.ts).
 */
export function repeatableHeaders(text: string, file: string): RepeatableHeaders {
  const after: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (!/^\s*(?:--|$)/.test(line)) break;
    const [, value] = /^\s*--\s*poststack\s*:\s*(.*?)\s*$/i.exec(line) ?? [];
    if (value === undefined || isAllowance.test(value) || fileSetting(value, index + 1) !== undefined) continue;
    const [word, ...names] = value.split(/[\s,]+/);
    if (word !== "after" || names.length === 0) {
      return { after, unknown: { text: value, place: { file, line: index + 1, column: line.indexOf("-") + 1 } } };
    }
    after.push(...names.map((name) => name.replace(/\.sql$/, "")));
  }
  return { after };
}

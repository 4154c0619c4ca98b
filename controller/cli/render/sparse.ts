import type { ResourceId } from "../../core/id.ts";
import type { EngineEvent } from "../../engine/events.ts";

type Progress = Extract<EngineEvent, { readonly type: "progress" }>;

/** Between two lines about one action, in milliseconds (RELIABILITY 31). */
const betweenMs = 30_000;

/** Which lines of progress are worth one of their own, where no line replaces another. */
export interface Sparse {
  readonly begins: (id: ResourceId) => void;
  readonly ends: (id: ResourceId) => void;
  readonly admits: (event: Progress) => boolean;
}

/** Who is waited for is told as soon as that is known; else a word now and then shows that a long action goes on. */
export function sparse(nowMs: () => number): Sparse {
  const heard = new Map<ResourceId, { readonly atMs: number; readonly waitsFor: string | undefined }>();
  return {
    begins: (id) => void heard.set(id, { atMs: nowMs(), waitsFor: undefined }),
    ends: (id) => void heard.delete(id),
    admits({ id, waitsFor }) {
      const before = heard.get(id) ?? { atMs: nowMs(), waitsFor: undefined };
      const isNews = waitsFor !== undefined && waitsFor !== before.waitsFor;
      const isDue = nowMs() - before.atMs >= betweenMs;
      heard.set(id, isNews || isDue ? { atMs: nowMs(), waitsFor: waitsFor ?? before.waitsFor } : before);
      return isNews || isDue;
    },
  };
}

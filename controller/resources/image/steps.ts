/** Counts the steps of a build by what it says, and how many of them came from the cache. */
export interface BuildSteps {
  readonly hear: (line: string) => void;
  /** `5 steps, 3 from the cache`; undefined: it said nothing of steps. */
  readonly text: () => string | undefined;
}

/** BuildKit: `[2/5] RUN make`, `CACHED [build 2/5] RUN make`. */
const buildKitStep = /^(CACHED )?(\[(?:\S+ )?\d+\/\d+\])/;
/** The classic builder and Podman's: `Step 2/5 : RUN make`, `STEP 2/5: RUN make`. */
const classicStep = /^step (\d+\/\d+)\s*:/i;
const classicHit = /^\s*-+> Using cache/i;

export function buildSteps(): BuildSteps {
  const steps = new Set<string>();
  const cached = new Set<string>();
  let last = "";
  return {
    hear(line) {
      const [, isCached, name] = buildKitStep.exec(line) ?? [];
      const step = name ?? classicStep.exec(line)?.[1];
      if (step !== undefined) steps.add((last = step));
      if ((step !== undefined && isCached !== undefined) || classicHit.test(line)) cached.add(last);
    },
    text() {
      if (steps.size === 0) return undefined;
      const from = cached.size === 0 ? "none" : cached.size === steps.size ? "all" : String(cached.size);
      return `${steps.size} ${steps.size === 1 ? "step" : "steps"}, ${from} from the cache`;
    },
  };
}

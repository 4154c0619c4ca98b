import type { Contender, Rounds, Sample } from "./measure.ts";
import type { Engine } from "./engine.ts";
import type { Server } from "./server.ts";

/** One question of the benchmark: ours against what a person would use instead, and the ratio that is aimed at. */
export interface Case {
  /** What `--only` takes. */
  readonly id: string;
  readonly title: string;
  /** Ours may take so many times as long as the other. */
  readonly goal: number;
  readonly rounds: Rounds;
  readonly set: (stage: Stage) => Promise<Setting>;
}

/** What a case is given. What it makes in its folder is removed afterwards. */
export interface Stage {
  readonly folder: string;
  /** For the code cache. */
  readonly home: string;
  readonly server: Server;
  /** Started when the first case asks, and shared. @throws Missing where there can be none */
  readonly engine: () => Promise<Engine>;
}

export interface Samples {
  readonly ours: readonly Sample[];
  readonly other: readonly Sample[];
}

export interface Setting {
  readonly ours: Contender;
  readonly other: Contender;
  /** Facts to be told beside the times, found out when the race is over. */
  readonly facts?: (samples: Samples) => Promise<readonly string[]>;
  /** Ends what the case has started. */
  readonly end?: () => void;
}

/** A competitor that is not on this machine: the case is left out, loudly. */
export class Missing extends Error {}

import type { Hazard } from "../../../core/action.ts";
import type { ErrorFacts } from "../../../core/errors.ts";
import type { StatementImpact } from "../../../core/impact.ts";
import type { Suspicion } from "../lint/examine.ts";
import type { PendingFacts } from "../model.ts";

/** A repeatable file as it ran last. */
export interface RepeatedRow {
  readonly name: string;
  readonly checksum: string;
}

/** What the text of a repeatable file shows before it runs. */
export interface RepeatFacts {
  readonly hazards: readonly Hazard[];
  /** Why it cannot run. */
  readonly error?: ErrorFacts;
  readonly names: Names;
  /** As which it asks to run. */
  readonly role?: PendingFacts["role"];
  /** What the rules find in it; of a database that nobody uses yet nothing. */
  readonly suspicions?: readonly Suspicion[];
  /** What each of its statements does to what is there now. */
  readonly statements?: readonly StatementImpact[];
}

/** What a text makes and what that needs, as keys by which two texts can be put in order. */
export interface Names {
  readonly defined: ReadonlySet<string>;
  readonly used: ReadonlySet<string>;
  /** Words in bodies that the server reads when they run: hardly needed before, and only where nothing speaks against it. */
  readonly mentioned: ReadonlySet<string>;
}

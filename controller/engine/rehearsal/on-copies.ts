import { fromFacts, PoststackError } from "../../core/errors.ts";
import type { Rehearsal } from "../../core/rehearsal.ts";
import type { EnginePorts } from "../converge.ts";
import type { Seen } from "../look.ts";
import { beside, type Original } from "./beside.ts";
import type { Copy } from "./copy.ts";
import { onTemporaryServer } from "./temporary.ts";

type Place = Pick<Rehearsal, "on" | "because">;

export interface Copies {
  /** Where the copies were. */
  readonly place: () => Place;
  readonly withCopy: <T>(run: (copy: Copy) => Promise<T>) => Promise<T>;
}

/**
 * Copies of the schema: beside the environment's database, or where that cannot be, on a server of their own.
 *
 * @param because why it cannot be; undefined: as far as is known it can
 */
export function onCopies(
  original: Original,
  because: string | undefined,
  seen: Seen,
  ports: EnginePorts,
  signal: AbortSignal,
): Copies {
  let place: Place = because === undefined ? { on: "server" } : { on: "temporary-server", because };
  return {
    place: () => place,
    async withCopy(run) {
      if (place.on === "server") {
        try {
          return await beside(original, ports, signal, run);
        } catch (error) {
          if (!(error instanceof PoststackError) || error.code !== "NOT_PERMITTED") throw error;
          place = { on: "temporary-server", because: error.facts.what };
        }
      }
      const { because: reason } = place;
      return onTemporaryServer(original, seen, ports, signal, run).catch((error: unknown) => {
        throw forRehearsal(error, reason);
      });
    },
  };
}

/** Nobody has asked for such a server by name: why there has to be one. */
function forRehearsal(error: unknown, because = ""): unknown {
  if (!(error instanceof PoststackError) || !error.code.startsWith("POSTGRES_")) return error;
  const details = [...(error.facts.details ?? []), `a rehearsal needs a temporary server here: ${because}`];
  return fromFacts({ ...error.facts, details }, { cause: error });
}

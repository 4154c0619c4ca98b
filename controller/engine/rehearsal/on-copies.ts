import { fromFacts, PoststackError } from "../../core/errors.ts";
import type { Rehearsal } from "../../core/rehearsal.ts";
import type { EnginePorts } from "../converge.ts";
import type { Seen } from "../look.ts";
import { beside, type Original } from "./beside.ts";
import type { Copy } from "./copy.ts";
import { originOf } from "./origin.ts";
import { onTemporaryServer } from "./temporary.ts";

type Place = Pick<Rehearsal, "on" | "because" | "image">;

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
  let place: Place = { on: "server" };
  let reason = because;
  const onTemporary = async <T>(why: string, run: (copy: Copy) => Promise<T>): Promise<T> => {
    const origin = await originOf(seen, ports, signal);
    const reasons = origin.insteadOf === undefined ? why : `${why}; ${origin.insteadOf}`;
    place = { on: "temporary-server", because: reasons, ...origin.told };
    return onTemporaryServer(original, seen, origin, ports, signal, run).catch((error: unknown) => {
      throw forRehearsal(error, reasons);
    });
  };
  return {
    place: () => place,
    async withCopy(run) {
      if (reason !== undefined) return onTemporary(reason, run);
      try {
        return await beside(original, ports, signal, run);
      } catch (error) {
        if (!(error instanceof PoststackError) || error.code !== "NOT_PERMITTED") throw error;
        reason = error.facts.what;
        return onTemporary(reason, run);
      }
    },
  };
}

/** Nobody has asked for such a server by name: why there has to be one. */
function forRehearsal(error: unknown, because: string): unknown {
  if (!(error instanceof PoststackError) || !/^(?:POSTGRES_|EXTENSION_MISSING$)/.test(error.code)) return error;
  const details = [...(error.facts.details ?? []), `a rehearsal needs a temporary server here: ${because}`];
  return fromFacts({ ...error.facts, details }, { cause: error });
}

import type { ErrorFacts } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";

interface NamedVolume {
  readonly name: string;
  readonly place?: Place;
}

/** Known when it is looked, and again when the engine answers a creation with somebody else's volume (RELIABILITY 9). */
export const nameTaken = ({ name, place }: NamedVolume): ErrorFacts => ({
  code: "NAME_TAKEN",
  what: `a volume "${name}" is there already, and Poststack did not make it for this environment`,
  ...(place === undefined ? {} : { where: place }),
  next: "give the volume another `name:`, or call it `external: true` to use it as it is",
});

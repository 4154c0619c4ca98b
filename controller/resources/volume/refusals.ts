import { nameTaken as taken } from "../../core/foreign-objects.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";

/** Known when it is looked, and again when the engine answers a creation with somebody else's volume (RELIABILITY 9). */
export const nameTaken = (volume: { readonly name: string; readonly place?: Place }): ErrorFacts =>
  taken("volume", volume, "give the volume another `name:`, or call it `external: true` to use it as it is");

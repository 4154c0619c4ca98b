// What a program that embeds Poststack may use. Everything else is internal and may change.
export type { AnyAction, Facts, Hazard } from "./core/action.ts";
export { errorCodes, PoststackError, PoststackErrors } from "./core/errors.ts";
export type { ErrorClass, ErrorCode, ErrorFacts } from "./core/errors.ts";
export type { ResourceId } from "./core/id.ts";
export type { Place } from "./core/place.ts";
export { isSettled } from "./core/plan.ts";
export type { Deferred, Plan, PublicAction } from "./core/plan.ts";
export { renderPlan } from "./core/render.ts";

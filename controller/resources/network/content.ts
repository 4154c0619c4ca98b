import type { Content, Fact } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { NetworkAction } from "./model.ts";

/** Which network of the engine goes does not count: its id is another one on each machine. */
export function content(action: NetworkAction): Content {
  switch (action.verb) {
    case "create":
    case "replace": {
      const { name, spec } = action.desired;
      return { facts: { name, spec: spec as unknown as Fact } };
    }
    case "delete":
      return { facts: { name: action.old.name, isMerged: action.into !== undefined } };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

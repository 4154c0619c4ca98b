import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { ImageAction } from "./model.ts";

export function content(action: ImageAction): Content {
  switch (action.verb) {
    case "pull": {
      const { pull, platform } = action.source;
      return { facts: { reference: action.desired.reference, pull, platform } };
    }
    case "build": {
      const { build, when } = action.source;
      const { target, platform, noCache, pull } = build;
      return {
        facts: {
          reference: action.desired.reference,
          when,
          target,
          platform,
          noCache,
          pull,
          inputs: action.key.inputs,
        },
        keyed: new Map([["settings", action.key.config]]),
      };
    }
    case "delete":
      return { facts: action.image };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

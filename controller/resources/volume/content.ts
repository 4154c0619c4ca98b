import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { VolumeAction } from "./model.ts";

export function content(action: VolumeAction): Content {
  switch (action.verb) {
    case "create": {
      const { name, spec, config } = action.desired;
      const { driver, driverOptions, labels } = spec;
      // Options may hold the password of a network share.
      const names = [...(driverOptions ?? [])].map(([option]) => option).sort();
      return { facts: { name, driver, labels, names }, keyed: new Map([["spec", config]]) };
    }
    case "delete":
      return { facts: { name: action.volume.name } };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

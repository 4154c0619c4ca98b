import type { Ports } from "../../core/ports.ts";
import { done, type Result } from "../../core/resource.ts";
import type { ExtensionAction } from "./model.ts";

export function apply(_action: ExtensionAction, _ports: Ports, _signal: AbortSignal): Promise<Result> {
  return Promise.resolve(done);
}

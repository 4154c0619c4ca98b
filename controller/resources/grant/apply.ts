import type { Ports } from "../../core/ports.ts";
import { done, type Result } from "../../core/resource.ts";
import type { GrantAction } from "./model.ts";

export function apply(_action: GrantAction, _ports: Ports, _signal: AbortSignal): Promise<Result> {
  return Promise.resolve(done);
}

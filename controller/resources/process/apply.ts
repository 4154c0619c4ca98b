import { fromFacts } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { ProcessRecord } from "../../core/ports/host.ts";
import { done, type Result } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { ProcessAction } from "./model.ts";
import { replaceProcess, startProcess } from "./start.ts";

export function apply(action: ProcessAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "start":
      return startProcess(action.desired, ports, signal);
    case "replace":
      return replaceProcess(action.desired, action.record, ports, signal);
    case "stop":
    case "delete":
      return stopProcess(action.record, ports, signal);
    case "refuse":
      return Promise.reject(fromFacts(action.error));
    default:
      return unreachable(action);
  }
}

async function stopProcess(record: ProcessRecord, ports: Ports, signal: AbortSignal): Promise<Result> {
  await ports.host.stop(record, signal);
  return done;
}

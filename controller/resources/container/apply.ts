import { fromFacts } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import { done, type Result } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import { putAside } from "./aside.ts";
import { dueOf } from "./due.ts";
import { create } from "./create.ts";
import type { ContainerAction } from "./model.ts";
import { repair } from "./repair.ts";
import { replace } from "./replace.ts";
import { remove, start, stop } from "./run.ts";

export async function apply(action: ContainerAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  const due = await dueOf(action, ports, signal);
  return due === undefined ? { note: "its image is the same one" } : carryOut(due, ports, signal);
}

async function carryOut(action: ContainerAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "create": {
      const made = await create(action.desired, action.desired.name, [], ports, signal);
      return start(action.desired, made, ports, signal);
    }
    case "start":
      await repair(action, ports, signal);
      return start(action.desired, action.current, ports, signal);
    case "restart":
      await repair(action, ports, signal);
      await stop(action.current, action.desired.preStop, ports, signal);
      return start(action.desired, action.current, ports, signal);
    case "update":
      await repair(action, ports, signal);
      return done;
    case "replace":
      return replace(action, ports, signal);
    case "stop":
      await stop(action.current, action.preStop, ports, signal);
      if (action.aside !== undefined) await putAside(action.current, action.aside, true, [], ports, signal);
      return done;
    case "delete":
      await stop(action.current, action.preStop, ports, signal);
      await remove(action.current, ports, signal);
      return done;
    case "refuse":
      throw fromFacts(action.error);
    default:
      return unreachable(action);
  }
}

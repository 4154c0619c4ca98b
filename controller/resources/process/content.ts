import type { Probe } from "../../core/ports/host.ts";
import type { Content } from "../../core/resource.ts";
import { keyedHash } from "../../core/secret.ts";
import { unreachable } from "../../core/unreachable.ts";
import { isSecretField } from "./fields.ts";
import type { DesiredProcess, ProcessAction } from "./model.ts";

/** Which process it replaces or ends does not count: one that died and came back by itself is the same to a person. */
export function content(action: ProcessAction): Content {
  switch (action.verb) {
    case "start":
    case "replace":
      return processContent(action.desired);
    case "stop":
    case "delete": {
      const { running, stopSignal, stopGraceMs } = action.record;
      return { facts: { running, stopSignal, stopGraceMs } };
    }
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

function processContent(desired: DesiredProcess): Content {
  const { command, fields, ready, readyTimeoutMs, stopGraceMs, configHash } = desired;
  const secret = [...fields].filter(([field]) => isSecretField(field));
  return {
    facts: {
      command,
      fields: new Map([...fields].filter(([field]) => !isSecretField(field))),
      names: secret.map(([field]) => field).sort(),
      ready: ready === undefined ? undefined : publicProbe(ready),
      readyTimeoutMs,
      stopGraceMs,
    },
    keyed: new Map([
      ...secret,
      // The hash of its configuration is made with the owner token, so who has no state cannot guess with it.
      ...(ready === undefined ? [] : [["ready", keyedHash(configHash, JSON.stringify(ready))] as const]),
    ]),
  };
}

/** What is asked, without the words that a variable of the shell may have gone into. */
function publicProbe(probe: Probe) {
  switch (probe.type) {
    case "http":
      return { type: probe.type, at: new URL(probe.url).origin };
    case "tcp":
      return { type: probe.type, at: `${probe.host}:${probe.port}` };
    case "command":
      return { type: probe.type, at: probe.command[0] };
    default:
      return unreachable(probe);
  }
}

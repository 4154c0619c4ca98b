import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { ContainerJob, HostJob, JobAction, JobContainer } from "./model.ts";

const variables = "variables/";
const inputs = "inputs/";

export function content(action: JobAction): Content {
  switch (action.verb) {
    case "run":
      return action.desired.container === undefined ? onHost(action.desired) : inContainer(action.desired);
    case "start":
      return containerContent(action.desired.container);
    case "end":
      return { facts: action.desired.container.name };
    default:
      return unreachable(action);
  }
}

/**
 * The key's parts hold a public text as it is, and any other as a keyed hash: one that is the very text is public.
 * Injected variables and secrets are in neither: a rotated password makes no other plan. Nor is the moment since when a
 * run counts, which is another one in each command.
 */
function onHost(desired: HostJob): Content {
  const { command, environment, keyParts, timeoutMs, when } = desired;
  const mayShowCommand = isCommandPublic(desired);
  const own = [...keyParts].filter(([part]) => part.startsWith(variables));
  const isPublic = ([part, text]: readonly [string, string]): boolean =>
    environment.get(part.slice(variables.length)) === text;
  return {
    facts: {
      command: mayShowCommand ? command : undefined,
      cwd: keyParts.get("cwd"),
      timeoutMs,
      when,
      variables: new Map(own.map((one) => [one[0], isPublic(one) ? one[1] : undefined])),
      names: own.map(([part]) => part).sort(),
      inputs: new Map([...keyParts].filter(([part]) => part.startsWith(inputs))),
    },
    keyed: new Map([
      ...own.filter((one) => !isPublic(one)),
      ...(mayShowCommand ? [] : [["command", keyParts.get("command") ?? ""] as const]),
    ]),
  };
}

/** Parts of the key are keyed hashes, but for those of inputs. Which image it is shows only when it runs. */
function inContainer({ container, keyParts, timeoutMs, when, helpers }: ContainerJob): Content {
  const { facts, keyed = new Map<string, string>() } = containerContent(container);
  const isInput = ([part]: readonly [string, string]): boolean => part.startsWith(inputs);
  return {
    facts: {
      container: facts,
      timeoutMs,
      when,
      helpers: helpers.map(({ helper, condition }) => `${helper.id} ${condition}`).sort(),
      parts: [...keyParts.keys()].sort(),
      inputs: new Map([...keyParts].filter(isInput)),
    },
    keyed: new Map([...keyed, ...[...keyParts].filter((one) => !isInput(one))]),
  };
}

const containerContent = ({ name, spec, files, config, hostPaths = [] }: JobContainer): Content => ({
  facts: {
    name,
    image: spec.image,
    files: files.map(({ path }) => path).sort(),
    // What was agreed to was agreed to with where a link led.
    ...(hostPaths.length === 0 ? {} : { hostPaths }),
  },
  keyed: new Map([["configuration", config]]),
});

/** Whether nothing but what the files say in plain text is in the command. */
export const isCommandPublic = ({ command, keyParts }: HostJob): boolean =>
  keyParts.get("command") === JSON.stringify(command);

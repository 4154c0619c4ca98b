import { PoststackError } from "../../core/errors.ts";
import { labelNames } from "../../core/engine-labels.ts";
import type { Claim } from "../../core/ownership.ts";
import type { Ports } from "../../core/ports.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import type { BindMount, PublishedPort } from "../../core/ports/container-spec.ts";
import { proxies } from "../../core/port-proxies.ts";
import { portsOverlap } from "./host-ports.ts";
import type { ContainerAction, DesiredContainer, ObservedContainer, ObservedMachine } from "./model.ts";
import { portText } from "./notation.ts";

// What a plan tells of this machine where the engine is on it. It warns and refuses nothing: the engine may see another
// part of the machine (Docker Desktop's is in a virtual machine, and a command in a container has ports and files of its
// own), and a program may end before the start.

export const isContainer = (one: ObservedContainer | ObservedMachine): one is ObservedContainer => "summary" in one;

export const isMachine = (one: ObservedContainer | ObservedMachine): one is ObservedMachine => "machine" in one;

/** Asked only for what is to start: a pass that has nothing to do asks nothing. */
export async function observeMachine(
  desired: readonly DesiredContainer[],
  own: readonly Claim[],
  containers: readonly ContainerSummary[],
  ports: Pick<Ports, "containers" | "host" | "files">,
  signal: AbortSignal,
): Promise<readonly ObservedMachine[]> {
  const wishes = new Map(desired.map((one) => [one.id, one]));
  const done = new Set(
    own.flatMap(({ resource, summary }) => {
      const wish = wishes.get(resource);
      return wish !== undefined && isDone(summary, wish) ? [resource] : [];
    }),
  );
  const starting = desired.filter((one) => one.to === "running" && !done.has(one.id));
  const wanted = starting.flatMap(({ spec }) => spec.ports).filter(isFixed);
  const sources = starting.flatMap(({ spec }) => spec.mounts).filter((mount) => mount.type === "bind");
  if (wanted.length + sources.length === 0 || !(await ports.containers.facts(signal)).isLocal) return [];
  // The engine's own doing; and one of ours that has it gives it back when it is replaced.
  const held = containers.flatMap((one) => one.ports);
  const free = wanted.filter((port) => !held.some((other) => portsOverlap(port, other)));
  const listeners = await Promise.all(
    free.map(async (port): Promise<readonly [string, string][]> => {
      const holder = await ports.host.portHolder(port.hostIp ?? "0.0.0.0", port.hostPort, signal);
      // A process of this environment may go in the same plan.
      if (holder === undefined || holder.resource !== undefined || proxies.test(holder.text)) return [];
      return [[portText(port), holder.text]];
    }),
  );
  const missing = sources.map(({ source }) => source).filter((source) => !ports.files.exists(source));
  const machine = { listeners: new Map(listeners.flat()), missing: new Set(missing) };
  return machine.listeners.size + machine.missing.size === 0 ? [] : [{ machine }];
}

/** The engine's error of a port that is taken, with who has it where that is known. */
export async function withHolder(
  thrown: unknown,
  { spec }: Pick<DesiredContainer, "spec">,
  ports: Pick<Ports, "containers" | "host">,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(thrown instanceof PoststackError) || thrown.code !== "PORT_TAKEN") return thrown;
  if (!(await ports.containers.facts(signal)).isLocal) return thrown;
  const found = await Promise.all(
    spec.ports.filter(isFixed).map(async (port): Promise<readonly string[]> => {
      const holder = await ports.host.portHolder(port.hostIp ?? "0.0.0.0", port.hostPort, signal);
      return holder === undefined ? [] : [`${portText(port)}: ${holder.text}`];
    }),
  );
  const { code, ...facts } = thrown.facts;
  return new PoststackError(
    code,
    { ...facts, details: [...(facts.details ?? []), ...found.flat()] },
    { cause: thrown },
  );
}

/** It runs as it should, or has done what it is there for. */
const isDone = ({ state, exitCode, labels }: ContainerSummary, wish: DesiredContainer): boolean =>
  labels.get(labelNames.config) === wish.config.fixed &&
  (state === "running" || (wish.runs === "once" && exitCode === 0));

const isFixed = (port: PublishedPort): port is PublishedPort & { readonly hostPort: number } =>
  typeof port.hostPort === "number" && port.hostPort !== 0 && port.protocol === "tcp";

/** The same actions, with what is worth knowing before they start something. */
export const withNotes = (
  actions: readonly ContainerAction[],
  desired: readonly DesiredContainer[],
  seen: ObservedMachine | undefined,
): readonly ContainerAction[] => {
  if (seen === undefined) return actions;
  const wishes = new Map(desired.map((one) => [one.id, one]));
  return actions.map((action) => {
    const wish = ["create", "replace", "start"].includes(action.verb) ? wishes.get(action.id) : undefined;
    const notes = wish === undefined ? [] : notesOn(wish, seen);
    return notes.length === 0 ? action : { ...action, notes };
  });
};

const notesOn = ({ spec: { ports, mounts } }: DesiredContainer, { machine }: ObservedMachine): readonly string[] => [
  ...ports.flatMap((port) => {
    const holder = machine.listeners.get(portText(port));
    return holder === undefined ? [] : [`port ${portText(port)} is taken on this machine: ${holder}`];
  }),
  ...mounts.flatMap((mount) =>
    mount.type === "bind" && machine.missing.has(mount.source) ? [missingText(mount)] : [],
  ),
];

/** The short syntax has it made, the long one only with `create_host_path` (compose-spec, 05-services.md: volumes). */
const missingText = ({ source, createHostPath }: BindMount): string =>
  createHostPath
    ? `${source} is not there: the engine makes an empty folder of that name, which belongs to its user`
    : `${source} is not there, and without \`create_host_path\` the engine makes none: the start fails`;

import { PoststackError } from "../../../controller/core/errors.ts";
import type { ResourceId } from "../../../controller/core/id.ts";
import type { Clock, Ports } from "../../../controller/core/ports.ts";
import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import type { FakeContainer, Program } from "../../support/fake-container.ts";
import { fakeEngine, type FakeOptions } from "../../support/fake-engine.ts";
import { oldImage, token } from "./kit.ts";

/** What a program does, by the first word of its command. */
const programs = new Map<string, Program>([
  ["crash", { exitsAfterMs: 200, exitCode: 1, healthyAfterMs: 1_000 }],
  ["job", { exitsAfterMs: 200, exitCode: 0 }],
  ["slow", { healthyAfterMs: 3_000 }],
  ["sick", { healthyAfterMs: Infinity, unhealthyAfterMs: 10_000 }],
]);

const programOf = ({ spec: { command = [] } }: FakeContainer): Program => ({
  ...programs.get(command[0] ?? ""),
  output: ["the last line of its log"],
  exec: ([name]) => ({ exitCode: name === "false" ? 1 : 0, output: "output of the hook\n" }),
});

/**
 * An engine in memory for this kind, with an image `web:1` and the networks `app-dev_default` and `lan`. It fails whenever a
 * second container starts on a volume that another one writes to.
 */
export function containerStage(engineKind: NonNullable<FakeOptions["engine"]> = "docker") {
  let nowMs = 1_000_000;
  const clock: Clock = {
    nowMs: () => nowMs,
    date: () => new Date(nowMs),
    sleep: (ms, signal) => {
      nowMs += ms;
      return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
    random: () => 0,
  };
  const writes: string[] = [];
  let onWrite: (call: string, when: "before" | "after") => void = () => undefined;
  const refuseSecond = (one: FakeContainer): void => {
    const data = volumesOf(one.spec);
    const isShared = [...engine.byId.values()].some(
      (other) => other !== one && other.isUp && volumesOf(other.spec).some((name) => data.includes(name)),
    );
    if (isShared) throw new PoststackError("INTERNAL", { what: `two write to one volume: ${one.name}` });
  };
  const engine = fakeEngine({
    clock,
    engine: engineKind,
    networks: ["app-dev_default", "lan"],
    program: programOf,
    fault: (call, when, written) => {
      if (written === undefined) return undefined;
      if (when === "after") writes.push(written);
      // No two at the same time: the newest of several is known by it.
      else nowMs++;
      onWrite(written, when);
      const [, starting] = when === "before" && call === "startContainer" ? written.split(" ") : [];
      for (const one of engine.byId.values()) if (one.name === starting && !one.isUp) refuseSecond(one);
      return undefined;
    },
  });
  engine.addImage("web:1", {}, oldImage);
  const unfinishedStarts = new Map<ResourceId, string>();
  const ports = {
    clock,
    containers: engine,
    state: {
      directory: "/state",
      read: () => ({ owner: token, secrets: new Map(), unfinishedStarts }),
      recordEngine: () => undefined,
      recordStart: (resource: ResourceId, container: string | undefined) =>
        container === undefined ? unfinishedStarts.delete(resource) : unfinishedStarts.set(resource, container),
    },
    server: { fence: () => 7 },
    // Nobody else has a port, and every folder is there.
    host: { portHolder: () => Promise.resolve(undefined) },
    files: { exists: () => true },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
    progress: () => undefined,
  } as unknown as Ports;
  return {
    ...{ containers: engine.byId, writes, ports },
    addImage: (reference: string, id: string, labels: ReadonlyMap<string, string> = new Map()): void => {
      engine.addImage(reference, { labels }, id);
    },
    names: (): string => {
      for (const one of engine.byId.values()) one.settle();
      return [...engine.byId.values()]
        .map(({ name, state }) => `${name} ${state}`)
        .sort()
        .join(", ");
    },
    tick: (ms: number): void => void (nowMs += ms),
    /**
     * The machine starts anew, and with it what has a policy: Docker also starts what was stopped by hand, unless that is
     * what the policy is about ("Start containers automatically"), Podman what is to run always (podman-restart.service).
     */
    reboot: (): void => {
      const all = [...engine.byId.values()].map((one) => ({ one, wasUp: one.isUp, policy: one.spec.restart?.name }));
      for (const { one, wasUp } of all) if (wasUp) one.end(137);
      for (const { one, wasUp, policy } of all) {
        const isMeant =
          policy === "always" ||
          (engineKind === "docker" && (policy === "on-failure" || (policy === "unless-stopped" && wasUp)));
        if (!isMeant || one.state === "created") continue;
        refuseSecond(one);
        one.start();
      }
    },
    /** Called around each write: throw to cut there. */
    onWrite: (hook: typeof onWrite): void => void (onWrite = hook),
  };
}

export type ContainerStage = ReturnType<typeof containerStage>;

const volumesOf = ({ mounts }: ContainerSpec): readonly string[] =>
  mounts.flatMap((mount) =>
    mount.type === "volume" && !mount.readOnly && mount.name !== undefined ? [mount.name] : [],
  );

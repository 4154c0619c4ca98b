import { expect, test } from "vitest";
import { ownerMark } from "../../controller/core/engine-labels.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import type { EngineIdentity } from "../../controller/core/ports/container-facts.ts";
import { converge, type EnginePorts } from "../../controller/engine/converge.ts";
import { kinds, type Desired, type Kind } from "../../controller/resources/index.ts";
import { desired, token } from "../resources/container/kit.ts";
import { containerStage } from "../resources/container/stage.ts";

// The engine that the state remembers: with nothing of ours left in it, the next apply may be on another one.

const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Desired["resources"];
const ours = new Map([["io.poststack.owner", ownerMark(token)]]);
const theirs = new Map([["io.poststack.owner", ownerMark("f".repeat(32))]]);
const whole: readonly Kind[] = ["container", "network", "volume"];

interface Case {
  /** Of the container `web`. */
  readonly to: "running" | "absent";
  readonly isThere?: boolean;
  readonly volume?: ReadonlyMap<string, string>;
  /** Another writer has the lock. */
  readonly isBusy?: boolean;
  readonly scope?: readonly Kind[];
}

test.each<[string, Case, { readonly isForgotten: boolean; readonly isLocked: boolean }]>([
  [
    "is forgotten when the last of ours is gone",
    { to: "absent", isThere: true },
    { isForgotten: true, isLocked: true },
  ],
  ["is forgotten when nothing was there any more", { to: "absent" }, { isForgotten: true, isLocked: true }],
  ["is kept for a volume of ours", { to: "absent", volume: ours }, { isForgotten: false, isLocked: false }],
  [
    "is kept for now, where somebody else is writing",
    { to: "absent", isBusy: true },
    { isForgotten: false, isLocked: true },
  ],
  [
    "is not kept for a volume of somebody else",
    { to: "absent", volume: theirs },
    { isForgotten: true, isLocked: true },
  ],
  ["is kept where more is wanted there", { to: "running" }, { isForgotten: false, isLocked: true }],
  [
    "is kept where some containers were to go",
    { to: "absent", scope: ["container"] },
    { isForgotten: false, isLocked: false },
  ],
])("an engine %s", async (_what, { to, isThere = false, volume, isBusy = false, scope = whole }, expected) => {
  const it = containerStage();
  const knownEngine: EngineIdentity = await it.ports.containers.identify(new AbortController().signal);
  const { signal } = new AbortController();
  let locks = 0;
  let forgotten = false;
  const ports = {
    ...it.ports,
    host: { ...it.ports.host, processes: () => Promise.resolve([]) },
    state: { ...it.ports.state, forgetEngine: () => (forgotten = true) },
  } as unknown as EnginePorts;
  const run = (wanted: Case["to"], kindsInScope: readonly Kind[]) =>
    converge(
      () =>
        Promise.resolve({
          ...{ project: "app", environment: "dev", root: "/app", secretNames: [], lockName: "app/dev" },
          ...{ protected: false, knownEngine, scope: new Set(kindsInScope) },
          resources: { ...none, container: [desired({ to: wanted })] },
        }),
      ports,
      {
        ...{ signal, stop: signal, maxPasses: 5, maxRetries: 0, lockTimeoutMs: 0, onRefusal: "stop" },
        hostLock: {
          take: () => {
            locks++;
            const held = new PoststackError("LOCK_HELD", { what: "somebody else is writing", next: "wait" });
            return isBusy ? Promise.reject(held) : Promise.resolve({ release: () => Promise.resolve() });
          },
        },
        run: { id: "run", who: "me" },
        emit: () => undefined,
        approve: (plan) => Promise.resolve(plan),
      },
    );
  if (isThere) await run("running", ["container"]);
  if (volume !== undefined) await ports.containers.createVolume("app-dev_data", { labels: volume }, signal);
  locks = 0;
  expect(await run(to, scope)).toMatchObject({ status: "converged" });
  expect({ isForgotten: forgotten, isLocked: locks > 0 }).toEqual(expected);
});

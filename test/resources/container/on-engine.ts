import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { EngineProject } from "../../../controller/core/engine-labels.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { ContainerEngine } from "../../../controller/core/ports/containers.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { keyedHash, Secret, type Text } from "../../../controller/core/secret.ts";
import {
  converge,
  planOnce,
  type ConvergeOptions,
  type EnginePorts,
  type Outcome,
} from "../../../controller/engine/converge.ts";
import { configOf } from "../../../controller/resources/container/config.ts";
import type { DesiredContainer } from "../../../controller/resources/container/model.ts";
import { kinds, type Desired } from "../../../controller/resources/index.ts";
import { configOf as networkConfig } from "../../../controller/resources/network/fields.ts";
import { configOf as volumeConfig } from "../../../controller/resources/volume/fields.ts";
import type { EngineBox } from "../../engine/box.ts";
import { place, type Wish } from "./kit.ts";

const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Desired["resources"];
const writing = /^(?:create|start|stop|remove|rename|unpause|update|connect|disconnect|put|pull|build|tag)/;

/** One environment on a real engine: a network, a volume, and the containers that a test wishes for. */
function stage(box: EngineBox, image: string) {
  const token = randomBytes(16).toString("hex");
  const hash = (text: Text): string => keyedHash(token, text);
  const project: EngineProject = {
    ...{ project: box.name("app"), environment: "dev", root: "/app", workingDirectory: "/app", configFiles: [] },
  };
  const networkName = box.name("net");
  const volumeName = box.name("data");
  const writes: string[] = [];
  let onWrite: (call: string, when: "before" | "after") => void = () => undefined;
  const engine = watched(box.engine, {
    before: (call) => onWrite(call, "before"),
    after: (call) => {
      writes.push(call);
      onWrite(call, "after");
    },
  });

  function container(name: string, { spec: more, ...others }: Wish = {}): DesiredContainer {
    const spec: DesiredContainer["spec"] = {
      ...{ image, environment: new Map(), ports: [], expose: [], mounts: [] },
      network: { mode: "networks", attachments: new Map([[networkName, { aliases: [name] }]]) },
      // Process 1 of a container ignores SIGTERM unless it says otherwise.
      stopSignal: "SIGKILL",
      ...more,
      labels: new Map([...box.labels, ...(more?.labels ?? [])]),
    };
    const { files = [] } = others;
    return {
      ...{ id: resourceId("container", name), service: name, number: 1, name: box.name(name), to: "running", files },
      ...{
        image: resourceId("image", image),
        spec,
        config: configOf(spec, files, hash),
        needs: [],
        sharesWith: [],
        postStart: [],
        preStop: [],
        place,
      },
      ...{ runs: "always", acceptance: { stableMs: 0, limitMs: 20_000 }, project },
      dependsOn: [resourceId("network", "net"), resourceId("volume", "data")],
      ...others,
    };
  }

  const wishFor = (containers: readonly DesiredContainer[], to: "present" | "absent"): Desired => {
    const { labels } = box;
    const common = { project, place, dependsOn: [], isExternal: false, to };
    return {
      ...{ project: project.project, environment: "dev", root: "/app", secretNames: [], lockName: "x" },
      ...{ protected: false, scope: new Set(["network", "volume", "container"]) },
      resources: {
        ...none,
        network: [
          {
            ...{ ...common, id: resourceId("network", "net"), name: networkName, key: "net" },
            ...{ spec: { labels }, config: networkConfig({ labels }, hash) },
          },
        ],
        volume: [
          {
            ...{ ...common, id: resourceId("volume", "data"), name: volumeName, key: "data", deleteData: false },
            ...{ spec: { labels }, config: volumeConfig({ labels }, hash) },
          },
        ],
        container: containers,
      },
    };
  };

  const ports = {
    ...{ clock, containers: engine },
    state: {
      directory: "/",
      read: () => ({ owner: token, secrets: new Map() }),
      ensure: () => undefined,
      recordEngine: () => undefined,
    },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  } as unknown as EnginePorts;
  const options: ConvergeOptions = {
    ...{ signal: box.signal, stop: box.signal, maxPasses: 5, maxRetries: 3, lockTimeoutMs: 0, onRefusal: "stop" },
    settleLimitMs: 20_000,
    hostLock: { take: () => Promise.resolve({ release: () => Promise.resolve() }) },
    run: { id: "run", who: "me" },
    emit: () => undefined,
    approve: (plan) => Promise.resolve(plan),
  };
  return {
    ...{ container, writes, volumeName, networkName },
    onWrite: (hook: typeof onWrite): void => void (onWrite = hook),
    apply: (containers: readonly DesiredContainer[], to: "present" | "absent" = "present"): Promise<Outcome> =>
      converge(() => Promise.resolve(wishFor(containers, to)), ports, options),
    plan: async (...containers: readonly DesiredContainer[]): Promise<string> =>
      renderActions(
        (await planOnce(() => Promise.resolve(wishFor(containers, "present")), ports, {}, box.signal)).actions,
      ).replaceAll(box.name(""), ""),
    idOf: async (name: string): Promise<string> =>
      (await box.engine.inspectContainer(box.name(name), box.signal))?.id ?? "",
    names: async (): Promise<string> =>
      (await box.engine.containers(box.signal))
        .filter(({ labels }) => [...box.labels].every(([label, value]) => labels.get(label) === value))
        .map(({ names, state }) => `${names[0]?.replace(box.name(""), "") ?? ""} ${state}`)
        .sort()
        .join(", "),
  };
}

/** The engine, telling of each call that changes something. */
function watched(
  engine: ContainerEngine,
  { before, after }: Readonly<Record<"before" | "after", (call: string) => void>>,
): ContainerEngine {
  const calls = Object.entries(engine).map(([name, call]: [string, unknown]) => {
    if (!writing.test(name) || typeof call !== "function") return [name, call] as const;
    const ask = call as (...args: readonly unknown[]) => Promise<unknown>;
    const watching = async (...args: readonly unknown[]): Promise<unknown> => {
      before(name);
      const answer = await ask(...args);
      after(name);
      return answer;
    };
    return [name, watching] as const;
  });
  return Object.fromEntries(calls) as unknown as ContainerEngine;
}

/**
 * The kinds on a real engine: what the fake of their own tests promises holds there, too.
 *
 * @param isChecking whether the engine runs healthchecks
 */
export function kindsOnEngine(box: EngineBox, image: string, isChecking: boolean): void {
  const { engine, signal } = box;
  afterEach(() => box.empty());
  const inside = (name: string, ...command: [string, ...string[]]): Promise<string> =>
    engine.exec(box.name(name), { command, timeoutMs: 10_000 }, signal).then(({ output }) => output.trim());

  const healthcheck = (shell: string) => ({
    test: ["CMD-SHELL", shell],
    intervalMs: 200,
    retries: 2,
    timeoutMs: 1_000,
  });

  test("a stack is made, needs nothing then, and goes away but for its volume", async () => {
    const it = stage(box, image);
    const mounts = [{ type: "volume", name: it.volumeName, target: "/data", readOnly: false }] as const;
    const files = [{ path: "/run/secrets/token", content: new Secret("hunter2"), mode: 0o400, uid: 0, gid: 0 }];
    const wishes = [
      it.container("db", { spec: { mounts, healthcheck: isChecking ? healthcheck("true") : "none" } }),
      it.container("web", { files, spec: { environment: new Map([["PASSWORD", new Secret("geheim")]]) } }),
    ];
    expect(await it.apply(wishes)).toMatchObject({ status: "converged", passes: 1 });
    expect(await it.names()).toBe("db running, web running");
    expect(await inside("web", "cat", "/run/secrets/token")).toBe("hunter2");
    expect(await inside("web", "sh", "-c", "echo $PASSWORD")).toBe("geheim");
    it.writes.length = 0;
    for (const _ of [1, 2, 3]) expect(await it.apply(wishes)).toMatchObject({ status: "converged", passes: 0 });
    expect(it.writes).toEqual([]);

    const gone = await it.apply(
      wishes.map((wish) => ({ ...wish, to: "absent" as const })),
      "absent",
    );
    expect(gone.status).toBe("converged");
    expect(await it.names()).toBe("");
    expect((await engine.volumes(signal)).some(({ name }) => name === it.volumeName)).toBe(true);
    expect((await engine.networks(signal)).some(({ name }) => name === it.networkName)).toBe(false);
  });

  test("limits: what was asked for is what is found, and what somebody changes is put back", async () => {
    const it = stage(box, image);
    const resources = { memoryBytes: 64 * 1024 ** 2, cpuShares: 512, pidsLimit: 100 };
    const restart = { name: "on-failure", maxRetries: 3 } as const;
    const wish = it.container("web", { isThorough: true, spec: { resources, restart } });
    await it.apply([wish]);
    expect(await it.plan(wish)).toBe("");
    const { changesInPlace } = await engine.facts(signal);
    if (!changesInPlace.has("cpuShares")) {
      const more = it.container("web", { spec: { resources: { ...resources, cpuShares: 256 }, restart } });
      expect(await it.plan(more)).toBe("replace container:web  cpu_shares 512 → 256");
      return;
    }
    await engine.updateContainer(await it.idOf("web"), { cpuShares: 256 }, signal);
    expect(await it.plan(wish)).toBe("update container:web  cpu_shares 256 → 512");
    const id = await it.idOf("web");
    await it.apply([wish]);
    expect(await it.plan(wish)).toBe("");
    const more = it.container("web", { spec: { resources: { ...resources, memoryBytes: 128 * 1024 ** 2 }, restart } });
    expect(await it.plan(more)).toMatch(/^update container:web {2}mem_limit 64m → 128m/);
    await it.apply([more]);
    expect([await it.plan(more), await it.idOf("web")]).toEqual(["", id]);
  });

  describe("what goes wrong has its line and its way back", () => {
    type Hand = (id: string, it: ReturnType<typeof stage>) => Promise<unknown>;
    test.each<readonly [string, Hand, string]>([
      [
        "killed",
        (id) => engine.stopContainer(id, { signal: "SIGKILL", graceMs: 0 }, signal),
        "start container:web  exited with code 137",
      ],
      [
        "removed",
        (id) => engine.removeContainer(id, { force: true, anonymousVolumes: false }, signal),
        "create container:web  not found",
      ],
      [
        "renamed",
        (id) => engine.renameContainer(id, box.name("mine"), signal),
        "update container:web  name mine → web",
      ],
      [
        "disconnected",
        (id, it) => engine.disconnectNetwork(it.networkName, id, signal),
        "update container:web  network net none → connected",
      ],
    ])("%s", async (_name, hand, line) => {
      const it = stage(box, image);
      const wish = it.container("web");
      await it.apply([wish]);
      await hand(await it.idOf("web"), it);
      expect(await it.plan(wish)).toBe(line);
      expect(await it.apply([wish])).toMatchObject({ status: "converged" });
      expect(await it.names()).toBe("web running");
      expect(await it.plan(wish)).toBe("");
    });
  });

  test("put back on its network without its aliases: a thorough look finds it and puts it right", async () => {
    const it = stage(box, image);
    const wish = it.container("web", { isThorough: true });
    await it.apply([wish]);
    expect(await it.plan(wish)).toBe("");
    const id = await it.idOf("web");
    await engine.disconnectNetwork(it.networkName, id, signal);
    await engine.connectNetwork(it.networkName, id, { aliases: ["elsewhere"] }, signal);
    expect(await it.plan(wish)).toBe("update container:web  aliases on net elsewhere → web");
    expect(await it.apply([wish])).toMatchObject({ status: "converged" });
    expect(await it.plan(wish)).toBe("");
    const details = await engine.inspectContainer(id, signal);
    expect(details?.attachments.get(it.networkName)?.aliases).toEqual(["web"]);
    // One that took another's place, and its name, is as it was asked for, too.
    const next = it.container("web", { isThorough: true, spec: { labels: new Map([["round", "2"]]) } });
    await it.apply([next]);
    expect(await it.plan(next)).toBe("");
  });

  const serve = (mark: string): Wish["spec"] => ({ command: ["sh", "-c", `echo ${mark}; exec sleep 100000`] });

  // Podman leaves its healthchecks to systemd: without one they never run, and the check is not what is waited for here.
  const [good, sick] = isChecking ? [healthcheck("true"), healthcheck("echo ill; false")] : (["none", "none"] as const);

  test.each(["start-first", "stop-first"] as const)(
    "%s: a new one that is not accepted leaves the old one in its place",
    async (order) => {
      const it = stage(box, image);
      const data = { type: "volume", name: it.volumeName, target: "/data", readOnly: false } as const;
      const mounts = order === "stop-first" ? [data] : [];
      const before = it.container("web", { spec: { ...serve("a"), mounts, healthcheck: good } });
      await it.apply([before]);
      const id = await it.idOf("web");
      const command = isChecking ? serve("b") : { command: ["sh", "-c", "echo b; exit 3"] };
      const acceptance = { stableMs: isChecking ? 0 : 1_000, limitMs: 20_000 };
      const after = it.container("web", { acceptance, spec: { ...command, mounts, healthcheck: sick } });
      expect(await it.plan(after)).toContain("replace container:web  command");
      const outcome = await it.apply([after]);
      expect(outcome).toMatchObject({ status: "stalled", errors: [{ code: "UNHEALTHY" }] });
      const told = "errors" in outcome ? outcome.errors[0]?.details : [];
      expect(told).toEqual(expect.arrayContaining(isChecking ? ["check: ill", "b"] : ["b"]));
      expect([await it.names(), await it.idOf("web")]).toEqual(["web running", id]);
      expect(await it.plan(before)).toBe("");
    },
  );

  test("a service that is called otherwise takes over volume, name and address; two never run at once", async () => {
    const it = stage(box, image);
    const subnet = "10.231.77.0/24";
    const lan = box.name("lan");
    await engine.createNetwork(lan, { labels: box.labels, addresses: { pools: [{ subnet }] } }, signal);
    const data = { type: "volume", name: it.volumeName, target: "/data", readOnly: false } as const;
    const attachments = new Map([[lan, { aliases: [], ipv4: "10.231.77.9" }]]);
    const called = (name: string) =>
      it.container(name, {
        name: box.name("fixed"),
        spec: {
          ...{ mounts: [data], restart: { name: "always" } },
          network: { mode: "networks", attachments },
        },
      });
    await it.apply([called("db")]);
    expect(await it.plan(called("database"))).toBe(
      [
        "stop container:db  no longer in the files, and its name is wanted; deleted when all else is done  [downtime]",
        "create container:database  not found",
      ].join("\n"),
    );
    const up: Promise<string>[] = [];
    it.onWrite((call, when) => {
      if (call === "startContainer" && when === "after") up.push(it.names());
    });
    expect(await it.apply([called("database")])).toMatchObject({ status: "converged" });
    expect((await Promise.all(up)).map((names) => names.match(/running/g)?.length)).toEqual([1]);
    expect([await it.names(), await it.plan(called("database"))]).toEqual(["fixed running", ""]);
  });

  test("what lives inside another one is made anew with it, and goes before it", async () => {
    const it = stage(box, image);
    const sharesWith = [resourceId("container", "db")];
    const dependsOn = [resourceId("network", "net"), ...sharesWith];
    const within = (name: string, spec: NonNullable<Wish["spec"]>): DesiredContainer =>
      it.container(name, { sharesWith, dependsOn, spec: { ...spec, restart: { name: "always" } } });
    const db = box.name("db");
    const wishes = (mark: string): readonly DesiredContainer[] => [
      it.container("db", { spec: { ...serve(mark) } }),
      within("net", { network: { mode: "container", container: db } }),
      within("pid", { namespaces: { pid: `container:${db}` } }),
    ];
    await it.apply(wishes("a"));
    expect(await it.apply(wishes("b"))).toMatchObject({ status: "converged", passes: 1 });
    expect([await it.names(), await it.plan(...wishes("b"))]).toEqual(["db running, net running, pid running", ""]);

    // Somebody else's inside keeps it, where the engine counts such bonds: known before anything is begun.
    const spec = { ...it.container("x").spec, network: { mode: "container", container: db } } as const;
    const guest = await box.engine.createContainer(box.name("guest"), spec, signal);
    const [line] = (await it.plan(...wishes("c"))).split("\n");
    const isPodman = (await box.engine.facts(signal)).engine === "podman";
    expect(line).toMatch(isPodman ? /^refuse container:db .*guest, which is not of this/ : /^replace container:db /);
    await box.engine.removeContainer(guest.id, { force: true, anonymousVolumes: true }, signal);
    const other = it.container("web");
    expect(await it.apply([other])).toMatchObject({ status: "converged", passes: 1 });
    expect([await it.names(), await it.plan(other)]).toEqual(["web running", ""]);
  });

  test.each(["start-first", "stop-first"] as const)(
    "%s: cut after each of its calls, the next pass finishes it",
    async (order) => {
      const it = stage(box, image);
      const data = { type: "volume", name: it.volumeName, target: "/data", readOnly: false } as const;
      const mounts = order === "stop-first" ? [data] : [];
      await it.apply([it.container("web", { spec: { ...serve("0"), mounts } })]);
      for (let at = 1; ; at++) {
        const wish = it.container("web", { spec: { ...serve(`${at}`), mounts } });
        let calls = 0;
        it.onWrite((_call, when) => {
          if (when === "after" && ++calls === at) throw new PoststackError("INTERNAL", { what: "cut" });
          if (calls >= at) throw new PoststackError("INTERNAL", { what: "cut" });
        });
        await it.apply([wish]);
        it.onWrite(() => undefined);
        expect(await it.apply([wish])).toMatchObject({ status: "converged" });
        expect([at, await it.names(), await it.plan(wish)]).toEqual([at, "web running", ""]);
        if (calls < at) return;
      }
    },
    120_000,
  );
}

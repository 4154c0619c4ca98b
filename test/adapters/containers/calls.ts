import type { ContainerEngine } from "../../../controller/core/ports/containers.ts";
import { bare } from "./fields.ts";

const { signal } = new AbortController();
const none = new Map<string, string>();

/** Every call, how long it may take, and what it is when that is over. */
export const calls: readonly (readonly [
  name: string,
  call: (engine: ContainerEngine) => Promise<unknown>,
  limitMs: number,
  code: string,
])[] = [
  ["facts", (engine) => engine.facts(signal), 10_000, "ENGINE_UNREACHABLE"],
  ["containers", (engine) => engine.containers(signal), 10_000, "ENGINE_UNREACHABLE"],
  ["inspectContainer", (engine) => engine.inspectContainer("c", signal), 10_000, "ENGINE_UNREACHABLE"],
  ["createContainer", (engine) => engine.createContainer("c", bare("i", none), signal), 30_000, "TIMEOUT"],
  ["startContainer", (engine) => engine.startContainer("c", signal), 30_000, "TIMEOUT"],
  ["stopContainer", (engine) => engine.stopContainer("c", { graceMs: 3_000 }, signal), 13_000, "TIMEOUT"],
  [
    "removeContainer",
    (engine) => engine.removeContainer("c", { force: true, anonymousVolumes: true }, signal),
    30_000,
    "TIMEOUT",
  ],
  ["unpauseContainer", (engine) => engine.unpauseContainer("c", signal), 30_000, "TIMEOUT"],
  ["renameContainer", (engine) => engine.renameContainer("c", "d", signal), 30_000, "TIMEOUT"],
  ["updateContainer", (engine) => engine.updateContainer("c", { nanoCpus: 1 }, signal), 30_000, "TIMEOUT"],
  ["exec", (engine) => engine.exec("c", { command: ["true"], timeoutMs: 1 }, signal), 30_000, "TIMEOUT"],
  ["logs", (engine) => engine.logs("c", {}, signal)[Symbol.asyncIterator]().next(), 10_000, "ENGINE_UNREACHABLE"],
  ["events", (engine) => engine.events(signal)[Symbol.asyncIterator]().next(), 10_000, "ENGINE_UNREACHABLE"],
  ["networks", (engine) => engine.networks(signal), 10_000, "ENGINE_UNREACHABLE"],
  ["createNetwork", (engine) => engine.createNetwork("n", { labels: none }, signal), 30_000, "TIMEOUT"],
  ["removeNetwork", (engine) => engine.removeNetwork("n", signal), 30_000, "TIMEOUT"],
  ["connectNetwork", (engine) => engine.connectNetwork("n", "c", { aliases: [] }, signal), 30_000, "TIMEOUT"],
  ["disconnectNetwork", (engine) => engine.disconnectNetwork("n", "c", signal), 30_000, "TIMEOUT"],
  ["volumes", (engine) => engine.volumes(signal), 10_000, "ENGINE_UNREACHABLE"],
  ["volumeSizes", (engine) => engine.volumeSizes(signal), 120_000, "ENGINE_UNREACHABLE"],
  ["createVolume", (engine) => engine.createVolume("v", { labels: none }, signal), 30_000, "TIMEOUT"],
  ["removeVolume", (engine) => engine.removeVolume("v", signal), 30_000, "TIMEOUT"],
  ["images", (engine) => engine.images(signal), 10_000, "ENGINE_UNREACHABLE"],
  ["inspectImage", (engine) => engine.inspectImage("i", signal), 10_000, "ENGINE_UNREACHABLE"],
  ["pullImage", (engine) => engine.pullImage("i", {}, signal), 120_000, "TIMEOUT"],
  ["tagImage", (engine) => engine.tagImage("i", "j", signal), 30_000, "TIMEOUT"],
  ["removeImage", (engine) => engine.removeImage("i", signal), 30_000, "TIMEOUT"],
];

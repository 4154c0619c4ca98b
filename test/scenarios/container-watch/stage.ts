import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { ContainerSummary } from "../../../controller/core/ports/container-facts.ts";
import type { EngineBox } from "../../engine/box.ts";
import { callEngine } from "../../engine/call.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { start, type Ended, type Running } from "../../support/command.ts";
import { newProject, type Project } from "../../support/scenario.ts";

/** An environment `dev` of containers and nothing else that takes long, on a real engine. */
export interface Stage {
  readonly box: EngineBox;
  readonly project: Project;
  /** `NAME-dev-web-1` is the first container of the service `web`. */
  readonly name: string;
  start(...args: readonly string[]): Running;
  run(...args: readonly string[]): Promise<Ended>;
  /** Anything but exit code 0 fails the test with what was said. */
  ok(...args: readonly string[]): Promise<Ended>;
  /** Begins to watch and waits until all is up. */
  watch(): Promise<Running>;
  /** `web-1`; undefined: there is none. */
  find(name: string): Promise<ContainerSummary | undefined>;
  /** `web-1 running` of every container of the project, sorted. */
  containers(): Promise<string>;
  running(): Promise<readonly { readonly name: string; readonly id: string }[]>;
  /** A call of the engine's API as it is, about `/containers/web-1`. */
  call(method: string, path: string, body?: object): Promise<string>;
}

const configuration = `project: { name: NAME }
environments:
  dev:
    postgres: { provider: embedded, port: PORT0 }
    deployment: { compose: compose.yml }
`;

/** @param isLeft its containers go with the engine, which is taken away: one that was ended may not let go of their files */
export async function stageOn(box: EngineBox, files: Readonly<Record<string, string>>, isLeft = false): Promise<Stage> {
  const { engine, signal } = box;
  const image = await ensureBusybox(box);
  const name = `pst${randomBytes(4).toString("hex")}`;
  const texts = Object.entries({ ".poststack.yml": configuration, ...files }).map(([path, text]) => [
    path,
    text.replaceAll("IMAGE", image).replaceAll("NAME", name),
  ]);
  const project = await newProject(Object.fromEntries(texts));
  const begin = (args: readonly string[]): Running =>
    start(args, { cwd: project.root, environment: { DOCKER_HOST: box.host } });
  const commands: Running[] = [];
  const isOurs = ({ labels }: { readonly labels: ReadonlyMap<string, string> }): boolean =>
    labels.get("io.poststack.project") === name;
  const ours = async (): Promise<readonly ContainerSummary[]> => (await engine.containers(signal)).filter(isOurs);
  const short = ({ names: [full = ""] }: ContainerSummary): string => full.replace(`${name}-dev-`, "");
  const clear = async (): Promise<void> => {
    for (const { id } of await ours())
      await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
    for (const { id } of (await engine.networks(signal)).filter(isOurs)) await engine.removeNetwork(id, signal);
    for (const { id, references } of (await engine.images(signal)).filter(isOurs))
      for (const reference of [...references, id]) await engine.removeImage(reference, signal);
  };
  onTestFinished(async () => {
    for (const command of commands) command.kill("SIGKILL");
    await Promise.allSettled(commands.map(({ ended }) => ended));
    if (!isLeft) await clear();
    await project.dispose();
  }, 120_000);
  const it: Stage = {
    ...{ box, project, name },
    start(...args) {
      const command = begin(args);
      commands.push(command);
      return command;
    },
    run: (...args) => it.start(...args).ended,
    async ok(...args) {
      const ended = await it.run(...args);
      if (ended.code !== 0) throw new Error(`exit code ${ended.code ?? ended.signal}\n${ended.text}`);
      return ended;
    },
    async watch() {
      const watching = it.start("watch", "dev");
      await until(watching, "it watches", () => watching.said().includes("Up to date. Watching."));
      return watching;
    },
    find: async (wanted) => (await ours()).find((one) => short(one) === wanted),
    containers: async () =>
      (await ours())
        .map((one) => `${short(one)} ${one.state}`)
        .sort()
        .join(", "),
    running: async () =>
      (await ours()).flatMap((one) => (one.state === "running" ? [{ name: short(one), id: one.id }] : [])),
    call: (method, path, body) =>
      callEngine(box.socket, method, path.replace(/^\/containers\//, `/containers/${name}-dev-`), body),
  };
  return it;
}

/** Looks again and again; the limit ends what never comes. */
export async function until(
  watching: Running,
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 45_000,
): Promise<void> {
  const endMs = Date.now() + limitMs;
  const isSo = (): Promise<boolean> =>
    Promise.resolve()
      .then(holds)
      .catch(() => false);
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`not within ${limitMs / 1_000} s: ${what}\n${watching.said()}`);
    await pause(20);
  }
}

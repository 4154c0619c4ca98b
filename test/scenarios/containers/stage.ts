import { randomBytes } from "node:crypto";
import { onTestFinished, vi } from "vitest";
import type { ContainerSummary } from "../../../controller/core/ports/container-facts.ts";
import type { EngineBox } from "../../engine/box.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { start, type Ended, type Running } from "../../support/command.ts";
import { newProject, planLines, type Project } from "../../support/scenario.ts";

/** A project whose environment `dev` is a Compose file, on a real engine, beside a server of its own. */
export interface Stage {
  readonly box: EngineBox;
  readonly project: Project;
  /** Of the project; what it makes is called `NAME-dev-…`. */
  readonly name: string;
  /** Where this stage's commands find the engine; a proxy may stand in front of it. */
  readonly host: string;
  start(...args: readonly string[]): Running;
  run(...args: readonly string[]): Promise<Ended>;
  runWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended>;
  /** Anything but exit code 0 fails the test with what was said. */
  ok(...args: readonly string[]): Promise<Ended>;
  plan(...args: readonly string[]): Promise<readonly string[]>;
  /** `web-1 running` of every container of the project, sorted. */
  containers(): Promise<readonly string[]>;
  container(name: string): Promise<ContainerSummary>;
  /** Of this project's networks and volumes, sorted. */
  objects(): Promise<readonly string[]>;
  /** Takes away what is in the engine, behind Poststack's back; volumes stay. */
  clear(): Promise<void>;
}

export const compose = `services:
  web:
    image: IMAGE
    command: [httpd, -f, -p, "80", -h, /srv]
    init: true
    environment:
      LEVEL: \${LEVEL}
      DATABASE_URL: \${POSTSTACK_DATABASE_URL}
    configs: [{ source: page, target: /srv/index.html }]
    depends_on: [cache]
  worker:
    image: IMAGE
    command: [sleep, "100000"]
    init: true
    scale: 2
  cache:
    image: IMAGE
    command: [sleep, "100000"]
    init: true
    volumes: ["data:/data"]
    labels: { team: a }
volumes: { data: {} }
configs: { page: { content: "level \${LEVEL}" } }
`;

const configuration = `project: { name: NAME }
environments:
  dev:
    postgres: { provider: embedded, port: PORT0 }
    deployment: { compose: compose.yml }
    variables: { LEVEL: debug }
`;

/**
 * For one test.
 *
 * @param host where commands find the engine, if not at its own socket
 */
export async function stageOn(
  box: EngineBox,
  files: Readonly<Record<string, string>> = {},
  host: string = box.host,
): Promise<Stage> {
  const opened = await openStage(box, files, host);
  onTestFinished(opened.close, 60_000);
  return opened.stage;
}

/** For several tests, each of which goes on from where the one before has ended. */
export async function openStage(
  box: EngineBox,
  files: Readonly<Record<string, string>> = {},
  host: string = box.host,
): Promise<{ readonly stage: Stage; readonly close: () => Promise<void> }> {
  const { engine, signal } = box;
  const image = await ensureBusybox(box);
  const name = `pst${randomBytes(4).toString("hex")}`;
  const all = { ".poststack.yml": configuration, "compose.yml": compose, ...files };
  const project = await newProject(
    Object.fromEntries(
      Object.entries(all).map(([path, text]) => [path, text.replaceAll("IMAGE", image).replaceAll("NAME", name)]),
    ),
  );
  const environment = { DOCKER_HOST: host };
  const runWith = (more: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> =>
    start(args, { cwd: project.root, environment: { ...environment, ...more } }).ended;
  const run = (...args: readonly string[]): Promise<Ended> => runWith({}, ...args);
  const isOurs = ({ labels }: { readonly labels: ReadonlyMap<string, string> }): boolean =>
    labels.get("io.poststack.project") === name;
  const ours = async (): Promise<readonly ContainerSummary[]> => (await engine.containers(signal)).filter(isOurs);
  const volumes = async () => (await engine.volumes(signal)).filter(isOurs);
  const networks = async () => (await engine.networks(signal)).filter(isOurs);
  // Once more where a network is still used: what a command asked for before it was ended may come after the list.
  const clear = (): Promise<void> =>
    vi.waitFor(
      async () => {
        for (const { id } of await ours())
          await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
        for (const { id } of await networks()) await engine.removeNetwork(id, signal);
      },
      { timeout: 20_000, interval: 200 },
    );
  const close = async (): Promise<void> => {
    await clear();
    for (const volume of await volumes()) await engine.removeVolume(volume.name, signal);
    await project.dispose();
  };
  const short = (full: string): string => full.replace(`${name}-dev-`, "").replace(`${name}-dev_`, "");
  const stage: Stage = {
    ...{ box, project, name, host: environment.DOCKER_HOST, run, runWith, clear },
    start: (...args) => start(args, { cwd: project.root, environment }),
    async ok(...args) {
      const ended = await run(...args);
      if (ended.code !== 0) throw new Error(`exit code ${ended.code ?? ended.signal}\n${ended.text}`);
      return ended;
    },
    async plan(...args) {
      return planLines(await run("plan", ...args, "--json"));
    },
    async containers() {
      return (await ours()).map(({ names, state }) => `${short(names[0] ?? "")} ${state}`).sort();
    },
    async container(wanted) {
      const found = (await ours()).find(({ names }) => names.includes(`${name}-dev-${wanted}`));
      if (found === undefined) throw new Error(`there is no ${wanted}`);
      return found;
    },
    async objects() {
      const found = [
        ...(await networks()).map((one) => `network ${short(one.name)}`),
        ...(await volumes()).map((one) => `volume ${short(one.name)}`),
      ];
      return found.sort();
    },
  };
  return { stage, close };
}

import { randomBytes } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import type { ContainerSummary } from "../../../controller/core/ports/container-facts.ts";
import type { EngineBox } from "../../engine/box.ts";
import { callEngine } from "../../engine/call.ts";
import { describeStages, where } from "../../engine/engines.ts";
import { start, type Ended, type Running } from "../../support/command.ts";
import { newProject, planLines, type Project } from "../../support/scenario.ts";
import { ensurePostgres, isPossible } from "./image.ts";

/** An environment `dev` whose Postgres is a container of a real engine. */
export interface Stage {
  readonly box: EngineBox;
  readonly project: Project;
  /** Of the container and of its volume. */
  readonly server: string;
  readonly network: string;
  readonly image: string;
  readonly port: number;
  start(...args: readonly string[]): Running;
  run(...args: readonly string[]): Promise<Ended>;
  /** Anything but exit code 0 fails the test with what was said. */
  ok(...args: readonly string[]): Promise<Ended>;
  plan(...args: readonly string[]): Promise<readonly string[]>;
  /** Of every container of the environment: `name state`, sorted. */
  containers(): Promise<readonly string[]>;
  container(): Promise<ContainerSummary>;
  /** A call of the engine's API as it is. */
  call(method: string, path: string, body?: object): Promise<string>;
}

if (!isPossible) {
  const what = "tests of a server on a container: PostgreSQL 15 is not in /usr/lib/postgresql";
  if (process.env["CI"] === "true") throw new Error(what);
  console.warn(`SKIPPED: ${what}`);
}

/** `describeStages` of tests that need a server's image; without one they are skipped. */
export const describeServers: typeof describeStages = (part, stageOf, tests) =>
  describeStages(where(isPossible, part), stageOf, tests);

/** @param more keys of `postgres:` beside provider, image and port */
export async function stageOn(box: EngineBox, more = ""): Promise<Stage> {
  const image = await ensurePostgres(box);
  const name = `pst${randomBytes(4).toString("hex")}`;
  const project = await newProject({
    ".poststack.yml": `project: { name: ${name} }
environments:
  dev:
    postgres: { provider: container, image: ${image}, port: PORT0${more} }
`,
    "migrations/001_notes.sql": "create table notes (id int primary key);\n",
  });
  const server = `${name}-dev-postgres`;
  const environment = { DOCKER_HOST: box.host };
  const begin = (args: readonly string[]): Running => start(args, { cwd: project.root, environment });
  const run = (...args: readonly string[]): Promise<Ended> => begin(args).ended;
  const isOurs = ({ labels }: { readonly labels: ReadonlyMap<string, string> }): boolean =>
    labels.get("io.poststack.project") === name;
  const ours = async (): Promise<readonly ContainerSummary[]> =>
    (await box.engine.containers(box.signal)).filter(isOurs);
  const { engine, signal } = box;
  const dispose = async (): Promise<void> => {
    for (const { id } of await ours())
      await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
    for (const { id } of (await engine.networks(signal)).filter(isOurs)) await engine.removeNetwork(id, signal);
    for (const volume of (await engine.volumes(signal)).filter((one) => isOurs(one) || one.name === server))
      await engine.removeVolume(volume.name, signal);
    await project.dispose();
  };
  onTestFinished(dispose, 60_000);
  return {
    ...{ box, project, server, image, network: `${name}-dev_default`, port: project.ports[0] ?? 0 },
    start: (...args) => begin(args),
    run,
    async ok(...args) {
      const ended = await run(...args);
      if (ended.code !== 0) throw new Error(`exit code ${ended.code ?? ended.signal}\n${ended.text}`);
      return ended;
    },
    async plan(...args) {
      return planLines(await run("plan", ...args, "--json"));
    },
    async containers() {
      return (await ours()).map(({ names, state }) => `${names[0] ?? ""} ${state}`).sort();
    },
    async container() {
      const found = (await ours()).find(({ names }) => names.includes(server));
      return found ?? expect.fail(`there is no container ${server}`);
    },
    call: (method, path, body) => callEngine(box.socket, method, path, body),
  };
}

/** Rows by the superuser; `sql` of the project looks for the environment's own database. */
export const notes = (stage: Stage): Promise<readonly unknown[]> =>
  stage.project.sql("select id from notes order by id").then((rows) => rows.map(({ id }) => id));

import { randomBytes } from "node:crypto";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { EngineBox } from "../../engine/box.ts";
import { ensureCompose } from "../../engine/compose.ts";
import { run, type Ended } from "../../support/command.ts";
import { planLines } from "../../support/scenario.ts";
import type { Case, OwnFiles } from "./cases.ts";
import { askEngine, callEngine } from "./engine-api.ts";
import { portsOf, variantOf } from "./variant.ts";

/** One file of the corpus in a folder of its own, ready to be run by both. */
export interface Stage {
  /** The project's name for Compose, on both sides: they take turns. */
  readonly project: string;
  /** The reference. Anything but exit code 0 fails the test with what was said; so does it below. */
  compose(...args: readonly string[]): Promise<void>;
  poststack(...args: readonly string[]): Promise<void>;
  plan(): Promise<readonly string[]>;
  /** `container x`, `network y`: what of the project is there, without volumes. */
  rest(): Promise<readonly string[]>;
  /** Everything of the project and its folder. */
  dispose(): Promise<void>;
}

export interface StageOptions {
  readonly box: EngineBox;
  readonly image: string;
  /** Free ports of the host. */
  readonly ports: readonly number[];
  /** Of a server for the environment's database. */
  readonly postgres: { readonly port: number; readonly password: string };
}

export async function stageOf(one: Case, { box, image, ports, postgres }: StageOptions): Promise<Stage> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "poststack-parity-")));
  const name = `pst${randomBytes(4).toString("hex")}`;
  const project = `${name}-dev`;
  // As its README says: a project at the top lies in a folder `app`.
  const top = one.projectDirectory === "." ? "app" : "files";
  cpSync(one.folder, join(root, top), { recursive: true });
  mkdirSync(join(root, "home"));
  const directory = one.projectDirectory === "." ? top : join(top, one.projectDirectory);
  makeMissing(one, join(root, directory));
  const variant = join(directory, "poststack-parity.yaml");
  writeFileSync(join(root, variant), variantOf(one, image, ports));
  const files = [...one.composeFiles.map((file) => join(directory, file)), variant];
  const configuration = {
    project: { name },
    environments: {
      dev: { postgres: { provider: "external", url: { env: "PARITY_POSTGRES" } }, deployment: { compose: files } },
    },
  };
  writeFileSync(join(root, ".poststack.yml"), JSON.stringify(configuration));
  // What a bare shell has; a file may name any of it.
  const environment = {
    LANG: "C.UTF-8",
    ...givenVariables(one),
    ...one.env,
    HOME: join(root, "home"),
    DOCKER_HOST: box.host,
  };
  const url = `postgres://postgres:${postgres.password}@127.0.0.1:${postgres.port}/postgres`;
  const poststack = (...args: readonly string[]): Promise<Ended> =>
    run(args, { cwd: root, environment: { ...environment, PARITY_POSTGRES: url } });
  const external = await makeExternals(one, box);
  const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }));
  const list = async (what: string): Promise<readonly { readonly Id: string }[]> =>
    (await askEngine(box.socket, `${what}filters=${filters}`)) as { Id: string }[];
  const remove = (path: string): Promise<unknown> => callEngine(box.socket, "DELETE", path).catch(() => undefined);
  const rest = async () => ({ containers: await list("/containers/json?all=1&"), networks: await list("/networks?") });
  return {
    project,
    async poststack(...args) {
      const { code, text } = await poststack(...args);
      if (code !== 0) throw new Error(text);
    },
    compose: (...args) => {
      const from = ["-p", project, ...files.flatMap((file) => ["-f", join(root, file)])];
      return runCompose([...from, ...args], environment, join(root, directory));
    },
    async plan() {
      return planLines(await poststack("plan", "--json"));
    },
    async rest() {
      const { containers, networks } = await rest();
      return [...containers.map(({ Id }) => `container ${Id}`), ...networks.map(({ Id }) => `network ${Id}`)];
    },
    async dispose() {
      const { containers, networks } = await rest();
      await Promise.all(containers.map(({ Id }) => remove(`/containers/${Id}?force=true&v=true`)));
      await Promise.all(networks.map(({ Id }) => remove(`/networks/${Id}`)));
      const { Volumes } = (await askEngine(box.socket, `/volumes?filters=${filters}`)) as {
        Volumes: { Name: string }[] | null;
      };
      await Promise.all((Volumes ?? []).map(({ Name }) => remove(`/volumes/${Name}`)));
      await external();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Files beside it that are not in the corpus: those without which an engine starts nothing. */
function makeMissing({ services, configs, secrets }: Case, directory: string): void {
  const pathOf = (written: string): string => written.replace("<project>", directory);
  for (const { file } of Object.values({ ...configs, ...secrets })) {
    if (file === undefined || existsSync(pathOf(file))) continue;
    mkdirSync(dirname(pathOf(file)), { recursive: true });
    writeFileSync(pathOf(file), "made for this test\n");
  }
  for (const { type, source = "", bind } of Object.values(services).flatMap(({ volumes = [] }) => volumes)) {
    if (type === "bind" && bind?.create_host_path !== true) mkdirSync(pathOf(source), { recursive: true });
  }
}

/** A config or a secret out of a variable is nothing without it. */
const givenVariables = ({ configs, secrets }: Case): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...Object.values(configs), ...Object.values(secrets)].flatMap(({ environment: name }) =>
      name === undefined ? [] : [[name, `value of ${name}`]],
    ),
  );

/** What the file says that is there before. */
async function makeExternals(
  { networks, volumes }: Case,
  { engine, signal, labels }: EngineBox,
): Promise<() => Promise<void>> {
  const names = (objects: Case["networks"]): readonly string[] =>
    Object.values(objects).flatMap(({ external, name }) => (external === true && name !== undefined ? [name] : []));
  for (const name of names(volumes)) await engine.createVolume(name, { labels }, signal);
  const made: string[] = [];
  for (const name of names(networks)) made.push((await engine.createNetwork(name, { labels }, signal)).id);
  return async () => {
    for (const id of made) await engine.removeNetwork(id, signal);
    for (const name of names(volumes)) await engine.removeVolume(name, signal);
  };
}

async function runCompose(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd: string,
): Promise<void> {
  const env = { PATH: process.env["PATH"], ...environment };
  const child = spawn(ensureCompose(), args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let text = `$ docker-compose ${args.join(" ")}\n`;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(text);
}

/** What the reference makes of these files, under the name `app`. */
export function loadedBy({ folder, composeFiles, env }: OwnFiles): unknown {
  const files = composeFiles.flatMap((file) => ["-f", join(folder, file)]);
  const args = ["-p", "app", ...files, "config", "--format", "json"];
  const { status, stdout, stderr } = spawnSync(ensureCompose(), args, { encoding: "utf8", env });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Below those that systems give away by themselves (32768 and up on Linux), and not the same in every run. */
const firstPort = 20_000 + (process.pid % 10) * 1_000;
let nextPort = firstPort;

/** Ports that nobody else here is given. */
export const portsFor = (one: Case): readonly number[] => Array.from({ length: portsOf(one) }, () => nextPort++);

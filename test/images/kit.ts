import { afterAll, beforeAll, expect } from "vitest";
import { clock } from "../../controller/adapters/clock.ts";
import { hostLock } from "../../controller/adapters/host-lock.ts";
import { shippedImages } from "../../controller/adapters/shipped-images.ts";
import type { ContainerDetails } from "../../controller/core/ports/container-facts.ts";
import type { ContainerSpec, Mount } from "../../controller/core/ports/container-spec.ts";
import type { ContainerFile, ExecResult } from "../../controller/core/ports/containers.ts";
import type { EngineBox } from "../engine/box.ts";
import { describeEngines, type Part, type TestedEngine } from "../engine/engines.ts";
import { ensureDebian } from "../engine/images.ts";

export const baseDebian = "poststack/base-debian:latest";
export const password = "correct horse, 'battery' \"staple\" \\ $HOME `id`";

/** Milliseconds for a container to come to where a test waits for it. */
const settleMs = 60_000;
/** Milliseconds for both builds: two minutes when nothing is in the engine's cache. */
export const buildMs = 900_000;

/** What a test asks of a container; the rest is the image's. */
export interface Wish {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly user?: string;
  readonly mounts?: readonly Mount[];
  readonly readOnly?: boolean;
  /** Put in before the start. */
  readonly files?: readonly ContainerFile[];
}

/** A container of the test. */
export interface Running {
  readonly id: string;
  inspect(): Promise<ContainerDetails>;
  /** Both streams so far. */
  logs(): Promise<string>;
  exec(...command: readonly [string, ...string[]]): Promise<ExecResult>;
  /** What `sh -c` prints. A failure is the test's. */
  shell(text: string): Promise<string>;
  /** Over the Unix socket, as psql prints it without decoration. */
  sql(text: string, user?: string): Promise<string>;
  /** Until the engine's own check passes. */
  healthy(): Promise<void>;
  /** Until it ends. */
  exitCode(): Promise<number>;
  /** Until its log has the text. */
  says(text: string): Promise<void>;
  stop(): Promise<void>;
  /** SIGKILL to all that runs in it; gone afterwards, but for its named volumes. */
  kill(): Promise<void>;
}

export interface Images {
  readonly box: EngineBox;
  run(wish: Wish): Promise<Running>;
  /** The same on poststack/postgres with a password. */
  postgres(wish?: Wish): Promise<Running>;
  /** A new volume for PGDATA or elsewhere. */
  volume(target?: string): Promise<Mount>;
}

/** Tests of the images on each engine, which has built both before. What a file makes goes with its end. */
export function describeImages(part: string | Part, tests: (images: Images, engine: TestedEngine) => void): void {
  describeEngines(part, (engine) => {
    const { box } = engine;
    beforeAll(() => buildImages(box), buildMs);
    afterAll(() => box.empty());
    const run = (wish: Wish): Promise<Running> => start(box, wish);
    const images: Images = {
      box,
      run,
      postgres: (wish = {}) => run({ ...wish, environment: { POSTGRES_PASSWORD: password, ...wish.environment } }),
      async volume(target = "/var/lib/postgresql/data") {
        const volume = box.name(`volume-${++made}`);
        await box.engine.createVolume(volume, { labels: box.labels }, box.signal);
        return { type: "volume", name: volume, target, readOnly: false };
      },
    };
    tests(images, engine);
  });
}

/** Both images that come with Poststack, for all files of a run. */
export async function buildImages(box: EngineBox): Promise<void> {
  // Two builds at once would both do the work.
  const lock = await hostLock(clock, "the build of the images").take(box.socket, buildMs, () => undefined, box.signal);
  try {
    await ensureDebian(box);
    for (const { references, context } of shippedImages())
      await box.engine.buildImage({ references, context, network: "host" }, box.signal);
  } finally {
    await lock.release();
  }
}

let made = 0;

async function start(box: EngineBox, wish: Wish): Promise<Running> {
  const { engine, signal } = box;
  const spec: ContainerSpec = {
    image: wish.image ?? "poststack/postgres:15",
    environment: new Map(Object.entries(wish.environment ?? {})),
    labels: box.labels,
    network: { mode: "default" },
    // The image's own, more often, as each test waits for it; each costs a process in the container.
    healthcheck: { intervalMs: 1_000 },
    ...{ ports: [], expose: [], mounts: wish.mounts ?? [] },
    ...(wish.command === undefined ? {} : { command: wish.command }),
    ...(wish.user === undefined ? {} : { user: wish.user }),
    ...(wish.readOnly === true ? { security: { readOnly: true } } : {}),
  };
  const { id } = await engine.createContainer(box.name(`container-${++made}`), spec, signal);
  if (wish.files !== undefined) await engine.putFiles(id, wish.files, signal);
  await engine.startContainer(id, signal);
  const running: Running = {
    id,
    async inspect() {
      return (await engine.inspectContainer(id, signal)) ?? expect.fail("the container is gone");
    },
    async logs() {
      const lines: string[] = [];
      for await (const { line } of engine.logs(id, {}, signal)) lines.push(line);
      return lines.join("\n");
    },
    exec: (...command) => engine.exec(id, { command, timeoutMs: settleMs }, signal),
    async shell(text) {
      const { exitCode, output } = await running.exec("bash", "-c", text);
      if (exitCode !== 0) expect.fail(`${text}: exit ${exitCode}: ${output}\n${await running.logs()}`);
      return output.trimEnd();
    },
    async sql(text, user = "postgres") {
      const options = ["--no-align", "--tuples-only", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres"];
      const { exitCode, output } = await running.exec("psql", ...options, `--username=${user}`, `--command=${text}`);
      if (exitCode !== 0) expect.fail(`${text}: ${output}`);
      return output.trimEnd();
    },
    async healthy() {
      await until(running, async () => (await running.inspect()).health === "healthy");
    },
    exitCode: async () => (await engine.waitContainer(id, signal)).exitCode,
    async says(text) {
      await until(running, async () => (await running.logs()).includes(text));
    },
    stop: () => engine.stopContainer(id, {}, signal),
    kill: () => engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal),
  };
  return running;
}

/** Fails as soon as the container has ended, with what it said. */
async function until(running: Running, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + settleMs;
  while (!(await isSo())) {
    const { state, healthOutput } = await running.inspect();
    if (state !== "running" || Date.now() > deadline)
      expect.fail(`${state}: ${healthOutput ?? "no check yet"}\n${await running.logs()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A file of root's, for `files`. */
export const file = (path: string, content: string | Buffer, mode = 0o644): ContainerFile => ({
  path,
  content: Buffer.from(content as string),
  mode,
  uid: 0,
  gid: 0,
});

import { ensureCompose } from "../test/engine/compose.ts";
import { openBox } from "../test/engine/box.ts";
import { startDocker } from "../test/engine/docker-daemon.ts";
import { ensureBusybox } from "../test/engine/images.ts";
import { ensurePostgres, isPossible } from "../test/scenarios/container-instance/image.ts";
import { Missing } from "./case.ts";

/** A Docker of the bench's own, with the images of both sides, and the Docker Compose that is raced against. */
export interface Engine {
  /** `unix://…`, for DOCKER_HOST. */
  readonly host: string;
  /** 2 MB: a shell and the usual small programs. */
  readonly busybox: string;
  /** Of the official image's contract: the machine's own PostgreSQL 15. */
  readonly postgres: string;
  /** The path of the Compose plugin, which runs by itself as well. */
  readonly compose: string;
  /** Something that is to be done before it ends. */
  beforeStop(work: () => void): void;
  /** Ends it with everything in it. */
  stop(): Promise<void>;
}

/** @throws Missing why there can be none on this machine */
export async function startEngine(): Promise<Engine> {
  if (!isPossible) throw new Missing("PostgreSQL 15 is not in /usr/lib/postgresql: there is no image of it");
  const missing = (error: unknown): never => {
    throw new Missing(error instanceof Error ? error.message : String(error));
  };
  const compose = await Promise.resolve().then(ensureCompose).catch(missing);
  const daemon = await startDocker().catch(missing);
  const box = openBox(daemon.socket);
  const last: (() => void)[] = [];
  const beforeStop = (work: () => void): unknown => last.push(work);
  const stop = async (): Promise<void> => {
    try {
      for (const work of last) work();
    } finally {
      await box.close();
      await daemon.stop();
    }
  };
  try {
    const images = { busybox: await ensureBusybox(box), postgres: await ensurePostgres(box) };
    return { host: box.host, ...images, compose, beforeStop, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

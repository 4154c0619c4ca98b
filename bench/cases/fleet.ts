import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../engine.ts";
import type { Contender } from "../measure.ts";
import { poststack } from "../poststack.ts";
import { freePort } from "../server.ts";

// The same hundred services and a Postgres, twice: for Poststack, whose Postgres is that of its environment, and for
// Docker Compose, whose Postgres is one more service of the file.

/** So many services, without Postgres, where nothing else is asked for. */
export const usualCount = 100;

export interface Fleet {
  readonly ours: (...args: readonly string[]) => Contender;
  readonly other: (...args: readonly string[]) => Contender;
  /**
   * `down`. Docker 20.10 may still count a container on the network that it has just removed, and keep the network for good;
   * then it is enough that no container is left.
   */
  readonly otherDown: Contender;
  /** Another value of a variable in one service of both files. */
  readonly change: () => void;
  /** Takes everything of both away, data too. */
  readonly remove: () => void;
}

export interface FleetOptions {
  readonly folder: string;
  readonly home: string;
  readonly engine: Engine;
  /** Compose's services begin when its Postgres is healthy, as Poststack's do when there is a database. */
  readonly waits?: boolean;
  /** Services, without Postgres. */
  readonly count?: number;
  /** Of the project. */
  readonly name?: string;
}

export async function fleet({
  folder,
  home,
  engine,
  waits = false,
  count = usualCount,
  name = "bench",
}: FleetOptions): Promise<Fleet> {
  const [own, foreign] = [join(folder, "poststack"), join(folder, "compose")];
  for (const one of [own, foreign]) mkdirSync(one);
  const [ownPort, foreignPort] = [await freePort(), await freePort()];
  writeFileSync(join(own, ".poststack.yml"), configuration(engine, name, ownPort));
  let value = 0;
  const write = (): void => {
    writeFileSync(join(own, "compose.yaml"), services(engine, count, value, ""));
    const needs = waits ? "\n    depends_on: { postgres: { condition: service_healthy } }" : "";
    writeFileSync(
      join(foreign, "compose.yaml"),
      services(engine, count, value, needs) + postgresService(engine, foreignPort),
    );
  };
  write();
  const environment = { DOCKER_HOST: engine.host };
  const ours: Fleet["ours"] = (...args) => {
    const contender = poststack(args, { cwd: own, home });
    return { ...contender, environment: { ...contender.environment, ...environment } };
  };
  const other: Fleet["other"] = (...args) => ({
    name: `docker compose ${args.join(" ")}`,
    command: [engine.compose, "-p", `${name}-compose`, ...args],
    cwd: foreign,
    environment,
  });
  const downOrEmpty = '"$0" "$@" down || [ -z "$("$0" "$@" ps -aq)" ]';
  const otherDown: Contender = {
    ...other("down"),
    command: ["sh", "-c", downOrEmpty, engine.compose, "-p", `${name}-compose`],
  };
  return {
    ours,
    other,
    otherDown,
    change() {
      value++;
      write();
    },
    remove() {
      runOnce(ours("destroy", "--delete-data", "--confirm", "dev", "--yes"));
      tidyUp(other("down", "--volumes"));
    },
  };
}

/** Where nobody takes the time: a network that Docker keeps (see `otherDown`) goes with the engine. */
export function tidyUp(contender: Contender): void {
  try {
    runOnce(contender);
  } catch (error) {
    console.error(`  ${error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error)}`);
  }
}

export function runOnce({ name, command: [program, ...args], cwd, environment }: Contender): void {
  const { status, stderr } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}\n${stderr.slice(-2_000)}`);
}

const configuration = ({ postgres }: Engine, name: string, port: number): string => `project: { name: ${name} }
environments:
  dev:
    postgres: { provider: container, image: ${postgres}, port: ${port} }
    deployment: { compose: compose.yaml }
`;

/** Ended at once: how long a grace is has nothing to do with who asks for it. */
const services = ({ busybox }: Engine, count: number, value: number, more: string): string =>
  `services:\n${Array.from({ length: count }, (_, index) => {
    const name = `service-${String(index + 1).padStart(3, "0")}`;
    return `  ${name}:
    image: ${busybox}
    command: [sleep, "100000"]
    restart: unless-stopped
    stop_signal: SIGKILL
    environment:
      NAME: ${name}
      LEVEL: \${LEVEL:-info}
      REVISION: "${index === 0 ? value : 0}"
    labels:
      team: bench${more}
`;
  }).join("")}`;

const postgresService = ({ postgres }: Engine, port: number): string => `  postgres:
    image: ${postgres}
    ports: ["127.0.0.1:${port}:5432"]
    environment: { POSTGRES_USER: postgres, POSTGRES_PASSWORD: secret, POSTGRES_DB: postgres }
    volumes: ["data:/var/lib/postgresql/data"]
    healthcheck: { test: [CMD, pg_isready, -U, postgres], interval: 1s, timeout: 5s, retries: 30 }
volumes:
  data: {}
`;

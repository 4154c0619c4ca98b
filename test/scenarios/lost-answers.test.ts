import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster, type Cluster } from "../support/cluster.ts";
import { errorsOf } from "../support/command.ts";
import { freePort } from "../support/scenario-ports.ts";
import { forThisTest, newProject } from "../support/scenario.ts";

// RELIABILITY 13, 24: a proxy delivers what is sent and loses the answer. What is done on the server stays done once.

const config = `project: { name: lost }
environments:
  dev:
    postgres:
      url: { file: admin.url }
      sslmode: disable
      roles: { lost_reporting: { login: true, password: auto_generated } }
    init: [{ run: [echo, seeded], name: seed }]
`;
const files = {
  ".poststack.yml": config,
  "migrations/001_a.sql": "create table a (id int);\ninsert into a values (1);\n",
  "migrations/002_b.sql": "create table b (id int);\ninsert into b values (1);\n",
};

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster.stop());

interface Proxy {
  readonly port: number;
  /** Connections are cut when the server answers for the n-th time from now on; the answer is lost. */
  loseAnswer(number: number): void;
  readonly answers: () => number;
  close(): void;
}

async function proxyTo(target: number): Promise<Proxy> {
  let answers = 0;
  let losing = Number.POSITIVE_INFINITY;
  const open = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => {
          open.delete(socket);
          client.destroy();
          upstream.end();
        });
    }
    client.pipe(upstream);
    upstream.on("data", (chunk) => {
      answers += 1;
      if (answers === losing) client.destroy();
      else client.write(chunk);
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  return {
    port,
    loseAnswer: (number) => {
      answers = 0;
      losing = number;
    },
    answers: () => answers,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

test("whichever answer is lost, the apply or the next one ends with one of each", async () => {
  const proxy = await proxyTo(cluster.port);
  const project = await forThisTest(newProject(files));
  project.write("admin.url", `postgres://postgres:${cluster.password}@127.0.0.1:${proxy.port}/postgres`, 0o600);
  const access = { port: cluster.port, password: cluster.password, database: "lost_dev" };
  const reset = async (): Promise<void> => {
    await project.sql("drop database if exists lost_dev with (force)", { ...access, database: "postgres" });
    await project.sql("drop role if exists lost_dev, lost_reporting", { ...access, database: "postgres" });
  };
  try {
    proxy.loseAnswer(Number.POSITIVE_INFINITY);
    await project.ok("apply", "--yes");
    const all = proxy.answers();
    expect(all).toBeGreaterThan(20);
    // Every third one, so that the run stays short: an action has several answers.
    for (let lost = 2; lost <= all; lost += 3) {
      await reset();
      proxy.loseAnswer(lost);
      const ended = await project.run("apply", "--yes", "--json");
      // It tries again by itself, unless nobody answered at all or the lock's own connection was the one.
      const codes = errorsOf(ended).map(({ code }) => code);
      expect(
        codes.filter((code) => !["POSTGRES_UNREACHABLE", "FENCED"].includes(code)),
        ended.text,
      ).toEqual([]);
      expect(ended.code === 0, `answer ${lost}: ${ended.text}`).toBe(codes.length === 0);
      proxy.loseAnswer(Number.POSITIVE_INFINITY);
      if (ended.code !== 0) {
        const again = await project.run("apply", "--yes");
        expect(again.code, `answer ${lost}: ${ended.text}${again.text}`).toBe(0);
      }
      const [found] = await project.sql(
        `select (select count(*)::int from a) as a, (select count(*)::int from b) as b,
           (select count(*)::int from poststack.schema_migrations where state = 'applied') as migrations,
           (select count(*)::int from poststack.job_runs where state = 'succeeded') > 0 as seeded`,
        access,
      );
      expect(found, `answer ${lost}`).toEqual({ a: 1, b: 1, migrations: 2, seeded: true });
      expect(await project.plan(), `answer ${lost}`).toEqual([]);
    }
  } finally {
    proxy.close();
  }
}, 180_000);

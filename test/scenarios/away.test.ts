import { connect, createServer } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { forThisTest, newProject } from "../support/scenario.ts";

const files = {
  ".poststack.yml": `project: { name: shop }
environments:
  prod:
    postgres: { url: { file: admin.url }, sslmode: disable }
`,
  "port.txt": "PORT0",
  "migrations/001_a.sql": "create table a (id int);\n",
};

// README: retryable is tried again. The server of somebody else may be restarting, or come up after us.
test("an external server that does not answer yet is waited for; plan says what it waits for", async () => {
  const cluster = await startCluster();
  onTestFinished(cluster.stop, 60_000);
  const project = await forThisTest(newProject(files));
  const [port = 0] = project.ports;
  project.write("admin.url", `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`, 0o600);

  const planned = await project.run("plan", "--detailed-exitcode");
  expect(planned.code, planned.text).toBe(2);
  expect(planned.text).toContain(`no Postgres answers at 127.0.0.1:${port} (ECONNREFUSED)`);

  const apply = project.start("apply", "--yes", "--json");
  await apply.until(({ type }) => type === "retry");
  // From here on the server answers where it is looked for.
  const door = createServer((client) => {
    const server = connect(cluster.port, "127.0.0.1");
    client.pipe(server).pipe(client);
    for (const one of [client, server]) one.on("error", () => void (client.destroy(), server.destroy()));
  });
  onTestFinished(() => void door.close());
  await once(door.listen(port, "127.0.0.1"), "listening");
  const ended = await apply.ended;
  expect(ended.code, ended.text).toBe(0);
  expect(await project.plan()).toEqual([]);
});

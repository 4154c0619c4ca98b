import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { postgres } from "../../controller/adapters/postgres.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import { Secret } from "../../controller/core/secret.ts";
import { sqlFailure } from "../../controller/core/sql.ts";
import { freePort } from "../support/cluster.ts";
import { test } from "../support/postgres.ts";

const failureOf = async (promise: Promise<unknown>): Promise<PoststackError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PoststackError)) throw new Error(`not an error of ours: ${String(error)}`);
  return error;
};

test("a failing string of a pipeline is named with the statements that completed and the position", async ({
  database,
}) => {
  const error = await failureOf(
    database.admin.pipeline(["begin", "select 1; select 2;\nselect nothing_there", "commit"], database.signal),
  );
  expect(error.code).toBe("POSTGRES_QUERY");
  expect(sqlFailure(error)).toMatchObject({ sqlState: "42703", string: 1, completed: 2, position: 28 });
});

test("what follows a failure inside one transaction does nothing", async ({ database }) => {
  await database.query("create table kept (n int)");
  await failureOf(
    database.admin.pipeline(
      ["begin", "insert into kept values (1)", "select 1/0", "insert into kept values (2); commit"],
      database.signal,
    ),
  );
  await database.query("rollback");
  expect(await database.column("select n from kept")).toEqual([]);
});

test("the strings of a pipeline run in the order in which they stand", async ({ database }) => {
  await database.query("create table told (id int generated always as identity, n int)");
  const strings = Array.from({ length: 20 }, (_, n) => `insert into told (n) values (${n})`);
  const expected: number[] = [];
  for (let round = 0; round < 100; round++) {
    await database.admin.pipeline(strings, database.signal);
    expected.push(...strings.keys());
  }
  expect(await database.column("select n from told order by id")).toEqual(expected);
});

test("an abort cancels the statement on the server and the session lives on", async ({ database }) => {
  const controller = new AbortController();
  const sleeping = database.admin.query("select pg_sleep(60)", [], controller.signal);
  controller.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
  expect(await database.column("select 1 as one")).toEqual([1]);
});

test("an abort ends, too, where nobody answers the cancel request", async ({ database }) => {
  const { endpoint, signal } = database;
  const sockets: Socket[] = [];
  // Hands everything on, up to the cancel request, which it keeps.
  const proxy = createServer((client) => {
    const server = connect(endpoint.port, endpoint.host);
    sockets.push(client, server);
    for (const one of [client, server]) one.on("error", () => undefined);
    client.on("data", (bytes) => void (bytes.includes("pg_cancel_backend") || server.write(bytes)));
    server.on("data", (bytes) => void client.write(bytes));
    client.on("close", () => server.destroy());
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const { port } = proxy.address() as AddressInfo;
  const session = await postgres("poststack-test").connect({ ...endpoint, port }, endpoint.admin, "postgres", signal);
  const controller = new AbortController();
  const sleeping = session.query("select pg_sleep(600)", [], controller.signal);
  controller.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
  for (const socket of sockets) socket.destroy();
  proxy.close();
});

test("an abort while it connects ends that, however far it has come", async ({ database }) => {
  const { endpoint } = database;
  const driver = postgres("poststack-test");
  // The server answers nothing, or so many packets: it is aborted before the login, in it, and at its end.
  for (const packets of [0, 1, 2]) {
    const sockets: Socket[] = [];
    const controller = new AbortController();
    const proxy = createServer((client) => {
      const server = connect(endpoint.port, endpoint.host);
      sockets.push(client, server);
      for (const one of [client, server]) one.on("error", () => undefined);
      let passed = 0;
      client.on("data", (bytes) => void server.write(bytes));
      server.on("data", (bytes) => {
        if (passed++ < packets) client.write(bytes);
        else controller.abort(new Error("enough"));
      });
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    const { port } = proxy.address() as AddressInfo;
    const connecting = driver.connect({ ...endpoint, port }, endpoint.admin, "postgres", controller.signal);
    const ended = await Promise.race([
      connecting.then((session) => session.close().then(() => "connected"), String),
      once(controller.signal, "abort").then(() => pause(10_000, "nothing", { ref: false })),
    ]);
    expect(ended, `${packets} packets`).toBe("Error: enough");
    for (const socket of sockets) socket.destroy();
    proxy.close();
  }
  await expect(
    driver.connect(endpoint, endpoint.admin, "postgres", AbortSignal.abort(new Error("no"))),
  ).rejects.toThrow("no");
});

test("a wrong password, a missing database and a closed port each have their code", async ({ database }) => {
  const driver = postgres("poststack-test");
  const { endpoint, signal } = database;
  const wrong = { user: database.owner, password: new Secret("canary-wrong") };
  const refused = await failureOf(driver.connect(endpoint, wrong, database.name, signal));
  expect(refused.code).toBe("POSTGRES_LOGIN");
  expect(JSON.stringify([refused, refused.cause, String(refused)])).not.toContain("canary-wrong");
  const missing = await failureOf(driver.connect(endpoint, endpoint.admin, "not_there", signal));
  expect(sqlFailure(missing)?.sqlState).toBe("3D000");
  const closed = await failureOf(
    driver.connect({ ...endpoint, port: await freePort() }, endpoint.admin, "postgres", signal),
  );
  expect(closed.code).toBe("POSTGRES_UNREACHABLE");
});

test("a connection that the server ends says so", async ({ database }) => {
  const driver = postgres("poststack-test");
  const session = await driver.connect(database.endpoint, database.endpoint.admin, database.name, database.signal);
  const lost = new Promise<void>((resolve) => {
    session.lost.addEventListener("abort", () => resolve(), { once: true });
  });
  await database.query("select pg_terminate_backend($1)", [session.pid]);
  await lost;
  expect((await failureOf(session.query("select 1", [], database.signal))).errorClass).toMatch(/retryable|unknown/);
});

test("sslmode prefer goes on in the clear where the server has no TLS, and its errors stay ours", async ({
  database,
}) => {
  const driver = postgres("poststack-test");
  const endpoint = { ...database.endpoint, sslmode: "prefer" as const };
  const session = await driver.connect(endpoint, endpoint.admin, database.name, database.signal);
  await session.close();
  const missing = await failureOf(driver.connect(endpoint, endpoint.admin, "not_there", database.signal));
  expect(sqlFailure(missing)?.sqlState).toBe("3D000");
  const required = { ...endpoint, sslmode: "require" as const };
  expect((await failureOf(driver.connect(required, endpoint.admin, database.name, database.signal))).code).toBe(
    "POSTGRES_UNREACHABLE",
  );
});

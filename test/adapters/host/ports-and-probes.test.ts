import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { portHolder } from "../../../controller/adapters/port-holder.ts";
import type { Probe } from "../../../controller/core/ports/host.ts";
import { isAlive, stage, untilWritten } from "./stage.ts";

const { signal } = new AbortController();

async function listening(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("who holds a port", () => {
  test.each<[string, string, string, boolean]>([
    ["the same address", "127.0.0.1", "127.0.0.1", true],
    ["the name of this machine", "127.0.0.1", "localhost", true],
    ["all addresses asked for", "127.0.0.1", "0.0.0.0", true],
    ["all addresses held", "0.0.0.0", "127.0.0.1", true],
    ["another address of this machine", "127.0.0.1", "127.0.0.2", false],
    ["another machine", "0.0.0.0", "192.0.2.1", false],
    ["a name that only DNS knows", "0.0.0.0", "example.com", false],
  ])("%s", async (_name, held, asked, expected) => {
    const port = await listening(createServer(), held);
    const holder = await portHolder(asked, port, signal);
    expect(holder?.text.replace(/^\S+/, "")).toBe(expected ? ` (pid ${process.pid})` : undefined);
  });

  test("nobody", async () => {
    const server = createServer();
    const port = await listening(server, "127.0.0.1");
    server.close();
    await once(server, "close");
    expect(await portHolder("127.0.0.1", port, signal)).toBeUndefined();
  });

  test("a connection to a port holds nothing", async () => {
    const server = createServer((socket) => socket.on("error", () => undefined));
    const port = await listening(server, "127.0.0.1");
    const { connect } = await import("node:net");
    const client = connect(port, "127.0.0.1");
    await once(client, "connect");
    const own = client.localPort ?? 0;
    expect(await portHolder("127.0.0.1", own, signal)).toBeUndefined();
    client.destroy();
  });

  test("one of ours is named as ours, also a child of it that hides its marks", async () => {
    const one = stage();
    const program =
      "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log('port ' + s.address().port))";
    const spec = one.script(`env -i "${process.execPath}" -e "${program}"; true`);
    await one.host.start(spec, one.signal);
    await untilWritten(one, spec, "port ");
    const port = Number(/port (\d+)/.exec(one.output(spec))?.[1]);
    const holder = await one.host.portHolder("127.0.0.1", port, one.signal);
    expect(holder).toMatchObject({ resource: "process:web", text: `node (pid ${holder?.pid})` });
    const [record] = await one.host.processes(one.signal);
    if (record !== undefined) await one.host.stop(record, one.signal);
    expect(isAlive(holder?.pid ?? 0)).toBe(false);
  });
});

describe("a probe", () => {
  test.each<[number, boolean]>([
    [200, true],
    [204, true],
    [302, true],
    [404, false],
    [503, false],
  ])("http %i: %s", async (status, expected) => {
    const server = createHttpServer((_request, response) =>
      response.writeHead(status, { location: "http://192.0.2.1/" }).end("x".repeat(100_000)),
    );
    const port = await listening(server, "127.0.0.1");
    expect(await passes({ type: "http", url: `http://127.0.0.1:${port}/health` })).toBe(expected);
  });

  test("http: silence is no", async () => {
    const port = await listening(createServer(), "127.0.0.1");
    expect(await passes({ type: "http", url: `http://127.0.0.1:${port}/` })).toBe(false);
  });

  test("http: something that does not speak it is no", async () => {
    const port = await listening(
      createServer((socket) => socket.on("error", () => undefined).end("hello\n")),
      "127.0.0.1",
    );
    expect(await passes({ type: "http", url: `http://127.0.0.1:${port}/` })).toBe(false);
  });

  test("tcp: a listener is yes, nobody is no", async () => {
    const server = createServer();
    const port = await listening(server, "127.0.0.1");
    expect(await passes({ type: "tcp", host: "127.0.0.1", port })).toBe(true);
    server.close();
    await once(server, "close");
    expect(await passes({ type: "tcp", host: "127.0.0.1", port })).toBe(false);
  });

  test.each<[string, string, boolean]>([
    ["success is yes", "exit 0", true],
    ["failure is no", "exit 1", false],
    ["it has the process's environment", 'test "$GREETING" = hello', true],
    ["an endless one is no", "sleep 1000", false],
  ])("command: %s", async (_name, text, expected) => {
    expect(await passes({ type: "command", command: ["sh", "-c", text] })).toBe(expected);
  });

  test("command: a program that does not exist is an error, not a no", async () => {
    await expect(passes({ type: "command", command: ["no-such-program"] })).rejects.toMatchObject({
      code: "COMMAND_MISSING",
    });
  });

  test.each<[string, (port: number) => Probe]>([
    ["http", (port) => ({ type: "http", url: `http://127.0.0.1:${port}/` })],
    ["command", () => ({ type: "command", command: ["sh", "-c", "exec sleep 1000"] })],
  ])("%s: an abort is thrown at once", async (_name, probe) => {
    const port = await listening(createServer(), "127.0.0.1");
    const controller = new AbortController();
    const probing = passes(probe(port), controller.signal);
    controller.abort(new Error("enough"));
    await expect(probing).rejects.toThrow("enough");
  });
});

const passes = (probe: Probe, on: AbortSignal = signal): Promise<boolean> =>
  stage().host.probe(probe, new Map([["GREETING", "hello"]]), "/", on);

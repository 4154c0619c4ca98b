import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { messageTypes } from "./counting-proxy.ts";

/** A Postgres that is there and, from some moment on, says nothing: a frozen machine, a tunnel to nowhere. */
export interface SilentProxy {
  readonly port: number;
  /** From the packet on that holds this statement, counted from now: it and all after it, on every connection. */
  beSilentAt(statement: number): void;
  /** Statements since then. */
  readonly statements: () => number;
  readonly isSilent: () => boolean;
}

/** Ends with the test. Silent from the first byte until it is told otherwise; without TLS only. */
export async function silentProxy(target: number): Promise<SilentProxy> {
  let statements = 0;
  let silentAt = 0;
  const isSilent = (): boolean => statements >= silentAt;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => {
          open.delete(socket);
          client.destroy();
          upstream.destroy();
        });
    }
    const count = messageTypes((type) => {
      if (type === "Q" || type === "P") statements++;
    });
    client.on("data", (chunk: Buffer) => {
      count(chunk);
      if (!isSilent()) upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      if (!isSilent()) client.write(chunk);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    beSilentAt: (statement) => {
      statements = 0;
      silentAt = statement;
    },
    statements: () => statements,
    isSilent,
  };
}

import { connect, createServer } from "node:net";

/** Forwards to a Postgres and counts what clients ask of it. */
export interface CountingProxy {
  readonly port: number;
  /** Since the last time this was asked. */
  counts(): Counts;
  close(): void;
}

export interface Counts {
  readonly connections: number;
  /** Query and Parse messages (manual: 53.7, Message Formats), each one statement string. */
  readonly statements: number;
}

/** Without TLS only: what is encrypted cannot be counted. */
export function countingProxy(target: number): Promise<CountingProxy> {
  let connections = 0;
  let statements = 0;
  const server = createServer((client) => {
    connections++;
    const upstream = connect(target, "127.0.0.1");
    const count = messageTypes((type) => {
      if (type === "Q" || type === "P") statements++;
    });
    client.on("data", (chunk: Buffer) => count(chunk)).pipe(upstream);
    upstream.pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => upstream.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        counts: () => {
          const counted = { connections, statements };
          connections = statements = 0;
          return counted;
        },
        close: () => server.close(),
      });
    });
  });
}

/** Tells each message's type. The first one, the startup message, has none. */
export function messageTypes(tell: (type: string) => void): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0);
  let isStarted = false;
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      const head = isStarted ? 1 : 0;
      if (waiting.length < head + 4) return;
      const length = head + waiting.readInt32BE(head);
      if (waiting.length < length) return;
      if (isStarted) tell(waiting.toString("latin1", 0, 1));
      isStarted = true;
      waiting = waiting.subarray(length);
    }
  };
}

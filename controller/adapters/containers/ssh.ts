import { spawn } from "node:child_process";
import { Agent, type ClientRequestArgs } from "node:http";
import { Duplex } from "node:stream";
import type { EngineAddress } from "./address.ts";

/**
 * Connections to an engine on another machine, as docker's own client makes them: `ssh … docker system dial-stdio`. The
 * user's own ssh configuration, agent and known hosts count; no key passes through us.
 */
export class SshAgent extends Agent {
  private readonly command: readonly [string, ...string[]];
  private readonly environment: ReadonlyMap<string, string>;

  constructor(address: Extract<EngineAddress, { type: "ssh" }>, environment: ReadonlyMap<string, string>) {
    super({ keepAlive: true, maxSockets: 4 });
    const { user, host, port } = address;
    this.command = [
      ...(["ssh", "-o", "ConnectTimeout=5", "-T"] as const),
      ...(user === undefined ? [] : ["-l", user]),
      ...(port === undefined ? [] : ["-p", String(port)]),
      "--",
      host,
      "docker",
      "system",
      "dial-stdio",
    ];
    this.environment = environment;
  }

  override createConnection(
    _: ClientRequestArgs,
    connected?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const [program, ...args] = this.command;
    const child = spawn(program, args, { env: Object.fromEntries(this.environment), stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-2_000)));
    const duplex = Duplex.from({ readable: child.stdout, writable: child.stdin });
    child.once("error", (error) => duplex.destroy(error));
    child.once("exit", (code) => {
      if (code !== 0) duplex.destroy(new Error(`ssh: ${said.trim() || `exit code ${code}`}`));
    });
    duplex.once("close", () => child.kill());
    child.once("spawn", () => connected?.(null, asSocket(duplex, child)));
    return undefined;
  }
}

/** What Node's HTTP client asks of a socket beside reading and writing. */
function asSocket(duplex: Duplex, child: { ref(): void; unref(): void }): Duplex {
  const same = (): Duplex => duplex;
  return Object.assign(duplex, {
    setTimeout: same,
    setNoDelay: same,
    setKeepAlive: same,
    ref: () => (child.ref(), duplex),
    unref: () => (child.unref(), duplex),
  });
}

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { Agent, type ClientRequestArgs } from "node:http";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { EngineAddress } from "./address.ts";
import { connectLimitMs } from "./unreached.ts";

/**
 * Connections to an engine on another machine, as docker's own client makes them: `ssh … docker system dial-stdio`, which
 * Podman has, too. The user's own ssh configuration, agent and known hosts count; no key passes through us.
 */
export class SshAgent extends Agent {
  private readonly args: readonly string[];
  private readonly environment: ReadonlyMap<string, string>;

  constructor(address: Extract<EngineAddress, { type: "ssh" }>, environment: ReadonlyMap<string, string>) {
    super({ keepAlive: true, maxSockets: 4 });
    this.args = sshArguments(address);
    this.environment = environment;
  }

  override createConnection(
    _: ClientRequestArgs,
    connected?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const child = spawn("ssh", this.args, {
      env: Object.fromEntries(this.environment),
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stream = streamOf(child);
    // Without a program there is no connection, and nobody yet who would hear of the stream's end.
    const missing = (error: Error): void => connected?.(error, stream.on("error", () => undefined).destroy());
    child.once("error", missing);
    child.once("spawn", () => {
      child.off("error", missing).once("error", (error) => stream.destroy(error));
      connected?.(null, asSocket(stream, child));
    });
    return undefined;
  }
}

/**
 * What docker's client gives to ssh (docker/cli, connhelper), and BatchMode: up to four connections are opened at once,
 * each with a deadline, so nobody could answer what ssh asks.
 */
function sshArguments(address: Extract<EngineAddress, { type: "ssh" }>): readonly string[] {
  const { user, host, port, path, program } = address;
  const login = user === undefined ? [] : ["-l", user];
  const door = port === undefined ? [] : ["-p", String(port)];
  const socket = path === undefined ? [] : [program === "docker" ? "--host" : "--url", `unix://${path}`];
  const options = ["-o", `ConnectTimeout=${connectLimitMs / 1_000}`, "-o", "BatchMode=yes", "-T"];
  return [...options, ...login, ...door, "--", host, program, ...socket, "system", "dial-stdio"];
}

/**
 * Both directions as one stream. It ends when ssh has ended, not when a pipe closes: by then it is known why, and a request
 * that failed tells that and not that a pipe broke.
 */
function streamOf(child: ChildProcessWithoutNullStreams): Duplex {
  const { stdin, stdout, stderr } = child;
  const stream = new Duplex({
    read: () => void stdout.resume(),
    write: (chunk, _encoding, written) => void stdin.write(chunk, () => written()),
    final: (ended) => void stdin.end(ended),
    destroy(error, destroyed) {
      child.kill();
      destroyed(error);
    },
  });
  let said = "";
  stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-2_000)));
  stdin.on("error", () => undefined);
  stdout.on("data", (chunk: Buffer) => {
    if (!stream.push(chunk)) stdout.pause();
  });
  child.once("close", (code) => {
    if (code === 0) stream.push(null);
    else stream.destroy(new Error(`ssh: ${said.trim().replace(/^ssh: /, "") || `exit code ${code}`}`));
  });
  return stream;
}

/** What Node's HTTP client asks of a socket beside reading and writing. An idle one keeps no command from its end. */
function asSocket(stream: Duplex, child: ChildProcessWithoutNullStreams): Duplex {
  // Of the types, pipes are no sockets; of Node, they are (manual, "subprocess.stdio").
  const parts = [child, ...[child.stdin, child.stdout, child.stderr].filter((part) => part instanceof Socket)];
  const same = (): Duplex => stream;
  return Object.assign(stream, {
    setTimeout: same,
    setNoDelay: same,
    setKeepAlive: same,
    ref: () => (parts.forEach((part) => part.ref()), stream),
    unref: () => (parts.forEach((part) => part.unref()), stream),
  });
}

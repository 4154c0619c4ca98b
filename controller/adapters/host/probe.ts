import { once } from "node:events";
import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { Probe } from "../../core/ports/host.ts";
import type { Text } from "../../core/secret.ts";
import { unreachable } from "../../core/unreachable.ts";
import { plainEnvironment } from "./environment.ts";
import { locate } from "./program.ts";

/** A probe that has not answered by then has not passed. */
const limitMs = 2_000;

/** One readiness probe: true when it passes. Goes where the user's file points and nowhere else: no redirect is followed. */
export async function runProbe(
  probe: Probe,
  environment: ReadonlyMap<string, Text>,
  cwd: string,
  signal: AbortSignal,
): Promise<boolean> {
  switch (probe.type) {
    case "tcp":
      return await accepts(probe.host, probe.port, signal);
    case "http":
      return await answers(probe.url, signal);
    case "command":
      return await succeeds(probe.command, environment, cwd, signal);
    default:
      return unreachable(probe);
  }
}

/** Whether something accepts a TCP connection. */
export async function accepts(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ host: host.replace(/^\[(.*)\]$/, "$1"), port });
  try {
    await once(socket, "connect", { signal: limited(signal) });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    socket.destroy();
  }
}

/** 2xx and 3xx pass: a redirect to a login page is the answer of a program that works. */
async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  const { get } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  // `agent: false`: a connection of its own, so that none is left open when the probe is done.
  const request = get(url, { agent: false, signal: limited(signal) });
  try {
    const [response] = (await once(request, "response")) as [{ readonly statusCode?: number }];
    const status = response.statusCode ?? 0;
    return status >= 200 && status < 400;
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    request.on("error", () => undefined).destroy();
  }
}

async function succeeds(
  command: readonly [string, ...string[]],
  environment: ReadonlyMap<string, Text>,
  cwd: string,
  signal: AbortSignal,
): Promise<boolean> {
  const child = spawn(locate(command[0], environment, cwd), command.slice(1), {
    argv0: command[0],
    cwd,
    env: plainEnvironment(environment),
    stdio: "ignore",
    detached: true,
  });
  try {
    const [code] = (await once(child, "exit", { signal: limited(signal) })) as [number | null];
    return code === 0;
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    endGroup(child.pid);
  }
}

/** What a probe started ends with it, also what it left behind in its group. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: nothing of it is left.
  }
}

const limited = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);

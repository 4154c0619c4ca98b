import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint, Login } from "../../controller/core/ports/postgres.ts";
import { install } from "../engine/packages.ts";
import { freePort } from "./cluster.ts";

export interface Pooler {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/**
 * A PgBouncer on this machine before a server.
 *
 * @param logins with their passwords: it logs in with the same ones
 * @throws Error with the reason why there can be none here
 */
export async function startPgbouncer(
  server: Pick<Endpoint, "port">,
  mode: "session" | "transaction" | "statement",
  logins: readonly (Pick<Login, "user"> & { readonly password: string })[],
): Promise<Pooler> {
  install(["pgbouncer"]);
  const folder = mkdtempSync(join(tmpdir(), "poststack-test-pgbouncer-"));
  // It gives up being root, and reads its files after that.
  chmodSync(folder, 0o755);
  const at = (name: string): string => join(folder, name);
  const port = await freePort();
  writeFileSync(at("users"), logins.map(({ user, password }) => `"${user}" "${password}"\n`).join(""));
  writeFileSync(
    at("pgbouncer.ini"),
    [
      "[databases]",
      `* = host=127.0.0.1 port=${server.port}`,
      "[pgbouncer]",
      `listen_addr = 127.0.0.1`,
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = scram-sha-256",
      `auth_file = ${at("users")}`,
      `pool_mode = ${mode}`,
      "default_pool_size = 5",
    ].join("\n"),
  );
  const isRoot = process.getuid?.() === 0;
  const args = [...(isRoot ? ["--user", "nobody"] : []), at("pgbouncer.ini")];
  const child = spawn("/usr/sbin/pgbouncer", args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`pgbouncer does not start (exit code ${child.exitCode})`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    }).once("error", () => resolve(false));
  });

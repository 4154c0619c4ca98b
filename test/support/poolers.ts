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

type Behind = Pick<Endpoint, "port">;
type Known = Pick<Login, "user"> & { readonly password: string };

/**
 * A PgBouncer on this machine before a server.
 *
 * @param logins with their passwords: it logs in with the same ones
 * @throws Error with the reason why there can be none here
 */
export function startPgbouncer(
  server: Behind,
  mode: "session" | "transaction" | "statement",
  logins: readonly Known[],
): Promise<Pooler> {
  return start("pgbouncer", (port, at) => {
    writeFileSync(at("users"), logins.map(({ user, password }) => `"${user}" "${password}"\n`).join(""));
    writeFileSync(
      at("pgbouncer.ini"),
      [
        "[databases]",
        `* = host=127.0.0.1 port=${server.port}`,
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        `listen_port = ${port}`,
        "unix_socket_dir =",
        "auth_type = scram-sha-256",
        `auth_file = ${at("users")}`,
        `pool_mode = ${mode}`,
        "default_pool_size = 5",
      ].join("\n"),
    );
    // It gives up being root, and reads its files after that.
    return [...(process.getuid?.() === 0 ? ["--user", "nobody"] : []), at("pgbouncer.ini")];
  });
}

/**
 * A Pgpool-II on this machine before one server. It asks for passwords in the clear, since it has none itself.
 *
 * @throws Error with the reason why there can be none here
 */
export function startPgpool(server: Behind): Promise<Pooler> {
  return start("pgpool", (port, at) => {
    for (const name of ["pool_hba.conf", "pcp.conf"]) writeFileSync(at(name), "");
    writeFileSync(
      at("pgpool.conf"),
      [
        "backend_clustering_mode = 'raw'",
        "listen_addresses = '127.0.0.1'",
        `port = ${port}`,
        `pcp_port = ${port + 1 > 65_535 ? port - 1 : port + 1}`,
        ...["socket_dir", "pcp_socket_dir", "wd_ipc_socket_dir", "logdir"].map((name) => `${name} = '${at("")}'`),
        `pid_file_name = '${at("pid")}'`,
        "backend_hostname0 = '127.0.0.1'",
        `backend_port0 = ${server.port}`,
        "enable_pool_hba = off",
        "pool_passwd = ''",
        "allow_clear_text_frontend_auth = on",
        "num_init_children = 4",
        "memory_cache_enabled = off",
      ].join("\n"),
    );
    return ["-n", "-f", at("pgpool.conf"), "-a", at("pool_hba.conf"), "-F", at("pcp.conf")];
  });
}

/** @param write its files, below a folder of its own; gives its arguments */
async function start(
  program: string,
  write: (port: number, at: (name: string) => string) => readonly string[],
): Promise<Pooler> {
  install([program]);
  const folder = mkdtempSync(join(tmpdir(), `poststack-test-${program}-`));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const args = write(port, (name) => join(folder, name));
  const child = spawn(`/usr/sbin/${program}`, args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${program} does not start (exit code ${child.exitCode})`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    stop: async () => {
      child.kill("SIGINT");
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

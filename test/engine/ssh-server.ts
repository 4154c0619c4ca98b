import { spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../support/scenario-ports.ts";
import { install } from "./packages.ts";

/** A machine that is reached by ssh: this one, through a server of our own with keys of its own. */
export interface SshServer {
  /** `ssh://user@127.0.0.1:port`, for DOCKER_HOST. */
  readonly host: string;
  /** A folder for PATH: its `ssh` knows the server's key and has one that the server lets in. */
  readonly path: string;
  /** Such a folder whose ssh lacks something: the key, or to know the server. */
  without(what: "key" | "known host"): string;
  stop(): Promise<void>;
}

/**
 * @param folder for keys and configuration, which goes with the test
 * @param socket where `docker` finds its engine over there
 * @throws Error with the reason why there can be none here
 */
export async function startSsh(folder: string, socket: string): Promise<SshServer> {
  install(["sshd", "ssh", "docker"]);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const at = (name: string): string => join(folder, name);
  for (const name of ["host", "user", "stranger"]) {
    const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  }
  copyFileSync(at("user.pub"), at("authorized_keys"));
  chmodSync(at("authorized_keys"), 0o600);
  const port = await freePort();
  writeFileSync(
    at("sshd_config"),
    [
      ...[`ListenAddress 127.0.0.1:${port}`, `HostKey ${at("host")}`, `AuthorizedKeysFile ${at("authorized_keys")}`],
      // Folders above belong to everybody; who could write there is not what is tested.
      ...["StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin prohibit-password"],
      ...[`PidFile ${at("pid")}`, `SetEnv DOCKER_HOST=unix://${socket}`, "MaxStartups 50"],
    ].join("\n"),
  );
  // Where it goes without its rights; the package's service makes it at boot.
  if (!existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 });
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", at("sshd_config")], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error("sshd does not start");
    await pause(20);
  }
  writeFileSync(at("known"), `[127.0.0.1]:${port} ${readFileSync(at("host.pub"), "utf8")}`);
  writeFileSync(at("unknown"), "");
  const client = (name: string, key: string, known: string): string => {
    const path = at(name);
    mkdirSync(path);
    const options = `-F none -o IdentityFile=${at(key)} -o IdentitiesOnly=yes -o UserKnownHostsFile=${at(known)}`;
    writeFileSync(join(path, "ssh"), `#!/bin/sh\nexec /usr/bin/ssh ${options} "$@"\n`, { mode: 0o755 });
    return path;
  };
  const ways = {
    key: client("without-key", "stranger", "known"),
    "known host": client("without-known-host", "user", "unknown"),
  } as const;
  return {
    host: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    path: client("with-all", "user", "known"),
    without: (what) => ways[what],
    async stop() {
      child.kill();
      await ended;
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

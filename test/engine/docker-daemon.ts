import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { engineFolder, serve, type Daemon } from "./daemon.ts";
import { freeBlock, openNet } from "./net.ts";
import { install } from "./packages.ts";
import { hasOtherRoot } from "./root.ts";

export interface DockerOptions {
  /** Of a disk of its own for images and containers; it goes with the engine's folder. */
  readonly diskMegabytes?: number;
  /** Listens there, too, for who is signed by the same authority: `ca.pem`, `cert.pem` and `key.pem` of a folder. */
  readonly tls?: { readonly port: number; readonly folder: string };
}

/**
 * A private Docker, beside any other on the machine: socket, data, bridge and addresses of its own. It keeps its hands off
 * the firewall: a dockerd that starts empties the chains that the machine's own one, or another test's, has filled.
 */
export async function startDocker({ tls, diskMegabytes }: DockerOptions = {}): Promise<Daemon> {
  install(["ip", "iptables", "busybox", ...(hasOtherRoot ? [] : ["dockerd", "runc"])]);
  if (process.getuid?.() !== 0) throw new Error("not root: dockerd needs it");
  const folder = engineFolder();
  const bridge = `pst${process.pid}`;
  const block = freeBlock();
  const closeNet = openNet(folder, bridge, `10.${block}`);
  const data = join(folder, "data");
  if (diskMegabytes !== undefined) mountDisk(data, diskMegabytes);
  return await serve(
    folder,
    [
      "dockerd",
      ...["--host", `unix://${join(folder, "engine.sock")}`],
      ...["--data-root", data, "--exec-root", join(folder, "exec"), "--pidfile", join(folder, "dockerd.pid")],
      ...["--bridge", bridge, "--default-address-pool", `base=10.${block}.128.0/17,size=24`],
      ...["--iptables=false", "--ip6tables=false", "--ip-masq=false"],
      ...(tls === undefined ? [] : tlsOptions(tls)),
    ],
    {},
    closeNet,
  );
}

function mountDisk(path: string, megabytes: number): void {
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path]);
  if (status !== 0) throw new Error(`a small disk cannot be mounted here: ${stderr.toString()}`);
}

const tlsOptions = ({ port, folder }: NonNullable<DockerOptions["tls"]>): readonly string[] => [
  ...["--host", `tcp://127.0.0.1:${port}`, "--tlsverify"],
  ...[
    "--tlscacert",
    join(folder, "ca.pem"),
    "--tlscert",
    join(folder, "cert.pem"),
    "--tlskey",
    join(folder, "key.pem"),
  ],
];

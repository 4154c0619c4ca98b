import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One certificate authority, in a folder of its own, and what it signs. */
export interface Authority {
  /** `ca.pem`, `cert.pem` and `key.pem` in a folder of this name, as the docker client wants them; its path. */
  pair(name: string, use: "server" | "client", options?: { readonly isExpired?: boolean }): string;
}

/** Made by openssl. A server's certificate is for 127.0.0.1. */
export function authority(folder: string): Authority {
  mkdirSync(folder, { recursive: true });
  const openssl = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...newKey, "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test ca");
  return {
    pair(name, use, { isExpired = false } = {}) {
      const path = join(folder, name);
      mkdirSync(path);
      openssl("req", ...newKey, "-keyout", `${name}/key.pem`, "-out", `${name}/request`, "-subj", `/CN=${name}`);
      writeFileSync(join(path, "names"), `subjectAltName=IP:127.0.0.1\nextendedKeyUsage=${use}Auth\n`);
      // Its end lies before its beginning.
      const days = ["-days", isExpired ? "-1" : "2"];
      const authority = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial"];
      const signed = ["-in", `${name}/request`, "-out", `${name}/new.pem`, "-extfile", `${name}/names`];
      openssl("x509", "-req", ...authority, ...days, ...signed);
      renameSync(join(path, "new.pem"), join(path, "cert.pem"));
      spawnSync("cp", ["ca.pem", `${name}/ca.pem`], { cwd: folder });
      return path;
    },
  };
}

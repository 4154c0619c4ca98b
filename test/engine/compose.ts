import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { install } from "./packages.ts";

/** The Debian whose `docker-compose` is Compose 2, written in Go; in the one before it is Compose 1. */
const release = "trixie";
const plugin = "usr/libexec/docker/cli-plugins/docker-compose";

/**
 * The path of Docker Compose, as the reference. It comes out of Debian's package, is not installed, and stays in the
 * user's cache. The machine's own keys prove it, and none of its other sources of packages is asked or changed.
 *
 * @throws Error with the reason why there can be none here
 */
export function ensureCompose(): string {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "poststack-test");
  const program = join(cache, "docker-compose");
  if (existsSync(program)) return program;
  install(["apt-get", "dpkg-deb"]);
  const folder = mkdtempSync(join(tmpdir(), "poststack-compose-"));
  try {
    const list = join(folder, "sources");
    writeFileSync(list, `deb http://deb.debian.org/debian ${release} main\n`);
    mkdirSync(join(folder, "lists/partial"), { recursive: true });
    mkdirSync(join(folder, "cache"));
    const options = [
      `Dir::Etc::sourcelist=${list}`,
      "Dir::Etc::sourceparts=-",
      `Dir::State::lists=${join(folder, "lists")}`,
      `Dir::Cache=${join(folder, "cache")}`,
      "APT::Sandbox::User=root",
    ].flatMap((option) => ["-o", option]);
    run(folder, "apt-get", ...options, "update", "-q");
    run(folder, "apt-get", ...options, "download", "-q", "docker-compose");
    const name = readdirSync(folder).find((file) => file.endsWith(".deb")) ?? "";
    run(folder, "dpkg-deb", "-x", name, "content");
    mkdirSync(cache, { recursive: true });
    // Renamed, so that another run sees all of it or nothing; and copied before, as the cache may be another disk.
    const copied = `${program}.${process.pid}`;
    run(folder, "cp", join("content", plugin), copied);
    renameSync(copied, program);
    return program;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(cwd: string, program: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.at(-1)}: ${error?.message ?? stderr.slice(-1_000)}`);
}

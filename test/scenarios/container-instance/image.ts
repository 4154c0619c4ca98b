import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineBox } from "../../engine/box.ts";
import { ensureImage, importImage } from "../../engine/images.ts";

const programs = "/usr/lib/postgresql/15";
/** The machine's own server can be put into an image. */
export const isPossible = existsSync(`${programs}/bin/postgres`);

/** What the image has and this machine has not. */
export const ownExtension = "poststack_of_the_image";

const tools =
  "bash cat chmod chown date env grep id ls mkdir mv rm rmdir sed setpriv sh sha256sum sleep sync tail".split(" ");
const servers = ["postgres", "initdb", "pg_ctl", "pg_dump", "pg_isready", "pg_restore", "psql"].map(
  (name) => `${programs}/bin/${name}`,
);

/**
 * An image of the official contract without a registry: the machine's PostgreSQL 15 and the few programs that an
 * entrypoint needs, with their libraries. A variant is another image of the same server.
 */
export function ensurePostgres(box: EngineBox, variant = ""): Promise<string> {
  const reference = `poststack-test/postgres:15${variant}`;
  return ensureImage(box, reference, () => importPostgres(box, reference, variant));
}

async function importPostgres(box: EngineBox, reference: string, variant: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "poststack-postgres-image-"));
  try {
    const root = join(folder, "root");
    assemble(root, variant);
    const archive = join(folder, "image.tar");
    run("tar", "-C", root, "-cf", archive, ".");
    await importImage(box, reference, createReadStream(archive), [
      `ENV PATH=/usr/local/bin:${programs}/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      "ENV PG_MAJOR=15",
      "ENV PGDATA=/var/lib/postgresql/data",
      "ENV LANG=C.UTF-8",
      "VOLUME /var/lib/postgresql/data",
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      'CMD ["postgres"]',
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function assemble(root: string, variant: string): void {
  mkdirSync(root);
  const found = tools.map((name) => run("which", name).trim());
  const binaries = [...found, ...servers, ...run("find", `${programs}/lib`, "-name", "*.so").trim().split("\n")];
  const libraries = binaries.flatMap((path) => run("ldd", path).match(/\/\S+/g) ?? []);
  const folders = [`${programs}/lib`, "/usr/share/postgresql/15", "/usr/share/zoneinfo", "/usr/lib/locale/C.utf8"];
  const list = [...new Set([...binaries, ...libraries, ...folders])].join("\n");
  const files = join(root, "..", "files");
  writeFileSync(files, list);
  // Links become what they point to; LLVM's bitcode and translations are a hundred megabytes that nobody asks for.
  const archive = `tar -chf - --exclude=bitcode --exclude=locale/[a-z][a-z] -T '${files}' 2>/dev/null | tar -xf - -C '${root}'`;
  run("bash", "-c", archive);
  const path = (...parts: readonly string[]): string => join(root, ...parts);
  for (const name of ["etc", "tmp", "run", "var/run", "usr/local/bin", "var/lib/postgresql/data"])
    mkdirSync(path(name), { recursive: true });
  for (const name of ["bin", "lib", "lib64"]) if (!existsSync(path(name))) symlinkSync(`usr/${name}`, path(name));
  chmodSync(path("tmp"), 0o1777);
  writeFileSync(path("etc/passwd"), "root:x:0:0::/:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n");
  writeFileSync(path("etc/group"), "root:x:0:\npostgres:x:999:\n");
  writeFileSync(path("etc/variant"), variant);
  // As people put PostGIS into theirs.
  const extension = path("usr/share/postgresql/15/extension", ownExtension);
  writeFileSync(`${extension}.control`, "default_version = '1'\nrelocatable = true\n");
  writeFileSync(`${extension}--1.sql`, "create function of_the_image() returns int language sql as 'select 1';\n");
  copyFileSync(new URL("entrypoint.sh", import.meta.url), path("usr/local/bin/docker-entrypoint.sh"));
  chmodSync(path("usr/local/bin/docker-entrypoint.sh"), 0o755);
  lchownSync(path("var/lib/postgresql/data"), 999, 999);
}

function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  // Of a static program, ldd says that it has no libraries.
  if (status !== 0 && program !== "ldd" && program !== "bash")
    throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

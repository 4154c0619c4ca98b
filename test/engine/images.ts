import { spawnSync } from "node:child_process";
import { createReadStream, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { tarEnd, tarEntry } from "../../controller/adapters/containers/tar.ts";
import type { EngineBox } from "./box.ts";
import { install } from "./packages.ts";

// Images without a registry: file systems that are made here and imported. They stay for the other files of the run, and go
// with the engine.

/** 2 MB: a shell and the usual small programs. It sleeps unless told otherwise. */
const busybox = "poststack-test/busybox:1";

export const ensureBusybox = (box: EngineBox): Promise<string> =>
  ensureImage(box, busybox, () =>
    importImage(box, busybox, Readable.from([busyboxArchive()]), ["ENV PATH=/bin", 'CMD ["sleep", "100000"]']),
  );

/**
 * Makes an image where there is none. Files of tests run at once and share their engine: made twice, one would change under
 * the containers of another.
 */
export async function ensureImage(box: EngineBox, reference: string, make: () => Promise<void>): Promise<string> {
  const isThere = async (): Promise<boolean> => (await box.engine.inspectImage(reference, box.signal)) !== undefined;
  const lock = `${box.socket}.${reference.replaceAll(/[^a-z0-9]+/g, "-")}`;
  while (!(await isThere())) {
    try {
      mkdirSync(lock);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      await sleep(100, undefined, { signal: box.signal });
      continue;
    }
    try {
      if (!(await isThere())) await make();
    } finally {
      rmdirSync(lock);
    }
  }
  return reference;
}

/** Its file system. */
export function busyboxArchive(): Buffer {
  const content = readFileSync("/bin/busybox");
  const listed = spawnSync("/bin/busybox", ["--list"], { encoding: "utf8" }).stdout.split("\n");
  const folder = (path: string, mode = 0o755): Buffer => tarEntry({ path, type: "folder", mode });
  return Buffer.concat([
    ...["bin", "etc", "data"].map((path) => folder(path)),
    folder("tmp", 0o1777),
    tarEntry({ path: "bin/busybox", type: "file", mode: 0o755, content }),
    ...listed
      .filter((name) => name !== "" && name !== "busybox")
      .map((name) => tarEntry({ path: `bin/${name}`, type: "link", mode: 0o777, target: "busybox" })),
    tarEntry({
      path: "etc/passwd",
      type: "file",
      mode: 0o644,
      content: Buffer.from("root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n"),
    }),
    tarEntry({ path: "etc/group", type: "file", mode: 0o644, content: Buffer.from("root:x:0:\nuser:x:1000:\n") }),
    tarEnd(),
  ]);
}

/** The smallest Debian, as the official image of that name is; kept beside, since it takes half a minute to make. */
export function ensureDebian(box: EngineBox): Promise<string> {
  const reference = "debian:bookworm-slim";
  return ensureImage(box, reference, () => importDebian(box, reference));
}

async function importDebian(box: EngineBox, reference: string): Promise<void> {
  const folder = join(tmpdir(), `poststack-images-${process.getuid?.() ?? 0}`);
  const file = join(folder, "bookworm.tar");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Others may make folders of any name there.
  if (lstatSync(folder).uid !== process.getuid?.()) throw new Error(`${folder} belongs to somebody else`);
  if (!existsSync(file)) {
    install(["mmdebstrap"]);
    const made = `${file}.${process.pid}`;
    const run = spawnSync("mmdebstrap", ["--variant=minbase", "--format=tar", "bookworm", made], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(`mmdebstrap: ${run.stderr.slice(-2_000)}`);
    renameSync(made, file);
  }
  const path = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  await importImage(box, reference, createReadStream(file), [path, 'CMD ["bash"]']);
}

export async function importImage(
  box: EngineBox,
  reference: string,
  archive: Readable,
  changes: readonly string[],
): Promise<void> {
  const query = new URLSearchParams({ fromSrc: "-" });
  for (const change of changes) query.append("changes", change);
  const answer = await new Promise<string>((resolve, reject) => {
    const sent = request(
      {
        socketPath: box.socket,
        method: "POST",
        path: `/images/create?${query.toString()}`,
        headers: { "content-type": "application/x-tar" },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve(text));
      },
    );
    sent.once("error", reject);
    archive.pipe(sent);
  });
  const id = /sha256:[0-9a-f]{64}/.exec(answer)?.[0];
  if (id === undefined) throw new Error(`import of ${reference}: ${answer}`);
  await box.engine.tagImage(id, reference, box.signal);
}

const bare = "poststack-test/bare:1";

/** One program and nothing else: no shell, no folders. It sleeps. */
export const ensureBare = (box: EngineBox): Promise<string> =>
  ensureImage(box, bare, () => {
    const program = tarEntry({ path: "sleep", type: "file", mode: 0o755, content: readFileSync("/bin/busybox") });
    return importImage(box, bare, Readable.from([Buffer.concat([program, tarEnd()])]), ['CMD ["/sleep", "100000"]']);
  });

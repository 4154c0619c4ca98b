import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { Readable } from "node:stream";
import { tarEnd, tarEntry } from "../../../controller/adapters/containers/tar.ts";
import type { EngineBox } from "../../engine/box.ts";
import { importImage } from "../../engine/images.ts";
import type { Case } from "./cases.ts";

const reference = "poststack-test/stand-in:1";

/** Stays up whatever it is given, and ends at once by any signal that a file may name. */
const stay = `#!/bin/sh
trap 'exit 0' HUP INT QUIT TERM USR1 USR2 WINCH
while :; do sleep 3600 & wait $!; done
`;

/**
 * Stands in for every image of a set of files: it has their users, and of all that an image can bring along it brings one,
 * so that what a container takes from its image is compared, too.
 */
export async function ensureStandIn(box: EngineBox, cases: readonly Case[]): Promise<string> {
  if ((await box.engine.inspectImage(reference, box.signal)) !== undefined) return reference;
  const { users, groups } = accounts(cases);
  const file = (path: string, mode: number, text: string | Buffer): Buffer =>
    tarEntry({ path, type: "file", mode, content: Buffer.from(text) });
  const programs = spawnSync("/bin/busybox", ["--list"], { encoding: "utf8" }).stdout.split("\n");
  const archive = [
    ...["bin", "etc"].map((path) => tarEntry({ path, type: "folder", mode: 0o755 })),
    tarEntry({ path: "tmp", type: "folder", mode: 0o1777 }),
    file("bin/busybox", 0o755, readFileSync("/bin/busybox")),
    ...programs
      .filter((name) => name !== "" && name !== "busybox")
      .map((name) => tarEntry({ path: `bin/${name}`, type: "link", mode: 0o777, target: "busybox" })),
    file("bin/stay", 0o755, stay),
    file("bin/done", 0o755, "#!/bin/sh\n"),
    file(
      "etc/passwd",
      0o644,
      lines(users, (name, id) => `${name}:x:${id}:${id}::/:/bin/sh`),
    ),
    file(
      "etc/group",
      0o644,
      lines(groups, (name, id) => `${name}:x:${id}:`),
    ),
    tarEnd(),
  ];
  await importImage(box, reference, Readable.from(archive), [
    "ENV PATH=/bin",
    "ENV FROM_IMAGE=1",
    "EXPOSE 7/udp",
    "VOLUME /from-image",
    "LABEL from.image=1",
    "WORKDIR /tmp",
    'ENTRYPOINT ["/bin/stay"]',
    'CMD ["from", "image"]',
  ]);
  return reference;
}

function accounts(cases: readonly Case[]): { readonly users: readonly string[]; readonly groups: readonly string[] } {
  const services = cases.flatMap((one) => Object.values(one.services));
  const written = services.map(({ user = "" }) => user.split(":"));
  const users = written.map(([name = ""]) => name);
  const groups = [
    ...users,
    ...written.map(([, group = ""]) => group),
    ...services.flatMap(({ group_add = [] }) => group_add),
  ];
  const named = (names: readonly string[]): readonly string[] => [
    ...new Set(["root", ...names.filter((name) => /^[a-z_]/i.test(name))]),
  ];
  return { users: named(users), groups: named(groups) };
}

const lines = (names: readonly string[], line: (name: string, id: number) => string): string =>
  names.map((name, index) => `${line(name, index === 0 ? 0 : 1_000 + index)}\n`).join("");

import { truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ComposeProject } from "../../../../controller/config/compose/model.ts";
import { givenOf } from "../../../../controller/config/desired/compose/spec/files.ts";
import type { Mount } from "../../../../controller/core/ports/container-spec.ts";
import { projectWith } from "../../../support/project.ts";
import { told } from "../../table.ts";
import { specOf, wishOf } from "./kit.ts";

const volumes = "volumes: { data: {} }";
const readOnly = false;

describe("mounts", () => {
  test.each<readonly [string, string, Mount]>([
    ["a volume with a name", '"data:/data"', { type: "volume", name: "shop-dev_data", target: "/data", readOnly }],
    [
      "a volume, read-only",
      '"data:/data:ro"',
      { type: "volume", name: "shop-dev_data", target: "/data", readOnly: true },
    ],
    ["a volume without a name", '"/data"', { type: "volume", target: "/data", readOnly }],
    [
      "a part of a volume, without a copy of what the image has there",
      "{ type: volume, source: data, target: /data, volume: { nocopy: true, subpath: a } }",
      { type: "volume", name: "shop-dev_data", target: "/data", readOnly, noCopy: true, subpath: "a" },
    ],
    [
      "a path of the host, in the short form, which is made where it is missing",
      '"/srv/data:/data:rslave,z"',
      {
        type: "bind",
        source: "/srv/data",
        target: "/data",
        readOnly,
        propagation: "rslave",
        selinux: "z",
        createHostPath: true,
      },
    ],
    [
      "a path of the host in the long form",
      "{ type: bind, source: /srv/data, target: /data, read_only: true, bind: { create_host_path: false, recursive: disabled } }",
      {
        type: "bind",
        source: "/srv/data",
        target: "/data",
        readOnly: true,
        createHostPath: false,
        recursive: "disabled",
      },
    ],
    [
      "memory",
      "{ type: tmpfs, target: /tmp, tmpfs: { size: 1m, mode: 0o1777 } }",
      { type: "tmpfs", target: "/tmp", readOnly, sizeBytes: 1024 * 1024, mode: 0o1777 },
    ],
    [
      "an image",
      "{ type: image, source: assets:1, target: /assets, image: { subpath: css } }",
      { type: "image", image: "assets:1", target: "/assets", subpath: "css" },
    ],
  ])("%s", (_sentence, volume, expected) => {
    expect(specOf(`volumes: [${volume}]`, { beside: volumes }).mounts).toEqual([expected]);
  });

  test("a path of the project is absolute", () => {
    const { container, root } = wishOf("services: { web: { image: busybox, volumes: ['./conf:/etc/conf'] } }");
    expect(container[0]?.spec.mounts).toMatchObject([{ source: `${root}/conf` }]);
  });

  test("tmpfs keeps its options as they are", () => {
    expect(specOf("tmpfs: [/run, '/tmp:size=64m,uid=1000,ro']").mounts).toEqual([
      { type: "tmpfs", target: "/run", readOnly, options: [] },
      { type: "tmpfs", target: "/tmp", readOnly: true, options: ["size=64m", "uid=1000"] },
    ]);
  });

  test("volumes of another service and of another container", () => {
    const beside = "  db: { image: busybox }\n";
    expect(specOf("volumes_from: ['db:ro', 'container:other']", { beside }).volumesFrom).toEqual([
      "shop-dev-db-1:ro",
      "other",
    ]);
  });
});

describe("configs and secrets", () => {
  const compose = `services:
  web:
    image: busybox
    configs: [{ source: motd, uid: "1", gid: "2", mode: 0440 }, { source: conf, target: /etc/conf, uid: "1" }]
    secrets: [token, { source: key, target: tls.key }]
configs:
  motd: { content: "hello \${NAME}" }
  conf: { file: ./conf.ini }
secrets:
  token: { environment: TOKEN }
  key: { file: ./key.pem }
`;
  const files = { "conf.ini": "a=1\n", "key.pem": "secret\n" };
  const given = { files, variables: { NAME: "you" }, shell: { TOKEN: "hunter$2" } };

  test("a file is mounted, a text is put into the container", () => {
    const { container, root, warnings } = wishOf(compose, given);
    const [web] = container;
    const mount = { type: "bind", readOnly: true, createHostPath: false } as const;
    expect(web?.spec.mounts).toEqual([
      { ...mount, source: `${root}/key.pem`, target: "/run/secrets/tls.key" },
      { ...mount, source: `${root}/conf.ini`, target: "/etc/conf" },
    ]);
    expect(web?.files.map(({ path, mode, uid, gid }) => [path, mode.toString(8), uid, gid])).toEqual([
      ["/run/secrets/token", "444", 0, 0],
      ["/motd", "440", 1, 2],
    ]);
    expect(warnings).toEqual([
      "`uid` of a file that is mounted is ignored: its own owner and mode hold at compose.yml:4:65",
    ]);
  });

  test.each([
    ["a file of a config", { files: { ...files, "conf.ini": "a=2\n" } }, "/etc/conf"],
    ["a file of a secret", { files: { ...files, "key.pem": "other\n" } }, "/run/secrets/tls.key"],
    ["a variable of a secret", { shell: { TOKEN: "other" } }, "/run/secrets/token"],
    ["a variable in a content", { variables: { NAME: "me" } }, "/motd"],
  ])("%s that changes changes the container, and nothing else in it", (_sentence, change, path) => {
    const contents = (all: typeof given): ReadonlyMap<string, string> =>
      new Map(wishOf(compose, all).container[0]?.config.contents);
    const [before, now] = [contents(given), contents({ ...given, ...change })];
    expect([...now].filter(([name, hash]) => before.get(name) !== hash).map(([name]) => name)).toEqual([path]);
  });

  test("a file of more than a MiB is mounted like any other, and its last byte counts", () => {
    const large = (end: string) =>
      wishOf(compose, { ...given, files: { ...files, "conf.ini": "x".repeat(3e6) + end } });
    const [before, same, other] = ["a", "a", "b"].map((end) =>
      large(end).container[0]?.config.contents.get("/etc/conf"),
    );
    expect(before).toMatch(/^[0-9a-f]{12}$/);
    expect([same === before, other === before]).toEqual([true, false]);
  });

  test("one of which each look would read too much is mounted, and not compared", () => {
    const { root, files: beside } = projectWith({ "big.bin": "" });
    const file = join(root, "big.bin");
    truncateSync(file, 256 * 1024 * 1024 + 1);
    const warnings: string[] = [];
    const [found] = givenOf(
      "web",
      { configs: [{ source: "big" }] },
      { configs: new Map([["big", { file }]]), secrets: new Map() } as unknown as ComposeProject,
      {
        files: beside,
        lift: (text) => text,
        variables: new Map(),
        placeOf: (path) => ({ file: path.join("."), line: 1, column: 1 }),
        warn: (what, where) => warnings.push(`${what} at ${where.file}`),
      },
    );
    expect(found).toMatchObject({ type: "mount", mount: { source: file } });
    expect(found).not.toHaveProperty("content");
    expect(warnings).toEqual([
      "a file of more than 256 MiB is mounted and not compared: a change makes no new container at configs.big.file",
    ]);
  });

  test("a folder is mounted as it is", () => {
    const text = compose.replace("./conf.ini", "./conf");
    expect(wishOf(text, { ...given, files: { ...files, "conf/a": "" } }).container).toHaveLength(1);
  });

  test.each([
    ["a file that is not there", compose.replace("./conf.ini", "./gone"), given, ["FILE_MISSING compose.yml:8:17"]],
    ["a variable that is not set", compose, { ...given, shell: {} }, ["SECRET_UNREADABLE compose.yml:10:25"]],
    ["an owner by name", compose.replace('"1"', "root"), given, ["CONFIG_TYPE compose.yml:4:15"]],
    ["an owner of 33 bits", compose.replace('"1"', '"4294967296"'), given, ["CONFIG_TYPE compose.yml:4:15"]],
  ])("%s is told with its place", (_sentence, text, all, expected) => {
    expect(told(() => wishOf(text, all))).toEqual(expected);
  });
});

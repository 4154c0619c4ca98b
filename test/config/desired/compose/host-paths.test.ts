import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hostPaths } from "../../../../controller/config/desired/compose/host-paths.ts";
import type { Mount } from "../../../../controller/core/ports/container-spec.ts";
import { projectWith } from "../../../support/project.ts";
import { wishOf } from "./kit.ts";

const kept = "(passwords and data of Poststack)";

/** A project with links, whose state is in `.poststack`; paths of it are shown from `/app`. */
function reachedBy(
  mounts: (at: (path: string) => string) => readonly Mount[],
  options: Options = {},
): readonly string[] {
  const { root, files } = projectWith({ "src/a": "", "var/state/x": "", ".poststack/dev/state.json": "{}" });
  const at = (path: string): string => join(root, path);
  symlinkSync("/etc", at("conf"));
  symlinkSync("src", at("own"));
  symlinkSync(".poststack", at("hidden"));
  const found = hostPaths(mounts(at), {
    volumes: new Map(Object.entries(options.volumes ?? {}).map(([key, more]) => [key, volume(key, more, root)])),
    files,
    stateRoot: at(options.state ?? ".poststack"),
  });
  return found.map((text) => text.replaceAll(root, "/app"));
}

interface Options {
  readonly volumes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly state?: string;
}

const volume = (key: string, { driver, ...more }: Readonly<Record<string, string>>, root: string) => ({
  name: `shop_${key}`,
  ...(driver === undefined ? {} : { driver }),
  driver_opts: new Map(Object.entries(more).map(([name, text]) => [name, text.replace("/app", root)])),
});

const bind = (source: string, target = "/app"): Mount => ({
  type: "bind",
  source,
  target,
  readOnly: true,
  createHostPath: false,
});
const named = (name: string, target = "/data"): Mount => ({ type: "volume", name, target, readOnly: false });
const anonymous = (target: string): Mount => ({ type: "volume", target, readOnly: false });
const tmpfs = (target: string): Mount => ({ type: "tmpfs", target, readOnly: false });

describe("a bind mount of the project", () => {
  test.each<[string, (at: (path: string) => string) => readonly Mount[], readonly string[]]>([
    ["leads to itself", (at) => [bind(at("src"))], []],
    ["by a link that stays inside", (at) => [bind(at("own"))], []],
    ["that is not there yet", (at) => [bind(at("later/on"))], []],
    ["by a link that leaves", (at) => [bind(at("conf"))], ["/app/conf → /etc"]],
    ["below a link that leaves", (at) => [bind(at("conf/ssh"))], ["/app/conf/ssh → /etc/ssh"]],
    ["which is named outside: told by its name", () => [bind("/etc")], []],
    ["with the state in it", (at) => [bind(at("."))], [`/app/.poststack ${kept}`]],
    ["that is the state", (at) => [bind(at(".poststack"))], [`/app/.poststack ${kept}`]],
    ["of a part of the state", (at) => [bind(at(".poststack/dev"))], [`/app/.poststack ${kept}`]],
    ["by a link to the state", (at) => [bind(at("hidden"))], [`/app/.poststack ${kept}`]],
    ["with the state hidden by a volume", (at) => [bind(at(".")), anonymous("/app/.poststack")], []],
    ["with the state hidden by an empty file system", (at) => [bind(at("."), "/"), tmpfs("/.poststack/")], []],
    [
      "with a part of the state hidden",
      (at) => [bind(at(".")), anonymous("/app/.poststack/dev")],
      [`/app/.poststack ${kept}`],
    ],
    [
      "with a volume beside, above or elsewhere",
      (at) => [bind(at(".")), anonymous("/app/.poststack2"), anonymous("/app"), tmpfs("/.poststack")],
      [`/app/.poststack ${kept}`],
    ],
    [
      "with the state mounted again over a volume",
      (at) => [bind(at(".")), anonymous("/app/.poststack"), bind(at("hidden"), "/x")],
      [`/app/.poststack ${kept}`],
    ],
  ])("%s", (_what, mounts, expected) => {
    expect(reachedBy(mounts)).toEqual(expected);
  });

  test("with the state in another place", () => {
    expect(reachedBy((at) => [bind(at("."))], { state: "var/state" })).toEqual([`/app/var/state ${kept}`]);
    expect(reachedBy((at) => [bind(at("."))], { state: "../elsewhere" })).toEqual([]);
  });
});

describe("a volume", () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ["of the engine's own", {}, []],
    ["that is a folder of the host", { type: "none", o: "bind", device: "/etc" }, ["/etc (volume shop_v)"]],
    ["that says its driver", { driver: "local", o: "ro,rbind", device: "/etc" }, ["/etc (volume shop_v)"]],
    ["that only looks remote", { type: "nfs", o: "bind", device: "/etc" }, ["/etc (volume shop_v)"]],
    ["that is a disk", { type: "ext4", device: "/dev/sda1" }, ["/dev/sda1 (volume shop_v)"]],
    [
      "of layers",
      { type: "overlay", device: "overlay", o: "lowerdir=/etc:/usr,upperdir=/up,workdir=/w" },
      ["/etc", "/usr", "/up", "/w"].map((path) => `${path} (volume shop_v)`),
    ],
    ["in memory", { type: "tmpfs", device: "tmpfs", o: "size=100m" }, []],
    ["of another machine", { type: "nfs", o: "addr=10.0.0.1,rw", device: ":/data" }, []],
    ["of another system's machine", { type: "cifs", o: "addr=10.0.0.1", device: "//server/share" }, []],
    ["of another driver, which knows what that means", { driver: "vieux/sshfs", device: "/etc" }, []],
    ["that is a folder of the project", { type: "none", o: "bind", device: "/app/src" }, []],
    ["that leaves the project by a link", { o: "bind", device: "/app/conf" }, ["/app/conf → /etc"]],
    ["that is the project", { o: "bind", device: "/app" }, [`/app/.poststack ${kept}`]],
  ])("%s", (_what, options, expected) => {
    expect(reachedBy(() => [named("shop_v")], { volumes: { v: options } })).toEqual(expected);
  });

  test("that no file declares says nothing", () => {
    expect(reachedBy(() => [named("other"), anonymous("/x")])).toEqual([]);
  });
});

test("a service is told apart by what it mounts", () => {
  const compose = `services:
  web: { image: busybox, volumes: ["root:/host", "./src:/src"] }
  plain: { image: busybox, volumes: ["./src:/src"] }
volumes: { root: { driver_opts: { type: none, o: bind, device: /etc } } }
`;
  const { container } = wishOf(compose, { files: { "src/a": "" } });
  expect(container.map(({ service, hostPaths: paths }) => [service, paths])).toEqual([
    ["web", ["/etc (volume shop-dev_root)"]],
    ["plain", undefined],
  ]);
});

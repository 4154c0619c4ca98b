import { describe, expect, test } from "vitest";
import type { DesiredOptions } from "../../../controller/config/desired/options.ts";
import type { ShippedImage } from "../../../controller/core/ports/container-images.ts";
import type { Desired } from "../../../controller/resources/index.ts";
import { projectOf, errorsOf, wishOf } from "./wish.ts";

// What a command that speaks of some services, or of what is left over, makes of the wish.

const compose = `services:
  web: { image: web:1, scale: 2, depends_on: [db] }
  db: { image: db:1, volumes: ["data:/data"] }
  own: { build: ./own }
  named: { image: named:1, container_name: alone }
  rare: { image: rare:1, profiles: [rare], volumes: ["rare:/data"] }
volumes: { data: {}, rare: {} }
`;
const files = { "compose.yml": compose, "own/Dockerfile": "FROM scratch\n" };
const environment = "postgres: { provider: embedded, port: 5999 }\ndeployment: { compose: compose.yml }";
const load = (options: DesiredOptions): Promise<Desired> => wishOf(projectOf(environment, files), options);

/** `web running, db as-is` */
const standing = ({ resources }: Desired): string =>
  resources.container.map(({ id, to }) => `${id.slice("container:".length)} ${to}`).join(", ");

describe("ends of some services", () => {
  test.each<[string, DesiredOptions, string]>([
    [
      "all containers of a service stop, nothing else is spoken of",
      { to: "stopped", services: ["web"] },
      "web stopped, web.2 stopped, db as-is, own as-is, named as-is",
    ],
    [
      "one of several, by each of its names",
      { to: "stopped", services: ["web.2", "container:db", "alone"] },
      "web as-is, web.2 stopped, db stopped, own as-is, named stopped",
    ],
    [
      "one goes, and what it needs stays",
      { to: "absent", services: ["web"] },
      "web absent, web.2 absent, db as-is, own as-is, named as-is",
    ],
    [
      "one runs with all that it needs",
      { to: "running", services: ["web"] },
      "web running, web.2 running, db running, own running, named running",
    ],
  ])("%s", async (_name, options, expected) => {
    const wish = await load(options);
    expect(standing(wish)).toBe(expected);
    const inScope = options.to === "running" ? ["network", "volume", "image", "container"] : ["container"];
    expect([...wish.scope]).toEqual(inScope);
  });

  test.each<[string, DesiredOptions, readonly string[]]>([
    [
      "with the leave to delete data",
      { to: "absent", deleteData: true },
      ["my-app-dev_data absent", "all but my-app-dev_data"],
    ],
    ["without it, volumes stay", { to: "absent" }, ["my-app-dev_data absent"]],
    [
      "of some services it takes none along",
      { to: "absent", deleteData: true, services: ["db"] },
      ["my-app-dev_data absent"],
    ],
    ["stopped is not gone", { to: "stopped", deleteData: true }, ["my-app-dev_data present"]],
  ])("gone for good takes along volumes that the files no longer name: %s", async (_name, options, expected) => {
    const { resources } = await load(options);
    expect(
      resources.volume.map((one) => ("keep" in one ? `all but ${one.keep.join()}` : `${one.name} ${one.to}`)),
    ).toEqual(expected);
  });

  test("a name that nothing has is told with the one that was meant", async () => {
    const errors = await errorsOf(load({ to: "stopped", services: ["wbe"] }));
    expect(errors.map(({ facts }) => `${facts.code} ${facts.what}; ${facts.next}`)).toEqual([
      'TARGET_UNKNOWN `wbe` is nothing that runs on the container engine here; did you mean "web"?',
    ]);
  });
});

describe("how many", () => {
  test.each<[string, ReadonlyMap<string, number>, string]>([
    ["more than the file says", new Map([["db", 2]]), "web, web.2, db, db.2, own, named"],
    ["fewer than the file says", new Map([["web", 1]]), "web, db, own, named"],
    ["none", new Map([["web", 0]]), "db, own, named"],
  ])("%s", async (_name, scale, expected) => {
    const { resources } = await load({ scale });
    expect(resources.container.map(({ id }) => id.slice("container:".length)).join(", ")).toBe(expected);
  });

  test.each<[string, ReadonlyMap<string, number>, string]>([
    ["a service that is not there", new Map([["wbe", 2]]), "TARGET_UNKNOWN there is no service `wbe` to scale"],
    [
      "a service with a name of its own",
      new Map([["named", 2]]),
      "COMPOSE_CONFLICT service `named` has a `container_name`, so there can be only one of it",
    ],
  ])("%s", async (_name, scale, expected) => {
    const errors = await errorsOf(load({ scale }));
    expect(errors.map(({ facts }) => `${facts.code} ${facts.what}`)).toEqual([expected]);
  });
});

describe("what is left over", () => {
  const keeps = ({ resources }: Desired) => ({
    image: resources.image.flatMap((one) => ("keep" in one ? one.keep : [one.reference])),
    volume: resources.volume.flatMap((one) => ("keep" in one ? one.keep : [one.name])),
  });
  const kinds = ["container", "network", "image", "volume"] as const;

  test("everything that the files name stays as it is, also what only an inactive profile uses", async () => {
    const wish = await load({ prune: { kinds, named: false } });
    expect(standing(wish)).toBe("web as-is, web.2 as-is, db as-is, own as-is, named as-is");
    expect(wish.resources.network.map(({ to }) => to)).toEqual(["as-is"]);
    expect(keeps(wish)).toEqual({
      image: ["web:1", "web:1", "db:1", "my-app-dev-own", "named:1"],
      volume: ["my-app-dev_data", "my-app-dev_rare"],
    });
    expect([...wish.scope]).toEqual(kinds);
  });

  test("also what the files name goes where nothing uses it, if that is asked", async () => {
    expect(keeps(await load({ prune: { kinds, named: true } }))).toEqual({ image: [], volume: [] });
  });

  test("beside an environment that goes, its volumes go once: with their own wish", async () => {
    const wish = await load({ to: "absent", deleteData: true, prune: { kinds: ["image", "volume"], named: true } });
    expect(standing(wish)).toMatch(/^web absent, .*named absent$/);
    expect(keeps(wish)).toEqual({ image: [], volume: ["my-app-dev_data", "my-app-dev_data", "my-app-dev_rare"] });
  });
});

describe("what is built", () => {
  const shipped: readonly ShippedImage[] = [
    { name: "base", references: ["poststack/base:latest"], context: "/shipped/base", text: "FROM debian\n" },
    { name: "server", references: ["poststack/server:1"], context: "/shipped/server", text: "FROM poststack/base\n" },
  ];
  const folders = {
    ...files,
    "containers/tool/Dockerfile": "FROM --platform=linux/amd64 poststack/server:1 AS x\nFROM my-app/lib\n",
    "containers/lib/Dockerfile": "FROM debian\n",
    "containers/notes.txt": "",
  };
  const build = (names: readonly string[], noCache = false, ofProject = false, more = {}): Promise<Desired> =>
    wishOf(projectOf(environment, { ...folders, ...more }), {
      build: { names, noCache, of: ofProject ? "project" : "services", shipped },
    });
  const lines = ({ resources }: Desired): readonly string[] =>
    resources.image.flatMap((one) =>
      "keep" in one ? [] : [`${one.id}${one.dependsOn.map((id) => ` < ${id}`).join("")}`],
    );

  test.each<[string, () => Promise<Desired>, readonly string[]]>([
    ["images of services", () => build([]), ["image:my-app-dev-own"]],
    ["by the service's name", () => build(["own"]), ["image:my-app-dev-own"]],
    [
      "images of services, after those of ours that they are made from",
      () => build([], false, false, { "own/Dockerfile": "FROM my-app/tool\n" }),
      [
        "image:poststack/base",
        "image:poststack/server:1 < image:poststack/base",
        "image:my-app/lib",
        "image:my-app/tool < image:poststack/server:1 < image:my-app/lib",
        "image:my-app-dev-own < image:my-app/tool",
      ],
    ],
    [
      "images of services, and those of ours that services take as they are",
      () => build([], false, false, { "compose.yml": compose.replace("named:1", "poststack/server:1") }),
      ["image:poststack/base", "image:poststack/server:1 < image:poststack/base", "image:my-app-dev-own"],
    ],
    [
      "by the service's name with them, and none that others take",
      () => build(["own"], false, false, { "own/Dockerfile": "FROM poststack/base\n" }),
      ["image:poststack/base", "image:my-app-dev-own < image:poststack/base"],
    ],
    [
      "images of folders and those that are shipped, after what they are made from",
      () => build([], false, true),
      [
        "image:poststack/base",
        "image:poststack/server:1 < image:poststack/base",
        "image:my-app/lib",
        "image:my-app/tool < image:poststack/server:1 < image:my-app/lib",
      ],
    ],
    [
      "by a folder's name",
      () => build(["tool"], false, true),
      ["image:my-app/tool < image:poststack/server:1 < image:my-app/lib"],
    ],
  ])("%s", async (_name, wish, expected) => {
    expect(lines(await wish())).toEqual(expected);
    expect([...(await wish()).scope]).toEqual(["image"]);
  });

  test("without the cache every step is done anew, once, and not those of what it is made from", async () => {
    const { resources } = await build(["own"], true, false, { "own/Dockerfile": "FROM poststack/base\n" });
    expect(resources.image).toMatchObject([
      { id: "image:poststack/base", source: { when: "changed" } },
      { source: { when: "always", build: { noCache: true } } },
    ]);
  });

  test.each<[string, () => Promise<Desired>]>([
    ["a service without a build", () => build(["web"])],
    ["a folder, among services", () => build(["tool"])],
    ["a service, among folders", () => build(["own"], false, true)],
  ])("%s is not built", async (_name, wish) => {
    expect((await errorsOf(wish())).map(({ code }) => code)).toEqual(["TARGET_UNKNOWN"]);
  });
});

import { describe, expect, test } from "vitest";
import { told } from "../../table.ts";
import { startedAt, wishOf, type Wish } from "./kit.ts";

const container = (wish: Wish, id: string) => wish.container.find((one) => one.id === id);

describe("replicas", () => {
  test.each([
    ["one", "", ["container:web shop-dev-web-1"]],
    ["scale", "scale: 2", ["container:web shop-dev-web-1", "container:web.2 shop-dev-web-2"]],
    ["deploy.replicas", "deploy: { replicas: 2 }", ["container:web shop-dev-web-1", "container:web.2 shop-dev-web-2"]],
    ["none", "scale: 0", []],
    ["a name of its own", "container_name: www", ["container:web www"]],
  ])("%s", (_sentence, key, expected) => {
    const wish = wishOf(`services:\n  web:\n    image: busybox\n    ${key}\n`);
    expect(wish.container.map(({ id, name }) => `${id} ${name}`)).toEqual(expected);
  });

  test("a longer name than a host may have is cut, and still tells which", () => {
    const [one, other] = wishOf(`services: { ${"a".repeat(60)}: { image: x, scale: 2 } }`).container;
    expect([one?.name.length, one?.name === other?.name]).toEqual([63, false]);
  });

  test("a service that is called like the second of another is told", () => {
    const compose = "services:\n  web: { image: x, scale: 2 }\n  web.2: { image: x }\n";
    expect(told(() => wishOf(compose))).toEqual(["COMPOSE_CONFLICT compose.yml:3:3"]);
  });
});

describe("what a service waits for", () => {
  const compose = `services:
  web:
    image: busybox
    depends_on:
      db: { condition: service_healthy, restart: true }
      cache: { condition: service_started, required: false }
      setup: { condition: service_completed_successfully }
      debug: { condition: service_started, required: false }
  db: { image: busybox, scale: 2 }
  cache: { image: busybox }
  setup: { image: busybox }
  debug: { image: busybox, profiles: [debug] }
`;

  test("every container of the services that take part", () => {
    const web = container(wishOf(compose), "container:web");
    expect(web?.needs).toEqual([
      { id: "container:db", name: "shop-dev-db-1", condition: "healthy", required: true, restart: true },
      { id: "container:db.2", name: "shop-dev-db-2", condition: "healthy", required: true, restart: true },
      { id: "container:cache", name: "shop-dev-cache-1", condition: "started", required: false, restart: false },
      { id: "container:setup", name: "shop-dev-setup-1", condition: "completed", required: true, restart: false },
    ]);
    expect(web?.dependsOn).toEqual([
      "database:shop_dev",
      "image:busybox",
      "network:default",
      "container:db",
      "container:db.2",
      "container:cache",
      "container:setup",
    ]);
  });

  test("what others wait for to end well runs once", () => {
    const wish = wishOf(compose);
    expect(wish.container.map(({ service, runs }) => [service, runs])).toEqual([
      ["web", "always"],
      ["db", "always"],
      ["db", "always"],
      ["cache", "always"],
      ["setup", "once"],
    ]);
  });

  test("a profile that is asked for takes part", () => {
    const wish = wishOf(compose, { deployment: "{ compose: compose.yml, profiles: [debug] }" });
    expect(container(wish, "container:debug")).toBeDefined();
  });

  test("whose network, processes or volumes it goes into", () => {
    const shared = `services:
  a: { image: x, network_mode: "service:d", pid: "service:c", ipc: "service:d", volumes_from: [b, "container:y"] }
  b: { image: x }
  c: { image: x }
  d: { image: x }
`;
    expect(container(wishOf(shared), "container:a")?.sharesWith).toEqual(["container:b", "container:c", "container:d"]);
  });
});

test("hooks are run with what they are given", () => {
  const compose = `services:
  web:
    image: busybox
    post_start: [{ command: [chown, -R, /data], user: root, privileged: true, working_dir: /, environment: { A: b } }]
    pre_stop: [{ command: ./drain.sh }, { command: [] }]
`;
  const [web] = wishOf(compose).container;
  expect(web?.postStart).toMatchObject([
    {
      command: ["chown", "-R", "/data"],
      user: "root",
      privileged: true,
      workingDirectory: "/",
      environment: new Map([["A", "b"]]),
    },
  ]);
  expect(web?.preStop.map(({ command }) => command)).toEqual([["./drain.sh"]]);
  const other = wishOf(compose.replace("./drain.sh", "./drain-all.sh")).container[0];
  expect([web?.hooks === other?.hooks, web?.config.fixed === other?.config.fixed]).toEqual([false, true]);
  expect(wishOf("services: { web: { image: busybox } }\n").container[0]?.hooks).toBeUndefined();
});

describe("images", () => {
  const sources = (compose: string, files: Readonly<Record<string, string>> = {}) =>
    wishOf(compose, { files }).image.map(({ id, source }) => [
      id,
      source.type === "build" ? `build ${source.when}` : JSON.stringify(source.pull),
    ]);

  test.each([
    ["fetched when it is missing", "image: a", '"missing"'],
    ["fetched on every apply", "image: a\n    pull_policy: always", '"always"'],
    ["never fetched", "image: a\n    pull_policy: never", '"never"'],
    ["fetched once a day", "image: a\n    pull_policy: daily", '{"everyMs":86400000}'],
    ["fetched every twelve hours", "image: a\n    pull_policy: every_12h", '{"everyMs":43200000}'],
    ["built when something changed", "image: a\n    build: .", "build changed"],
    ["built on every apply", "image: a\n    build: .\n    pull_policy: build", "build always"],
    ["fetched, although it could be built", "image: a\n    build: .\n    pull_policy: always", '"always"'],
  ])("%s", (_sentence, keys, expected) => {
    expect(sources(`services:\n  web:\n    ${keys}\n`)).toEqual([["image:a", expected]]);
  });

  test("one that is only built is named after project and service", () => {
    const wish = wishOf("services: { web: { build: ./app } }");
    expect(wish.image.map(({ reference }) => reference)).toEqual(["shop-dev-web"]);
    expect(wish.container[0]?.spec.image).toBe("shop-dev-web");
  });

  test("services of one image have one, by the more eager policy, under any of its names", () => {
    const compose =
      "services: { a: { image: redis }, b: { image: 'docker.io/library/redis:latest', pull_policy: always }, c: { image: redis, pull_policy: never } }";
    expect(sources(compose)).toEqual([["image:redis", '"always"']]);
    expect(wishOf(compose).container.map(({ dependsOn }) => dependsOn.filter((id) => id.startsWith("image:")))).toEqual(
      [["image:redis"], ["image:redis"], ["image:redis"]],
    );
  });

  test("what one service builds, another one uses", () => {
    expect(sources("services: { a: { image: app }, b: { image: app, build: . } }")).toEqual([
      ["image:app", "build changed"],
    ]);
  });

  test.each([
    ["two builds", "services:\n  a: { image: app, build: ./a }\n  b: { image: app, build: ./b }\n", "3:20"],
    ["two platforms", "services:\n  a: { image: app }\n  b: { image: app, platform: linux/arm64 }\n", "3:15"],
  ])("%s of one name are refused", (_sentence, compose, place) => {
    expect(told(() => wishOf(compose))).toEqual([`COMPOSE_CONFLICT compose.yml:${place}`]);
  });

  test("a build says everything that Compose's says", () => {
    const compose = `services:
  web:
    platform: linux/amd64
    build:
      context: ./app
      dockerfile: Other
      args: { A: b, C: }
      target: run
      labels: { team: a }
      cache_from: [old]
      extra_hosts: { h: 1.2.3.4 }
      network: host
      no_cache: true
      pull: true
      shm_size: 1m
      tags: [extra:1]
      secrets: [key, { source: token, target: tok }]
secrets: { key: { file: ./key }, token: { environment: TOKEN } }
`;
    const { image, root } = wishOf(compose, { files: { key: "k\n" }, shell: { TOKEN: "t", C: "c" } });
    const source = image[0]?.source;
    expect(source?.type === "build" && source.build).toEqual({
      references: ["extra:1"],
      context: `${root}/app`,
      dockerfile: "Other",
      arguments: new Map([
        ["A", "b"],
        ["C", "c"],
      ]),
      target: "run",
      labels: new Map([["team", "a"]]),
      platform: "linux/amd64",
      cacheFrom: ["old"],
      noCache: true,
      pull: true,
      network: "host",
      extraHosts: ["h:1.2.3.4"],
      shmBytes: 1024 * 1024,
      secrets: new Map<string, unknown>([
        ["key", Buffer.from("k\n")],
        ["tok", "t"],
      ]),
    });
  });

  test("a Dockerfile in the file itself", () => {
    const [image] = wishOf("services: { web: { build: { dockerfile_inline: 'FROM scratch' } } }").image;
    expect(image?.source.type === "build" && image.source.build).toMatchObject({ dockerfileText: "FROM scratch" });
  });
});

describe("what a container is compared by", () => {
  const config = (keys: string) => wishOf(`services:\n  web:\n    image: x\n    ${keys}\n`).container[0]?.config;

  test("the same file gives the same, however it is written", () => {
    expect(config("environment: [B=2, A=1]\n    labels: [x=y]")).toEqual(
      config("environment: { A: 1, B: '2' }\n    labels: { x: y }"),
    );
  });

  test.each([
    ["a variable", "environment: { A: b }"],
    ["a port", "ports: ['80']"],
    ["a mount", "tmpfs: /run"],
    ["a hook is not part of it", "post_start: [{ command: x }]", true],
    ["a limit that changes in place is not", "mem_limit: 64m", true],
  ])("%s", (_sentence, keys, isSame = false) => {
    expect(config(keys)?.fixed === config("")?.fixed).toBe(isSame);
  });
});

test("whoever is asked to start anew does", () => {
  const asked: string[][] = [];
  const wish = wishOf("services: { web: { image: x, scale: 2 }, db: { image: x } }", {
    startedAfter: (...names) => (asked.push([...names]), names.includes("web.2") ? startedAt : undefined),
  });
  expect(wish.container.map(({ startedAfter }) => startedAfter)).toEqual([undefined, startedAt, undefined]);
  expect(asked[1]).toEqual(["web", "web.2", "shop-dev-web-2"]);
});

test("every wish has its place", () => {
  const wish = wishOf("services:\n  web: { image: x, volumes: ['d:/d'] }\n  app: { build: . }\nvolumes:\n  d:\n");
  const places = [...wish.network, ...wish.volume, ...wish.image, ...wish.container].map(
    ({ id, place }) => `${id} ${place.file}:${place.line}:${place.column}`,
  );
  expect(places).toEqual([
    "network:default compose.yml:1:1",
    "volume:d compose.yml:5:3",
    "image:x compose.yml:2:17",
    "image:shop-dev-app compose.yml:3:10",
    "container:web compose.yml:2:3",
    "container:app compose.yml:3:3",
  ]);
});

describe("the name of an image", () => {
  test.each([
    "nginx",
    "Registry.example:5000/a/b_c:Tag.1",
    "a/b@sha256:" + "0".repeat(64),
    "[::1]:5000/x",
    "0".repeat(64),
  ])("%s is one", (image) =>
    expect(wishOf(`services: { web: { image: "${image}" } }`).container[0]?.spec.image).toBe(image),
  );
  test.each(["Not A/Image::", "Nginx", "a//b", "nginx:", "a@sha256:1", "-x"])("%s is none", (image) => {
    expect(told(() => wishOf(`services: { web: { image: "${image}" } }`))).toEqual(["COMPOSE_IMAGE compose.yml:1:27"]);
  });
});

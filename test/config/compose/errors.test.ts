import { describe, expect, test } from "vitest";
import { errorsIn, told } from "../table.ts";
import { load, serviceOf, warned } from "./kit.ts";

describe("all that is wrong is told, by place", () => {
  test("at once", () => {
    const text = `services:
  a:
    image: x
    imge: y
    depends_on: [b, c]
    ports: ["80:x", 70000]
    mem_limit: 5q
  c:
    depends_on: [a]
    volumes: ["nope:/x"]
    networks: [n]
  "b b": { image: x }
`;
    expect(told(() => load(text))).toEqual([
      "CONFIG_UNKNOWN_KEY compose.yaml:4:5",
      "COMPOSE_REFERENCE compose.yaml:5:18",
      "DEPENDENCY_CYCLE compose.yaml:5:21",
      "CONFIG_TYPE compose.yaml:6:13",
      "CONFIG_TYPE compose.yaml:6:21",
      "CONFIG_TYPE compose.yaml:7:16",
      "COMPOSE_IMAGE compose.yaml:8:3",
      "COMPOSE_REFERENCE compose.yaml:10:15",
      "COMPOSE_REFERENCE compose.yaml:11:16",
      "CONFIG_TYPE compose.yaml:12:3",
    ]);
  });

  test.each<[string, string, readonly string[]]>([
    ["no image", "services:\n  a: { tty: true }\n", ["COMPOSE_IMAGE compose.yaml:2:3"]],
    ["an empty image", "services:\n  a: { image: $NO }\n", ["COMPOSE_IMAGE compose.yaml:2:15"]],
    ["nothing", "# a comment\n", ["COMPOSE_EMPTY compose.yaml:1:1"]],
    ["an empty map", "{}\n", ["COMPOSE_EMPTY compose.yaml:1:1"]],
    ["no map", "text\n", ["CONFIG_TYPE compose.yaml:1:1"]],
    ["no service in a service's place", "services:\n  a:\n", ["CONFIG_TYPE compose.yaml:2:5"]],
    ["an unknown tag", "services: !x {}\n", ["CONFIG_SYNTAX compose.yaml:1:11"]],
    ["a key twice", "services: {}\nservices: {}\n", ["CONFIG_DUPLICATE_KEY compose.yaml:2:1"]],
    ["a merge of a list", "x-a: &a [b]\nservices: { <<: *a }\n", ["CONFIG_SYNTAX compose.yaml:1:10"]],
    ["an undefined config", serviceOf("configs: [c]"), ["COMPOSE_REFERENCE compose.yaml:4:15"]],
    ["an undefined secret", serviceOf("secrets: [{ source: s }]"), ["COMPOSE_REFERENCE compose.yaml:4:25"]],
    [
      "an undefined secret of a build",
      serviceOf("build: { context: ., secrets: [s] }"),
      ["COMPOSE_REFERENCE compose.yaml:4:36"],
    ],
    [
      "an undefined network_mode service",
      serviceOf("network_mode: service:b"),
      ["COMPOSE_REFERENCE compose.yaml:4:19"],
    ],
    [
      "network_mode and networks",
      `${serviceOf("network_mode: host\nnetworks: [n]")}networks: { n: }`,
      ["COMPOSE_CONFLICT compose.yaml:4:19"],
    ],
    [
      "ports in another one's network",
      `${serviceOf("network_mode: service:b\nports: [80]")}  b: { image: x }`,
      ["COMPOSE_CONFLICT compose.yaml:5:5"],
    ],
    [
      "two Dockerfiles",
      serviceOf("build: { context: ., dockerfile: a, dockerfile_inline: b }"),
      ["COMPOSE_CONFLICT compose.yaml:4:60"],
    ],
    ["one name for two containers", serviceOf("container_name: bb\nscale: 2"), ["COMPOSE_CONFLICT compose.yaml:4:21"]],
    ["two numbers of replicas", serviceOf("scale: 2\ndeploy: { replicas: 3 }"), ["COMPOSE_CONFLICT compose.yaml:4:12"]],
    [
      "two limits of memory",
      serviceOf("mem_limit: 1m\ndeploy: { resources: { limits: { memory: 2m } } }"),
      ["COMPOSE_CONFLICT compose.yaml:4:16"],
    ],
    ["a config without content", `${serviceOf("configs: [c]")}configs: { c: {} }`, ["CONFIG_TYPE compose.yaml:5:12"]],
    [
      "a secret with two contents",
      `${serviceOf("secrets: [s]")}secrets: { s: { file: a, environment: B } }`,
      ["COMPOSE_CONFLICT compose.yaml:5:39"],
    ],
    [
      "a driver of what is external",
      `${serviceOf("networks: [n]")}networks: { n: { external: true, driver: d } }`,
      ["COMPOSE_CONFLICT compose.yaml:5:34"],
    ],
    ["a healthcheck of no kind", serviceOf("healthcheck: { test: [curl, x] }"), ["CONFIG_TYPE compose.yaml:4:26"]],
    ["a duration without unit", serviceOf("stop_grace_period: '5'"), ["CONFIG_TYPE compose.yaml:4:24"]],
    ["a quote that is not closed", serviceOf("command: a 'b"), ["CONFIG_TYPE compose.yaml:4:14"]],
    ["ranges of different length", serviceOf('ports: ["80-81:80-82"]'), ["CONFIG_TYPE compose.yaml:4:13"]],
    ["an address that is none", serviceOf('ports: ["300.1.1.1:80:80"]'), ["CONFIG_TYPE compose.yaml:4:13"]],
    ["a port of no container", serviceOf("ports: [{ published: 80 }]"), ["CONFIG_TYPE compose.yaml:4:13"]],
    [
      "a protocol that there is not",
      serviceOf("ports: [{ target: 80, protocol: http }]"),
      ["CONFIG_TYPE compose.yaml:4:37"],
    ],
    ["a number out of its limits", serviceOf("oom_score_adj: 5000"), ["CONFIG_TYPE compose.yaml:4:20"]],
    ["a host without an address", serviceOf("extra_hosts: [a]"), ["CONFIG_TYPE compose.yaml:4:19"]],
    ["a duration that is a number", serviceOf("healthcheck: { interval: 5 }"), ["CONFIG_TYPE compose.yaml:4:30"]],
    [
      "a volume with a bad name",
      `${serviceOf("volumes: ['v:/v']")}volumes: { v: , "a b": }`,
      ["CONFIG_TYPE compose.yaml:5:17"],
    ],
    ["an empty part of a volume", serviceOf("volumes: ['a::/b']"), ["CONFIG_TYPE compose.yaml:4:15"]],
    ["too many parts of a volume", serviceOf("volumes: ['a:/b:ro:z']"), ["CONFIG_TYPE compose.yaml:4:15"]],
    [
      "a volume without a target",
      serviceOf("volumes: [{ type: bind, source: /a }]"),
      ["CONFIG_TYPE compose.yaml:4:15"],
    ],
    [
      "devices counted and named",
      serviceOf("gpus: [{ count: 1, device_ids: [a] }]"),
      ["COMPOSE_CONFLICT compose.yaml:4:21"],
    ],
    ["itself", serviceOf("depends_on: [a]"), ["DEPENDENCY_CYCLE compose.yaml:4:18"]],
    ["a name that no engine takes", serviceOf("container_name: 'bb c'"), ["CONFIG_TYPE compose.yaml:4:21"]],
    ["a restart policy that there is not", serviceOf("restart: sometimes"), ["CONFIG_TYPE compose.yaml:4:14"]],
    ["a pull policy that begins like one", serviceOf("pull_policy: alwaysx"), ["CONFIG_TYPE compose.yaml:4:18"]],
    [
      "a network's name that no engine takes",
      `${serviceOf("networks: [n]")}networks: { n: { name: -x } }`,
      ["COMPOSE_NAME compose.yaml:5:24"],
    ],
    [
      "a condition that there is not",
      `${serviceOf("depends_on: { b: { condition: up } }")}  b: { image: x }`,
      ["CONFIG_TYPE compose.yaml:4:35"],
    ],
  ])("%s", (_name, text, expected) => expect(told(() => load(text))).toEqual(expected));

  test.each<[string, string, string]>([
    [
      "oom_score_adj: 5000",
      "`services.a.oom_score_adj` must be a whole number from -1000 to 1000; found 5000",
      "correct the value",
    ],
    ["environment: text", '`services.a.environment` must be a map or a list; found "text"', "correct the value"],
    ["foobar: 1", "unknown key `foobar` in `services.a`", "remove it; notes of your own begin with `x-`"],
    ["envirnment: {}", "unknown key `envirnment` in `services.a`", "did you mean `environment`?"],
    ["depends_on: { b: x }", '`services.a.depends_on.b` must be a map; found "x"', "correct the value"],
    ["healthcheck: { interval: 5 }", "`services.a.healthcheck.interval` must be text; found 5", "put it in quotes"],
  ])("%s: in words", (line, what, next) => {
    const [error] = errorsIn(() => load(serviceOf(line)));
    expect(error?.facts).toMatchObject({ what, next });
  });

  test("a circle is named", () => {
    const text =
      "services:\n  a: { image: x, depends_on: [b] }\n  b: { image: x, depends_on: [c] }\n  c: { image: x, depends_on: [b] }\n";
    expect(errorsIn(() => load(text)).map(({ message }) => message)).toEqual([
      "services wait for each other: b → c → b",
    ]);
  });
});

test.each<[string, string, string]>([
  ["the file's version", `version: "3"\n${serviceOf("")}`, "compose.yaml:1:1 `version` means nothing any more"],
  [
    "ports in the host's network",
    serviceOf("network_mode: host\nports: [80]"),
    "compose.yaml:5:5 service `a`: `ports` mean nothing in the host's network, where every port is open already",
  ],
  [
    "what a shell would read",
    serviceOf("command: a && b"),
    "compose.yaml:4:14 the command ends before `&& b`: Compose runs no shell",
  ],
  [
    "an option of a volume",
    serviceOf("volumes: ['/a:/b:delegated']"),
    "compose.yaml:4:15 the option `delegated` of a volume means nothing on Linux",
  ],
])("%s is worth a warning", (_name, text, expected) => expect(warned(load(text))).toEqual([expected]));

test("names of Object's own properties are names like any other", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const text = `services:\n${names.map((name) => `  ${name}: { image: x, environment: { ${name}: 1 }, networks: [${name}], depends_on: [] }\n`).join("")}networks: { ${names.map((name) => `${name}: `).join(", ")} }\n`;
  const { project } = load(text);
  expect([...project.services.keys()]).toEqual(names);
  expect([...project.networks.keys()]).toEqual(names);
  expect([...project.services.values()].map(({ environment }) => [...(environment ?? [])])).toEqual(
    names.map((name) => [[name, "1"]]),
  );
});

describe("limits", () => {
  test("501 services are too many, 500 are not", () => {
    const services = (count: number): string =>
      `services:\n${Array.from({ length: count }, (_, index) => `  s${index}: { image: x }\n`).join("")}`;
    expect(load(services(500)).project.services.size).toBe(500);
    expect(told(() => load(services(501)))).toEqual(["CONFIG_LIMIT compose.yaml:502:3"]);
  });

  test.each<[string, string, string]>([
    ["depth", `x-a: ${"[".repeat(100)}${"]".repeat(100)}`, "CONFIG_LIMIT compose.yaml:1:70"],
    ["aliases", `x-a: &a 1\nx-b: [${"*a ,".repeat(101)}]`, "CONFIG_LIMIT compose.yaml:2:407"],
    ["size", `x-a: ${"a".repeat(1024 * 1024)}`, "CONFIG_LIMIT"],
  ])("%s", (_name, text, expected) => expect(told(() => load(text))[0]).toContain(expected.split(" ")[0]));

  const many = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => line(index)).join("");

  test.each<[string, Readonly<Record<string, string>>, string]>([
    [
      "files that include each other twice, thirty deep",
      Object.fromEntries(
        Array.from({ length: 30 }, (_, index) => [
          `${index}.yaml`,
          `include: [${index + 1}.yaml, ${index + 1}.yaml]`,
        ]).concat([["30.yaml", "services: { a: { image: x } }"]]),
      ),
      "CONFIG_LIMIT",
    ],
    [
      "ports without end",
      {
        "c.yaml": serviceOf(
          `ports:\n${many(100, (index) => `  - 1-60000:1-60000/${["tcp", "udp", "sctp"][index % 3]}\n`)}`,
        ),
      },
      "CONFIG_LIMIT",
    ],
    [
      "services that take along all that the one before has",
      {
        "c.yaml": `services:\n  s0: { image: x, cap_add: [${many(20_000, (index) => `c${index},`)}] }\n${many(400, (index) => `  s${index + 1}: { extends: s${index} }\n`)}`,
      },
      "CONFIG_LIMIT",
    ],
    [
      "a long value that is named often",
      {
        "c.yaml": `services:\n${many(400, (index) => `  s${index}: { image: $LONG }\n`)}`,
        ".env": `LONG=${"x".repeat(500_000)}\n`,
      },
      "CONFIG_LIMIT",
    ],
    [
      "variables that double",
      { "c.yaml": serviceOf(""), ".env": `A0=x\n${many(40, (index) => `A${index + 1}=$A${index}$A${index}\n`)}` },
      "CONFIG_LIMIT",
    ],
  ])("%s", (_name, files, code) => {
    expect(told(() => load(files)).map((line) => line.split(" ")[0])).toEqual([code]);
  });

  test("a chain of 400 extensions is none too many", () => {
    const text = `services:\n  s0: { image: x }\n${many(400, (index) => `  s${index + 1}: { extends: s${index}, cap_add: [C${index}] }\n`)}`;
    expect(load(text).project.services.get("s400")?.cap_add).toHaveLength(400);
  });

  test("a file does not lead out of the project", () => {
    expect(told(() => load(serviceOf("env_file: ../../x.env")))).toEqual(["PATH_OUTSIDE compose.yaml:4:15"]);
  });
});

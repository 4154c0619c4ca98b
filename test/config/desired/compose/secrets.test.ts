import { describe, expect, test } from "vitest";
import { reveal, Secret } from "../../../../controller/core/secret.ts";
import { errorsIn, told } from "../../table.ts";
import { specOf, wishOf } from "./kit.ts";

/** Everything that a shell, YAML or an interpolation could take for its own. */
const password = "p$w${X}'\"\\ :#@«DB_HOST»\n«»";
const injected = { DB_PASSWORD: new Secret(password), DB_HOST: "db.example" };

describe("a secret in the environment of a container", () => {
  test.each([
    ["as a whole", "PASSWORD: ${DB_PASSWORD}", password],
    ["in a text", "URL: postgres://u:${DB_PASSWORD}@${DB_HOST}/d", `postgres://u:${password}@db.example/d`],
    ["twice", "TWICE: $DB_PASSWORD$DB_PASSWORD", password + password],
    ["instead of a default", "OR: ${DB_PASSWORD:-nothing}", password],
    ["required", "MUST: ${DB_PASSWORD:?}", password],
    ["by its name alone", "DB_PASSWORD:", password],
  ])("%s survives unchanged, and prints nowhere", (_sentence, line, expected) => {
    const [value] = [
      ...specOf(`environment: { ${line.replace(/: (.*)$/, ': "$1"')} }`, { injected }).environment.values(),
    ];
    expect(value).toBeInstanceOf(Secret);
    expect(value instanceof Secret ? reveal(value) : value).toBe(expected);
  });

  test("in a list, and in an env file of the service", () => {
    const files = { "web.env": "URL=postgres://${DB_PASSWORD}\n" };
    const { environment } = specOf('env_file: web.env\nenvironment: ["A=${DB_PASSWORD}"]', { injected, files });
    const plain = [...environment].map(([name, value]) => [name, value instanceof Secret ? reveal(value) : "public"]);
    expect(Object.fromEntries(plain)).toEqual({ A: password, URL: `postgres://${password}` });
  });

  test("the one beside it stays public", () => {
    const { environment } = specOf("environment: { A: '${DB_PASSWORD}', HOST: '${DB_HOST}', LEVEL: info }", {
      injected,
    });
    expect([environment.get("HOST"), environment.get("LEVEL")]).toEqual(["db.example", "info"]);
  });

  test("by an anchor of a key of the author's own, which itself goes nowhere", () => {
    const compose = `x-app: &app { environment: { A: "\${DB_PASSWORD}" } }
services: { web: { <<: *app, image: busybox } }
`;
    const value = wishOf(compose, { injected }).container[0]?.spec.environment.get("A");
    expect(value instanceof Secret ? reveal(value) : value).toBe(password);
  });

  test("in a config and in a hook", () => {
    const compose = `services:
  web: { image: busybox, configs: [c], post_start: [{ command: [x], environment: { A: "\${DB_PASSWORD}" } }] }
configs: { c: { content: "pw=\${DB_PASSWORD}" } }
`;
    const [web] = wishOf(compose, { injected }).container;
    const content = web?.files[0]?.content;
    const hook = web?.postStart[0]?.environment?.get("A");
    expect(content instanceof Secret ? reveal(content) : content).toBe(`pw=${password}`);
    expect(hook instanceof Secret ? reveal(hook) : hook).toBe(password);
  });
});

describe("a secret where others can read it is refused", () => {
  const service = (keys: string): string => `services:\n  web:\n    image: busybox\n    ${keys}\n`;
  test.each([
    ["a command", service('command: ["x", "${DB_PASSWORD}"]'), "4:20", "services.web.command[1]"],
    ["a command of one text", service("command: x ${DB_PASSWORD}"), "4:14", "services.web.command[1]"],
    ["an entrypoint", service('entrypoint: ["${DB_PASSWORD}"]'), "4:18", "services.web.entrypoint[0]"],
    ["a label", service('labels: { a: "${DB_PASSWORD}" }'), "4:18", "services.web.labels.a"],
    [
      "a label whose name is like an environment's",
      service('labels: { "environment.x": "${DB_PASSWORD}" }'),
      "4:32",
      "services.web.labels.environment.x",
    ],
    ["a healthcheck", service('healthcheck: { test: "x ${DB_PASSWORD}" }'), "4:26", "services.web.healthcheck.test[1]"],
    ["an image's name", "services: { web: { image: '${DB_PASSWORD}' } }", "1:27", "services.web.image"],
    [
      "a build's argument",
      'services: { web: { build: { context: ., args: { A: "${DB_PASSWORD}" } } } }',
      "1:52",
      "services.web.build.args.A",
    ],
    ["a volume's path", service('volumes: ["/srv/${DB_PASSWORD}:/data"]'), "4:15", "services.web.volumes[0].source"],
  ])("%s", (_sentence, compose, place, path) => {
    const found = errorsIn(() => wishOf(compose, { injected }));
    expect(found.map(({ code, facts }) => `${code} ${facts.where?.line}:${facts.where?.column}`)).toEqual([
      `SECRET_EXPOSED ${place}`,
    ]);
    expect(found[0]?.message).toContain(path);
    expect(JSON.stringify(found[0])).not.toContain(password.slice(0, 4));
  });

  test("where a number is wanted, the mistake shows no secret", () => {
    const [error] = errorsIn(() => wishOf(service('ports: ["${DB_PASSWORD}:80"]'), { injected }));
    expect(error?.code).toBe("CONFIG_TYPE");
    expect(error?.message).not.toContain(password.slice(0, 4));
  });
});

describe("what only the shell or an env file says", () => {
  const isSecret = (keys: string, files: Readonly<Record<string, string>> = {}): boolean =>
    specOf(keys, { files, shell: { KEY: "sk-1" }, variables: { LEVEL: "info", MIXED: "a ${KEY}" } }).environment.get(
      "A",
    ) instanceof Secret;

  const rows: readonly (readonly [string, string, boolean, Readonly<Record<string, string>>?])[] = [
    ["a value of the shell", "environment: { A: '${KEY}' }", true],
    ["a name alone", "environment: [A]", false],
    ["a value of the configuration file", "environment: { A: '${LEVEL}' }", false],
    ["one that is made of the shell's", "environment: { A: '${MIXED}' }", true],
    ["a default", "environment: { A: '${NOBODY:-x}' }", false],
    ["a line of an env file", "env_file: web.env", true, { "web.env": "A=1\n" }],
    ["the project's own .env", "environment: { A: '${B}' }", true, { ".env": "B=2\n" }],
    ["the project's name", "environment: { A: '${COMPOSE_PROJECT_NAME}' }", false],
  ];
  test.each(rows.map((row) => [row[0], row] as const))("%s shows in no plan: is it so?", (_sentence, row) => {
    const [, keys, expected, files] = row;
    expect(isSecret(keys, files)).toBe(expected);
  });
});

describe("variables", () => {
  test("one that has no value is an error with its place", () => {
    const compose = "services:\n  web:\n    image: busybox:${TAG}\n    environment: { A: $ALSO, B: '${FINE:-x}' }\n";
    expect(told(() => wishOf(compose))).toEqual([
      "VARIABLE_UNDEFINED compose.yml:3:12",
      "VARIABLE_UNDEFINED compose.yml:4:23",
    ]);
  });

  test("to stop or take away, none is needed", () => {
    expect(wishOf("services: { web: { image: 'busybox:${TAG}' } }", { to: "stopped" }).container).toHaveLength(1);
  });

  test("an ordinary file gives containers exactly the environment that it says", () => {
    const { environment } = specOf("environment: { A: b }", {
      injected,
      shell: { HOME: "/root" },
      variables: { LEVEL: "x" },
    });
    expect(environment).toEqual(new Map([["A", "b"]]));
  });

  test("a name without a value anywhere takes the image's away", () => {
    expect(specOf("environment: [A]").environment).toEqual(new Map([["A", undefined]]));
  });
});

describe("a value of the shell where others can read it", () => {
  const shell = { API_KEY: "canary-key" };
  test.each<[string, string, readonly string[]]>([
    ["a command", "command: serve --key $API_KEY", ["command"]],
    ["a word of it", "command: [serve, $API_KEY]", ["command"]],
    ["an entrypoint", "entrypoint: [run, $API_KEY]", ["entrypoint"]],
    ["a label", "labels: { open: yes, key: $API_KEY }", ["label/key"]],
    ["a healthcheck", "healthcheck: { test: [CMD, curl, $API_KEY] }", ["healthcheck"]],
    ["options of a log", "logging: { driver: splunk, options: { splunk-token: $API_KEY } }", ["logging"]],
    ["what everybody may read", "command: [serve, $OPEN]", []],
  ])("%s is changed in a plan, and not shown", (_what, keys, expected) => {
    const given = { shell, variables: { OPEN: "1" } };
    const { container } = wishOf(`services:\n  web:\n    image: busybox\n    ${keys}\n`, given);
    expect([...(container[0]?.config.contents.keys() ?? [])]).toEqual(expected);
  });
});

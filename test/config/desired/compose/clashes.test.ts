import { describe, expect, test } from "vitest";
import { renderPlace } from "../../../../controller/core/place.ts";
import { errorsIn } from "../../table.ts";
import { wishOf } from "./kit.ts";

const clashes = (
  compose: string,
  other?: string,
  others = ", test: { postgres: { port: 1 }, deployment: { compose: other.yml } }",
) =>
  errorsIn(() => wishOf(compose, other === undefined ? {} : { files: { "other.yml": other }, others })).map(
    ({ code, facts }) => `${code} ${facts.what} at ${facts.where === undefined ? "" : renderPlace(facts.where)}`,
  );

const web = (keys: string): string => `services: { web: { image: x, ${keys} } }\n`;

describe("in one environment", () => {
  test.each([
    [
      "a port of two services",
      "services:\n  a: { image: x, ports: ['80:80'] }\n  b: { image: x, ports: ['127.0.0.1:80:8080'] }\n",
      ["environment dev uses port 80 twice at compose.yml:3:26"],
    ],
    [
      "a port of two containers of one service",
      web("scale: 2, ports: ['80:80']"),
      ["environment dev uses port 80 twice at compose.yml:1:48"],
    ],
    [
      "the server's own port",
      web("ports: ['5432:5432']"),
      ["environment dev uses port 5432 twice at compose.yml:1:38"],
    ],
  ])("%s", (_sentence, compose, expected) => {
    expect(clashes(compose)).toEqual(expected.map((line) => `CONFIG_CLASH ${line}`));
  });

  test.each([
    ["two addresses", web("ports: ['127.0.0.1:80:80', '127.0.0.2:80:80']")],
    ["two protocols", web("ports: ['53:53', '53:53/udp']")],
    ["a range, of which the engine takes one", web("scale: 2, ports: [{ target: 80, published: '8000-8010' }]")],
    ["a port that the engine chooses", web("scale: 2, ports: ['80']")],
    ["the host's network, where nothing is published", web("network_mode: host, ports: ['5432:5432']")],
  ])("%s do not clash", (_sentence, compose) => expect(clashes(compose)).toEqual([]));
});

describe("between two environments", () => {
  test.each([
    ["a port", web("ports: ['80:80']"), "environments test and dev both use port 80 at compose.yml:1:38"],
    [
      "a container's name",
      web("container_name: www"),
      "environments test and dev both use the container name www at compose.yml:1:46",
    ],
    [
      "a network's name",
      `${web("networks: [n]")}networks: { n: { name: net } }\n`,
      "environments test and dev both use the network net at compose.yml:2:24",
    ],
    [
      "a volume's name",
      `${web("volumes: ['v:/v']")}volumes: { v: { name: vol } }\n`,
      "environments test and dev both use the volume vol at compose.yml:2:23",
    ],
  ])("%s", (_sentence, compose, expected) => {
    expect(clashes(compose, compose)).toEqual([`CONFIG_CLASH ${expected}`]);
  });

  const image = (keys: string): string => `services: { web: { image: "app:1", build: { context: ., ${keys} } } }\n`;
  test.each([
    ["arguments", image("args: { LEVEL: a }"), image("args: { LEVEL: b }")],
    ["a target", image(""), image("target: test")],
    ["what differs by the environment", image("args: { FOR: $COMPOSE_PROJECT_NAME }"), undefined],
    ["the long name of the same", image(""), image("target: x").replace("app:1", "docker.io/library/app:1")],
  ])("one image that is built in two ways: %s", (_sentence, compose, other = compose) => {
    expect(clashes(compose, other)).toEqual([
      "CONFIG_CLASH environments test and dev both use the image app:1 at compose.yml:1:27",
    ]);
  });
  test.each([
    ["is one image", image("args: { LEVEL: a }"), image("args: { LEVEL: a }")],
    ["with another cache is one, too", image(""), image("no_cache: true")],
    ["that only one of them builds", image(""), "services: { web: { image: 'app:1' } }\n"],
    [
      "that has its environment in its name",
      image("args: { L: a }").replace("app:1", "app:$COMPOSE_PROJECT_NAME"),
      undefined,
    ],
    [
      "without a name of its own",
      image("args: { L: $COMPOSE_PROJECT_NAME }").replace('image: "app:1", ', ""),
      undefined,
    ],
  ])("one image that is built from the same things, or %s", (_sentence, compose, other = compose) => {
    expect(clashes(compose, other)).toEqual([]);
  });

  const all = web("ports: ['80:80'], container_name: www");
  test.each([
    ["names that Compose makes", web("volumes: ['v:/v']") + "volumes: { v: }\n", undefined],
    ["what exists outside", web("networks: [n]") + "networks: { n: { name: net, external: true } }\n", undefined],
    ["a template", all, ", test: { template: true, deployment: { compose: other.yml } }"],
    [
      "one whose files are not in order",
      all,
      ", test: { postgres: { port: 1 }, deployment: { compose: [other.yml, compose.yml, bad.yml] } }",
    ],
  ])("%s claim nothing", (_sentence, compose, others) => {
    const files = { "other.yml": compose, "bad.yml": "services: []\n" };
    const given = { files, others: others ?? ", test: { postgres: { port: 1 }, deployment: { compose: other.yml } }" };
    expect(errorsIn(() => wishOf(compose, given))).toEqual([]);
  });

  test("a port that the other one gets from its own variables", () => {
    const compose = web("ports: ['${WEB}:80']");
    const others = ", test: { postgres: { port: 1 }, variables: { WEB: 81 }, deployment: { compose: compose.yml } }";
    expect(errorsIn(() => wishOf(compose, { others, variables: { WEB: "80" } }))).toEqual([]);
    expect(errorsIn(() => wishOf(compose, { others, variables: { WEB: "81" } })).length).toBe(1);
  });
});

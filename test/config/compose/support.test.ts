import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generateCompose } from "../../../.build/generate-compose.ts";
import { projectRoot } from "../../support/build.ts";
import { told } from "../table.ts";
import { load, printed, serviceOf, warned } from "./kit.ts";

test("the page and the validator are what the schema and the table make", async () => {
  const stale = [...(await generateCompose(projectRoot))].filter(
    ([file, text]) => readFileSync(join(projectRoot, file), "utf8") !== text,
  );
  expect(stale.map(([file]) => file)).toEqual([]);
});

describe("what is not supported is told", () => {
  const secret = `${serviceOf("secrets: [s]")}secrets: { s: { external: true } }\n`;

  test.each<[string, string, string]>([
    ["a key", serviceOf("provider: { type: y }"), "compose.yaml:4:15"],
    ["a key of a section", secret, "compose.yaml:5:27"],
    ["a section", `${serviceOf("")}models: { m: { model: y } }\n`, "compose.yaml:5:9"],
    ["an address to build from", serviceOf("build: https://github.com/x/y.git"), "compose.yaml:4:12"],
    ["a type of volume", serviceOf("volumes: [{ type: cluster, source: y, target: /y }]"), "compose.yaml:4:15"],
  ])("%s that is refused", (_name, text, place) => {
    expect(told(() => load(text))).toEqual([`COMPOSE_REFUSED ${place}`]);
    const loaded = load(text, { refusesUnsupported: false });
    expect(warned(loaded).map((line) => line.split(" ")[0])).toEqual([place]);
    expect(warned(loaded)[0]).toContain("(a deployment is refused)");
  });

  test("a key that is ignored, with all that is in it", () => {
    const loaded = load(serviceOf("deploy:\n  placement: { constraints: [y] }\n  replicas: 1"));
    expect(warned(loaded)).toEqual([
      "compose.yaml:5:18 `services.a.deploy.placement` is ignored: only a Swarm has several nodes to choose from",
    ]);
  });

  test("but nothing of a service that is not active, and no name that looks like a key", () => {
    const text = `services:
  provider: { image: x, environment: { provider: 1 }, x-models: 1, networks: { models: } }
  b: { image: x, provider: { type: y }, profiles: [p] }
networks: { models: }
`;
    expect(warned(load(text))).toEqual([]);
  });

  test("and a key that asks for nothing is in order", () => {
    expect(
      warned(
        load(`${serviceOf("use_api_socket: false\nconfigs: [c]")}configs: { c: { content: y, external: false } }\n`),
      ),
    ).toEqual([]);
  });
});

test("what is refused in a deployment is printed all the same", () => {
  const text = `${serviceOf("provider: { type: y, options: { o: 1, l: [a] } }\nmodels: [m]\nuse_api_socket: true")}models: { m: { model: y, context_size: 5 } }\n`;
  expect(printed(load(text, { refusesUnsupported: false }))).toMatchObject({
    services: {
      a: { provider: { type: "y", options: { o: "1", l: ["a"] } }, models: { m: {} }, use_api_socket: true },
    },
    models: { m: { model: "y", context_size: 5 } },
  });
});

import { describe, expect, test } from "vitest";
import type { Desired } from "../../../controller/resources/index.ts";
import { projectOf, wishOf } from "./wish.ts";

// The part of the environment's server in what it asks of its container engine.

const on = (compose: string, image = "postgres:17"): Promise<Desired> =>
  wishOf(
    projectOf(`postgres: { image: "${image}" }\ndeployment: { compose: compose.yml }`, { "compose.yml": compose }),
  );

const serverOf = ({ resources }: Desired) => resources.instance[0]?.container;

const own = "a: , b: { driver: overlay }";
describe("the networks that it is on", () => {
  test.each<[string, string, readonly string[]]>([
    ["without any, one of its own", "services: { }", ["my-app-dev_default"]],
    ["the default one", "services: { web: { image: x } }", ["my-app-dev_default"]],
    [
      "each that is the environment's own",
      `services: { web: { image: x, networks: [a] }, job: { image: x, networks: [b] } }\nnetworks: { ${own} }`,
      ["my-app-dev_a", "my-app-dev_b"],
    ],
    [
      "none that others are on, where every service is on one of the environment's",
      "services: { web: { image: x, networks: [default, proxy] } }\nnetworks: { proxy: { external: true } }",
      ["my-app-dev_default"],
    ],
    [
      "one that others are on, for a service that is on no other",
      "services: { web: { image: x, networks: [proxy] }, db: { image: x } }\nnetworks: { proxy: { external: true } }",
      ["my-app-dev_default", "proxy"],
    ],
    [
      "none with addresses of the machine's network, where every service is on another one",
      "services: { web: { image: x, networks: [default, lan] } }\nnetworks: { lan: { driver: macvlan } }",
      ["my-app-dev_default"],
    ],
    [
      "its way out first",
      "services: { web: { image: x, networks: [a, b] } }\nnetworks: { a: { internal: true }, b: }",
      ["my-app-dev_b", "my-app-dev_a"],
    ],
    [
      "one more, where none has a way out",
      "services: { web: { image: x } }\nnetworks: { default: { internal: true } }",
      ["my-app-dev_poststack", "my-app-dev_default"],
    ],
    [
      "the default one more, where only somebody else's has a way out",
      "services: { web: { image: x, networks: [proxy] } }\nnetworks: { proxy: { external: true } }",
      ["my-app-dev_default", "proxy"],
    ],
  ])("%s", async (_sentence, compose, expected) => {
    const desired = await on(compose);
    expect(serverOf(desired)?.networks).toEqual(expected);
    const made = desired.resources.network.filter(({ isExternal }) => !isExternal).map(({ name }) => name);
    const ours = expected.filter((name) => name.startsWith("my-app-dev_"));
    expect(made).toEqual(expect.arrayContaining([...ours]));
    const ids = desired.resources.network.filter(({ name }) => expected.includes(name)).map(({ id }) => id);
    expect(desired.resources.instance[0]?.dependsOn).toEqual(expect.arrayContaining(ids));
  });

  test("a job counts as a service", async () => {
    const desired = await wishOf(
      projectOf("postgres: { version: 17 }\ninit: [{ compose: init.yml }]", {
        "init.yml":
          "services: { seed: { image: x, networks: [proxy] } }\nnetworks: { proxy: { external: true, name: p } }",
      }),
    );
    expect(serverOf(desired)?.networks).toEqual(["my-app-dev_default", "p"]);
  });
});

test("two environments on one network call their servers by different names", async () => {
  const desired = await on("services: { web: { image: x, environment: { AT: $DB_HOST } } }");
  expect(serverOf(desired)).toMatchObject({ alias: "my-app-dev-postgres", service: "poststack-postgres" });
  expect(desired.resources.container[0]?.spec.environment.get("AT")).toBe("my-app-dev-postgres");
});

test.each([
  ["the same words", "acme/pg:16", "acme/pg:16", "image:acme/pg:16"],
  ["the tag left out", "acme/pg:latest", "acme/pg", "image:acme/pg"],
  ["the registry left out", "docker.io/library/postgres:16", "postgres:16", "image:postgres:16"],
])("an image that a service uses, too, is waited for: %s", async (_words, image, ofService, id) => {
  const desired = await on(`services: { tool: { image: "${ofService}" } }`, image);
  expect(desired.resources.image.map((one) => one.id)).toEqual([id]);
  expect(desired.resources.instance[0]?.dependsOn).toContain(id);
});

test("its volume does not say of which version the data is: nothing is known before there is any", async () => {
  const volume = (await on("services: { }")).resources.volume.find(({ id }) => id === "volume:poststack-postgres");
  expect(volume).toMatchObject({ spec: { labels: new Map() } });
});

import { expect, test } from "vitest";
import { loadProject } from "../../../controller/config/load.ts";
import { exportCompose, withNames } from "../../../controller/config/export/compose.ts";
import { fileStart } from "../../../controller/core/place.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { projectWith } from "../../support/project.ts";

/** The exported `web` with these keys, as people get to see it, and what its text names. */
function exported(keys: string) {
  const { files } = projectWith({
    ".poststack.yml": "project: { name: shop }\nenvironments: { dev: { deployment: { compose: compose.yml } } }\n",
    "compose.yml": `services:\n  web:\n    image: x\n    ${keys.replaceAll("\n", "\n    ")}\n`,
    "web.env": "STRIPE_KEY=canary-of-the-service\nSHORT=ab\n",
  });
  const project = loadProject({ files, configFile: ".poststack.yml", shell: new Map(), chosen: "dev" });
  const environment = project.environments.get("dev");
  if (environment === undefined) throw new Error("there is no dev");
  const { document, values, added } = exportCompose({
    ...{ project, environment, files, instance: undefined, showSecrets: false },
    sources: {
      injected: new Map([["DB_PASSWORD", new Secret("canary-password")]]),
      written: new Map([["OPEN", { text: "public", place: fileStart(".poststack.yml") }]]),
      shell: new Map([
        ["API_KEY", "canary-key"],
        ["TINY", "b"],
        ["TINY_KEY", "canary-key-2"],
      ]),
      envFiles: [],
    },
  });
  const { services } = document as { services: { web: Record<string, unknown> } };
  return { web: JSON.parse(withNames(JSON.stringify(services.web), values)) as Record<string, unknown>, added };
}

test.each<[string, string, Record<string, unknown>]>([
  ["a variable", "environment: { KEY: '${API_KEY}' }", { environment: { KEY: "${API_KEY}" } }],
  ["a secret", "environment: { PW: 'x${DB_PASSWORD}' }", { environment: { PW: "x${DB_PASSWORD}" } }],
  ["what the configuration says is shown", "environment: { A: $OPEN }", { environment: { A: "public" } }],
  ["a command", "command: 'serve --key ${API_KEY}'", { command: ["serve", "--key", "${API_KEY}"] }],
  ["a label", "labels: { key: 'a ${API_KEY}' }", { labels: { key: "a ${API_KEY}" } }],
  [
    "a healthcheck",
    "healthcheck: { test: 'curl -H ${API_KEY}' }",
    { healthcheck: { test: ["CMD-SHELL", "curl -H ${API_KEY}"] } },
  ],
  ["a hook", "post_start: [{ command: [load, $API_KEY] }]", { post_start: [{ command: ["load", "${API_KEY}"] }] }],
  ["a host", "extra_hosts: { db: $API_KEY }", { extra_hosts: ["db=${API_KEY}"] }],
  ["the longer of two", "command: [$API_KEY, $TINY_KEY]", { command: ["${API_KEY}", "${TINY_KEY}"] }],
  [
    "a value of its own env file gets a name",
    "env_file: web.env",
    { environment: { STRIPE_KEY: "${WEB_STRIPE_KEY}", SHORT: "${WEB_SHORT}" } },
  ],
  ["a short value only where it stands alone", "command: [abb, $TINY]", { command: ["abb", "${TINY}"] }],
])("%s", (_what, keys, expected) => {
  expect(exported(keys).web).toMatchObject(expected);
});

test("the names that are new come with their values", () => {
  expect([...exported("env_file: web.env").added]).toEqual([
    ["WEB_STRIPE_KEY", "canary-of-the-service"],
    ["WEB_SHORT", "ab"],
  ]);
});

test("what runs by a profile runs without it", () => {
  expect(exported("profiles: []").web).not.toHaveProperty("profiles");
});

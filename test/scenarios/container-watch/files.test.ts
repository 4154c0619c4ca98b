import { expect, test } from "vitest";
import { describeStages } from "../../engine/engines.ts";
import { answerOf } from "../../support/command.ts";
import { stageOn, until, type Stage } from "./stage.ts";

// Every file that containers are made from: saved while it is watched, it makes new ones of what it is about.

const sleeper = `image: IMAGE, command: [sleep, "100000"], init: true`;
const files = {
  "compose.yml": `include: [more/included.yml]
services:
  main: { ${sleeper} }
  environment: { ${sleeper}, env_file: [app.env, { path: local.env, required: false }] }
  labels: { ${sleeper}, label_file: app.labels }
  config: { ${sleeper}, configs: [page] }
  secret: { ${sleeper}, secrets: [key] }
  extended: { extends: { file: base.yml, service: base } }
  built: { build: { context: app, dockerfile: ../Dockerfile.app }, command: [sleep, "100000"], init: true }
configs: { page: { file: ./page.txt } }
secrets: { key: { file: ./key.txt } }
`,
  "more/included.yml": `services:
  included: { ${sleeper} }
`,
  "base.yml": `services:
  base: { ${sleeper} }
`,
  "app.env": "LEVEL=debug\n",
  "app.labels": "level=debug\n",
  "page.txt": "hello",
  "key.txt": "secret",
  "Dockerfile.app": "FROM IMAGE\nCOPY . /app\n",
  "app/src/deep/a.txt": "a",
  "app/.dockerignore": "logs\n",
};

/** What is saved, and which service it is about. */
const saves: readonly (readonly [string, string, (app: Stage) => void])[] = [
  ["the Compose file", "main", ({ project }) => project.edit("compose.yml", "main: {", "main: { hostname: other,")],
  ["one that it includes", "included", ({ project }) => project.edit("more/included.yml", "{", "{ hostname: other,")],
  ["one that it extends", "extended", ({ project }) => project.edit("base.yml", "{", "{ hostname: other,")],
  ["an env file", "environment", ({ project }) => project.write("app.env", "LEVEL=info\n")],
  ["one that was not there", "environment", ({ project }) => project.write("local.env", "LOCAL=1\n")],
  ["a label file", "labels", ({ project }) => project.write("app.labels", "level=info\n")],
  ["a config's file", "config", ({ project }) => project.write("page.txt", "goodbye")],
  ["a secret's file", "secret", ({ project }) => project.write("key.txt", "other")],
  ["a file deep in a build context", "built", ({ project }) => project.write("app/src/deep/a.txt", "b")],
  ["a new one there", "built", ({ project }) => project.write("app/src/new/b.txt", "b")],
  ["a Dockerfile outside of it", "built", ({ project }) => project.edit("Dockerfile.app", "/app", "/other")],
];

describeStages({ name: "files that are saved while they are watched", isExtra: true }, stageOn, ({ stage }) => {
  test("make new containers of what they are about, and of nothing else", async () => {
    const app = await stage(files);
    const watching = await app.watch();
    const ids = async (): Promise<ReadonlyMap<string, string>> => {
      const found = await app.running();
      return new Map(found.map(({ name, id }) => [name, id]));
    };
    for (const [what, service, save] of saves) {
      const before = await ids();
      save(app);
      const name = `${service}-1`;
      await until(watching, `${what} makes a new ${service}`, async () => {
        const now = await ids();
        return now.size === before.size && now.has(name) && now.get(name) !== before.get(name);
      });
      const after = await ids();
      expect(
        [...after].filter(([one, id]) => before.get(one) !== id).map(([one]) => one),
        what,
      ).toEqual([name]);
    }
    expect(answerOf(await app.ok("plan", "--json"))).toMatchObject({ settled: true, actions: [] });
  }, 240_000);
});

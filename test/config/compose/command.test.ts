import { afterEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { cliProject, type CliProject } from "../../support/cli.ts";
import { hasCorpus } from "../../support/corpus.ts";
import { misfits } from "../../support/schemas.ts";
import { composeCases, home, meaning, nameOf, variantsOf, type Json } from "./corpus-cases.ts";

let project: CliProject | undefined;
const projectOf = (files: Readonly<Record<string, string>>): CliProject => (project = cliProject(files));
afterEach(() => {
  project?.dispose();
  project = undefined;
});

const two = {
  "compose.yaml":
    "name: demo\nservices:\n  web: { image: 'nginx:${TAG:-1}', volumes: ['data:/d'] }\nvolumes: { data: }\n",
  "compose.override.yaml":
    "services:\n  web: { environment: { YES: 'yes', OCTAL: '012', DOLLAR: $$x } }\n  debug: { build: ., profiles: [debug] }\n",
};

describe("compose config", () => {
  test("prints a Compose file: the files here, one on top of the other", async () => {
    const { stdout, stderr, code } = await projectOf(two).poststack(["compose", "config"]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toContain('"YES": "yes"');
    expect(stdout).toContain('OCTAL: "012"');
    expect(parse(stdout)).toEqual({
      name: "demo",
      networks: { default: { name: "demo_default" } },
      services: {
        web: {
          environment: { YES: "yes", OCTAL: "012", DOLLAR: "$$x" },
          image: "nginx:1",
          networks: { default: null },
          volumes: [{ type: "volume", source: "data", target: "/d" }],
        },
      },
      volumes: { data: { name: "demo_data" } },
    });
  });

  test.each<[string, readonly string[], string]>([
    ["services", ["--services"], "web\n"],
    ["services of a profile", ["--services", "--profile", "debug"], "debug\nweb\n"],
    ["profiles", ["--profiles"], "debug\n"],
    ["volumes", ["--volumes"], "data\n"],
    ["images", ["--images", "--profile", "*", "-p", "other"], "nginx:1\nother-debug\n"],
    ["nothing", ["--quiet"], ""],
  ])("prints %s alone", async (_name, args, expected) => {
    const { stdout, code } = await projectOf(two).poststack(["compose", "config", ...args]);
    expect({ stdout, code }).toEqual({ stdout: expected, code: 0 });
  });

  test("takes files, env files and a folder from the command line, from where the person stands", async () => {
    const here = projectOf({ ...two, "my.env": "TAG=7\n", "other/.env": "TAG=8\n" });
    const { json } = await here.poststack(
      ["compose", "config", "-f", "../compose.yaml", "--env-file", "../my.env", "--project-directory", "..", "--json"],
      { cwd: `${here.root}/other` },
    );
    expect(json).toMatchObject({ services: { web: { image: "nginx:7" } } });
    expect(misfits("answers/compose config", json)).toEqual([]);
  });

  test("takes them from COMPOSE_FILE otherwise", async () => {
    const here = projectOf({
      ...two,
      ".env": "COMPOSE_FILE=compose.yaml;b.yaml\nCOMPOSE_PATH_SEPARATOR=;\n",
      "b.yaml": "services: { b: { image: x } }",
    });
    expect((await here.poststack(["compose", "config", "--services"])).stdout).toBe("b\nweb\n");
  });

  test("tells warnings on standard error, with their place", async () => {
    const { stdout, stderr, code } = await projectOf({
      "c.yaml": "services:\n  a: { image: $NO-x, provider: { type: y } }\n",
    }).poststack(["compose", "config", "-f", "c.yaml", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ services: { a: { image: "-x" } } });
    expect(stderr).toBe(
      [
        "warning: the variable NO is not set: an empty text stands for it",
        "  at c.yaml:2:15",
        "  next: set NO, or write a default: ${NO:-…}",
        "warning: `services.a.provider` is refused: a program of somebody else's would make what no plan shows (a deployment is refused)",
        "  at c.yaml:2:32",
        "",
      ].join("\n"),
    );
  });

  test("tells all errors, and exits with 1", async () => {
    const { stdout, stderr, code } = await projectOf({
      "c.yaml": "services:\n  a: { imge: x, depends_on: [b] }\n",
    }).poststack(["compose", "config", "-f", "c.yaml"]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toContain(
      "error CONFIG_UNKNOWN_KEY: unknown key `imge` in `services.a`\n  at c.yaml:2:8\n  next: did you mean `image`?",
    );
    expect(stderr).toContain("error COMPOSE_REFERENCE");
  });

  test("says so where there is no Compose file", async () => {
    const { stderr, code } = await projectOf({}).poststack(["compose", "config"]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      "error FILE_MISSING: no compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml in",
    );
  });
});

/** A case says which variables there are. */
const nothing = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));

describe.skipIf(!hasCorpus)("compose config on the corpus", () => {
  // Every 25th: the rest goes through the same library in corpus.test.ts.
  const sample = composeCases.filter((one, index) => index % 25 === 0 && one.expect === "ok").flatMap(variantsOf);

  test.each(sample.map((variant) => [`${variant.one.id} ${variant.profiles.join("")}`, variant] as const))(
    "%s",
    async (_id, { one, profiles, expected }) => {
      const name = nameOf(one);
      const { json } = await projectOf({}).poststack(
        [
          ...["compose", "config", "--json", "--project-directory", one.directory],
          ...one.compose_files.flatMap((file) => ["-f", `${one.directory}/${file}`]),
          ...profiles.flatMap((profile) => ["--profile", profile]),
          ...(name === undefined ? [] : ["-p", name]),
        ],
        { environment: { ...nothing, ...one.env, HOME: home } },
      );
      expect(meaning(json as Json, one.directory)).toEqual(meaning(expected, one.directory));
    },
  );
});

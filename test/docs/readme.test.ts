// What README.md and docs/ say is what the code does, as far as a machine can tell.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configurationKeys, generateDocs, later } from "../../.build/generate-docs.ts";
import { notYet } from "../../controller/config/not-yet.ts";
import { errorCodes } from "../../controller/core/errors.ts";
import { fileStart } from "../../controller/core/place.ts";
import type { EnvironmentConfig } from "../../schema/generated/config.ts";
import { validateEnvironment, validateFile } from "../../schema/generated/validate.js";
import { projectRoot } from "../support/build.ts";
import { commandLines, explain, isKnownOption } from "./command-lines.ts";
import { pageOf, pages, tableAfter } from "./markdown.ts";

const read = (file: string): string => readFileSync(join(projectRoot, file), "utf8");
const readme = pageOf("README.md");
const manifest = JSON.parse(read("package.json")) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies?: object;
  readonly devDependencies: object;
  readonly optionalDependencies: object;
};

test("what is made from the code is fresh", async () => {
  for (const [file, text] of await generateDocs(projectRoot)) expect(read(file), file).toBe(text);
});

test("the error table is errors.ts, line by line", () => {
  const rows = tableAfter(readme.text, "code | class").map(([code = "", kind, meaning]) => [
    code.replaceAll("`", ""),
    [kind, meaning],
  ]);
  expect(Object.fromEntries(rows)).toEqual(errorCodes);
  const classes = tableAfter(readme.text, "class | what").map(([name]) => name);
  expect(new Set(classes)).toEqual(new Set(Object.values(errorCodes).map(([kind]) => kind)));
});

describe.each(pages.map((page) => [page.file, page] as const))("%s", (file, page) => {
  test("its links lead to files and headings that are there", () => {
    const broken = page.links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? file : join(dirname(file), path);
      if (!existsSync(join(projectRoot, target))) return true;
      return anchor !== undefined && !pageOf(target).anchors.has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("its commands and options are in the table of commands", () => {
    expect(commandLines(page).flatMap(explain)).toEqual([]);
    const options = page.spans.filter((span) => /^--[a-z][a-z-]+(?: |$)/.test(span) && !span.startsWith("-- "));
    expect(options.filter((span) => !isKnownOption(span))).toEqual([]);
  });

  test("its error codes exist", () => {
    const codes = page.spans.filter((span) => /^[A-Z]+(?:_[A-Z]+)+$/.test(span));
    const isKnown = (word: string): boolean =>
      Object.hasOwn(errorCodes, word) || variables.has(word) || imageSources.includes(word);
    expect(codes.filter((code) => !isKnown(code))).toEqual([]);
  });

  test("its pieces of configuration fit the schema", () => {
    const misfits = page.fences
      .filter(({ language }) => language === "yaml")
      .flatMap(({ text }) => misfitsOf(parse(text) as object, text));
    expect(misfits).toEqual([]);
  });
});

/** Words in capitals that are no error codes. */
const variables = new Set([
  ..."DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD LC_ALL NO_COLOR FORCE_COLOR LOG_LEVEL ADMIN_DATABASE_URL".split(" "),
  ..."POSTSTACK_DATABASE_URL POSTSTACK_ENVIRONMENT POSTSTACK_STATE_DIR POSTSTACK_RESOURCE POSTSTACK_OWNER".split(" "),
  ..."POSTSTACK_CORPUS XDG_CACHE_HOME".split(" "),
  ..."POSTSTACK_CONTAINER_RUNTIME CONTAINER_HOST DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH".split(
    " ",
  ),
]);

/** Which variables the images that we ship take, they say themselves. */
const imageSources = readdirSync(join(projectRoot, "controller/images"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
  .join("\n");

/** A whole file, or a piece of an environment. */
function misfitsOf(value: object, text: string): readonly string[] {
  const isWhole = "project" in value && "environments" in value;
  const environments: readonly unknown[] = isWhole ? Object.values(value.environments as object) : [value];
  const fits = (!isWhole || validateFile(value)) && environments.every((one) => validateEnvironment(one));
  return fits ? [] : [text];
}

describe("the two commands", () => {
  test.each(["npm ci && npm start\n", "npm run stop\n", "npm ci && npm test\n"])("%s", (command) => {
    expect(readme.fences.filter(({ language, text }) => language === "sh" && text === command)).toHaveLength(1);
  });

  test("are scripts, and those are commands of ours on the quickstart", () => {
    const { start = "", stop = "", test: tests = "" } = manifest.scripts;
    for (const script of [start, stop]) {
      expect(script).toContain("--project-dir examples/quickstart --yes");
      const line = script.replace("node dist/poststack.cjs", "poststack");
      expect(explain(line)).toEqual([]);
    }
    expect(start).toContain(" apply ");
    expect(stop).toContain(" env stop dev ");
    expect(tests).toMatch(/^vitest run\b/);
  });

  test("need the Node that package.json asks for", () => {
    const [wanted = ""] = /[\d.]+/.exec(manifest.engines["node"] ?? "") ?? [];
    expect(readme.text).toContain(`Node ${wanted} or newer`);
  });
});

test("the configuration that the tour shows is the quickstart's", () => {
  const shown = readme.fences.find(({ language }) => language === "yaml");
  expect(parse(shown?.text ?? "")).toEqual(parse(read("examples/quickstart/.poststack.yml")));
});

test("every key of the configuration table is in the schema, and no large one is left out", () => {
  const rows = tableAfter(readme.text, "key | what").map(([keys = ""]) => keys);
  const named = rows.flatMap((keys) => [...keys.matchAll(/`([^`]+)`/g)].map(([, key = ""]) => key));
  const known = configurationKeys(projectRoot).map(({ path }) => path);
  expect(named.filter((key) => !known.includes(key))).toEqual([]);
  const large = known.filter((path) => !path.includes(".") && !later.includes(path));
  expect(large.filter((path) => !named.some((key) => key === path || key.startsWith(`${path}.`)))).toEqual([]);
});

test("what is marked as later is what is refused", () => {
  const { environments } = parse(read(".poststack.yml.example"), { merge: true }) as {
    readonly environments: Readonly<Record<string, EnvironmentConfig>>;
  };
  const refused = Object.values(environments)
    .flatMap((environment) => notYet(environment, () => fileStart("x")))
    .map(({ message }) => /`([^`]+)`/.exec(message)?.[1]?.replaceAll(/\[\d+\]/g, "[]"));
  // The example has room for one of `compose:` and `pod:` in a deployment.
  const shown = later.filter((path) => path !== "deployment.pod");
  expect(new Set(refused)).toEqual(new Set(shown));
});

test("every guarantee is linked to a test", () => {
  const part = readme.text.split("\n## Guarantees\n")[1]?.split("\n## ")[0] ?? "";
  const bullets = part.split(/\n(?=- )/).filter((text) => text.startsWith("- "));
  expect(bullets.length).toBeGreaterThan(20);
  const loose = bullets.filter((text) => !/\]\(test\/[\w/.-]+\.test\.ts\)/.test(text));
  expect(loose).toEqual([]);
});

test("every package of package.json is explained, and none that is gone", () => {
  const page = pageOf("docs/dependencies.md");
  const explained = page.text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
  const { dependencies = {}, devDependencies, optionalDependencies } = manifest;
  const wanted = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(new Set(explained)).toEqual(new Set(wanted));
});

test("every page is reached from the README", () => {
  const reached = new Set(["README.md"]);
  for (const file of reached) {
    if (!file.endsWith(".md")) continue;
    for (const link of pageOf(file).links) {
      const target = join(dirname(file), link.split("#")[0] ?? "");
      if (
        !/^https?:/.test(link) &&
        existsSync(join(projectRoot, target)) &&
        statSync(join(projectRoot, target)).isFile()
      )
        reached.add(target);
    }
  }
  // Folders are linked as a whole.
  const isOfFolder = (file: string): boolean => /^(?:examples|docs\/decisions)\//.test(file);
  const missing = pages.map(({ file }) => file).filter((file) => !reached.has(file) && !isOfFolder(file));
  expect(missing).toEqual([]);
});

describe("files to be copied to a server", () => {
  test.each(["docs/systemd/poststack.service", "docs/ci/github-actions.yml"])("%s", (file) => {
    const lines = read(file)
      .split("\n")
      .filter((line) => !line.trimStart().startsWith("#"))
      .flatMap((line) => /(?:^|[\s/])(poststack (?:plan|apply|restart|env|db)\b.*)$/.exec(line)?.[1] ?? []);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.flatMap(explain)).toEqual([]);
  });

  test("the workflow is YAML with the two jobs", () => {
    const { jobs } = parse(read("docs/ci/github-actions.yml")) as { readonly jobs: object };
    expect(Object.keys(jobs)).toEqual(["plan", "apply"]);
  });

  test("the unit leaves what was started alone", () => {
    expect(read("docs/systemd/poststack.service")).toMatch(/^Type=oneshot$[\s\S]*^KillMode=process$/m);
  });
});

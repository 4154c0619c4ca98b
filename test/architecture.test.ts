// The arrows of docs/architecture.md, held. Sources are read as text: an import is one line that ends in a specifier.
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "./support/build.ts";

interface Source {
  /** From the project's root, with slashes. */
  readonly file: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

interface Import {
  /** A file of the project, from its root; or a package, or `node:…`. */
  readonly target: string;
  /** Gone after compiling: `import type`, `export type … from`. */
  readonly isType: boolean;
}

const sources = filesIn("controller").map(read);
const byFile = new Map(sources.map((source) => [source.file, source]));

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(projectRoot, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

function read(file: string): Source {
  const text = readFileSync(join(projectRoot, file), "utf8");
  // Comments may name files, too.
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const found = code.matchAll(
    /(?:^|\n)\s*(?:import|export)(?<type>\s+type)?\s(?:[^"';]*?\sfrom\s)?"(?<from>[^"]+)"|\bimport\("(?<lazy>[^"]+)"\)/g,
  );
  const imports = [...found].map(({ groups = {} }) => {
    const specifier = groups["from"] ?? groups["lazy"] ?? "";
    const target = specifier.startsWith(".") ? join(dirname(file), specifier).split(sep).join("/") : specifier;
    return { target, isType: groups["type"] !== undefined };
  });
  return { file, text, imports };
}

/** `file → target` for every import of `from` that is not allowed. */
function forbidden(
  from: (file: string) => boolean,
  isAllowed: (target: string, file: string) => boolean,
): readonly string[] {
  return sources
    .filter(({ file }) => from(file))
    .flatMap(({ file, imports }) =>
      imports.filter(({ target }) => !isAllowed(target, file)).map(({ target }) => `${file} → ${target}`),
    );
}

const isIn =
  (...folders: readonly string[]) =>
  (path: string): boolean =>
    folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
const isOurs = (target: string): boolean => /^(?:controller|schema)\//.test(target);
const kindOf = (path: string): string | undefined => /^controller\/resources\/([^/]+)\//.exec(path)?.[1];
const isOfSameKind = (target: string, file: string): boolean =>
  kindOf(target) === undefined || kindOf(target) === kindOf(file);
const isPure = (file: string): boolean =>
  file.startsWith("controller/core/") ||
  /^controller\/resources\/[^/]+\/(?:model|diff|content)\.ts$/.test(file) ||
  file === "controller/engine/plan.ts";
const isWorldly = isIn("controller/adapters", "controller/main.ts");

/** Calculate, and neither read nor write anything: not the clock, not a file, not the environment. */
const calculating = new Set(["node:crypto", "node:path", "node:util", "node:zlib"]);

test("the sources are found and so are their imports", () => {
  expect(sources.length).toBeGreaterThan(150);
  expect(byFile.get("controller/engine/converge.ts")?.imports.map(({ target }) => target)).toContain(
    "controller/engine/apply.ts",
  );
});

test("every import of ours names a file that exists", () => {
  const known = new Set([...byFile.keys(), ...readdirSync(join(projectRoot, "schema/generated")).map(generated)]);
  expect(forbidden(isOurs, (target) => !isOurs(target) || known.has(target))).toEqual([]);
});

const generated = (name: string): string => `schema/generated/${name}`;

describe("imports point one way", () => {
  const { core, resources, engine, config, cli, adapters } = {
    core: "controller/core",
    resources: "controller/resources",
    engine: "controller/engine",
    config: "controller/config",
    cli: "controller/cli",
    adapters: "controller/adapters",
  };
  test.each([
    [core, [core]],
    [resources, [resources, core]],
    [engine, [engine, resources, core]],
    [config, [config, resources, core, "schema"]],
    [cli, [cli, config, engine, resources, core, "schema"]],
    [adapters, [adapters, core]],
  ])("%s", (folder, allowed) => {
    const isAllowed = isIn(...allowed);
    expect(forbidden(isIn(folder), (target) => !isOurs(target) || isAllowed(target))).toEqual([]);
  });

  test("only main.ts builds adapters", () => {
    expect(
      forbidden(
        (file) => !isWorldly(file),
        (target) => !isIn(adapters)(target),
      ),
    ).toEqual([]);
  });

  test("a kind never imports another", () => {
    expect(forbidden((file) => kindOf(file) !== undefined, isOfSameKind)).toEqual([]);
  });

  test("no circle", () => {
    expect(circles()).toEqual([]);
  });
});

/** Types go away when compiling, and what is loaded on demand is there by then: neither makes a circle at run time. */
function circles(): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file].join(" → "));
    if (at >= 0 || done.has(file)) return;
    for (const { target, isType } of byFile.get(file)?.imports ?? []) if (!isType) visit(target, [...path, file]);
    done.add(file);
  };
  for (const { file } of sources) visit(file, []);
  return found;
}

/** Everything that a pure file leads to, apart from types. */
function reached(): ReadonlySet<string> {
  const all = new Set(sources.map(({ file }) => file).filter(isPure));
  // A set hands out what is added while it is walked.
  for (const file of all)
    for (const { target, isType } of byFile.get(file)?.imports ?? []) if (!isType) all.add(target);
  return all;
}

describe("pure files", () => {
  test("lead to nothing but what calculates", () => {
    const outside = [...reached()].filter((target) => !isIn("controller")(target) && !calculating.has(target));
    expect(outside).toEqual([]);
    expect([...reached()].filter(isIn("controller/adapters", "controller/config", "controller/cli"))).toEqual([]);
  });

  test("ask neither clock nor chance nor environment", () => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.(?:env\b|argv\b|cwd\(|hrtime|pid\b|platform\b|std)|\brandomBytes\b|\brandomUUID\b/;
    const asking = [...reached()].filter((file) => impure.test(withoutComments(byFile.get(file)?.text ?? "")));
    expect(asking).toEqual([]);
  });
});

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

test("only adapters and main.ts talk to the world", () => {
  const worldly = new Set(["pg", "chokidar", "libpg-query", "pino", "dockerode"]);
  const built = /^node:(?:fs|net|child_process|http|https|tls|dgram|os|process|worker_threads)(?:\/|$)/;
  const isCalm = (target: string): boolean => !worldly.has(target) && !built.test(target);
  expect(forbidden((file) => !isWorldly(file), isCalm)).toEqual([]);
});

test("the environment of the process is read in main.ts only", () => {
  const readers = sources.filter(({ text }) => /\bprocess\.(?:env|argv)\b/.test(withoutComments(text)));
  // new-project.ts writes a Procfile whose program reads its own.
  expect(readers.map(({ file }) => file)).toEqual(["controller/cli/new-project.ts", "controller/main.ts"]);
});

test("a secret becomes text in these adapters only", () => {
  // A new name here is a place where a secret can get out: a test must search its sink for canaries.
  const revealing = sources.filter(({ file, text }) => file !== secretFile && /\breveal\(/.test(withoutComments(text)));
  expect(revealing.map(({ file }) => file)).toEqual([
    "controller/adapters/containers/plain.ts",
    "controller/adapters/disclose.ts",
    "controller/adapters/host/environment.ts",
    "controller/adapters/host/program.ts",
    "controller/adapters/postgres.ts",
    "controller/adapters/scram.ts",
    "controller/adapters/secret-sources.ts",
    "controller/adapters/state-format.ts",
  ]);
});

const secretFile = "controller/core/secret.ts";

test("a package that costs time to load is loaded where it is first needed", () => {
  const heavy = new Set(["pg", "libpg-query", "chokidar", "pino", "ajv", "log-update", "diff", "dockerode"]);
  const eager = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/^import (?!type)[^;]*? from "([^"]+)";/gm)]
      .filter(([, name = ""]) => heavy.has(name))
      .map(([, name]) => `${file} → ${name}`),
  );
  expect(eager).toEqual([]);
});

test("a file holds one idea: no more than 300 lines", () => {
  const long = sources.filter(({ text }) => text.split("\n").length > 301).map(({ file }) => file);
  expect(long).toEqual([]);
});

test("built-in modules carry their prefix, and our own files their ending", () => {
  const bare = new Set(builtinModules);
  const isWhole = (target: string): boolean => !bare.has(target) && (!isOurs(target) || /\.(?:ts|js)$/.test(target));
  expect(forbidden(() => true, isWhole)).toEqual([]);
});

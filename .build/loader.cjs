// The process starts here: it runs main.cjs from a V8 code cache, so that a command does not compile what it ran before.
// Node 20 has no module.enableCompileCache (22.1 has). A cache is kept for each command, since it holds what that command
// used, and one for the largest of the files beside. One that V8 rejects, or a directory that cannot be written, costs time
// and nothing else.
"use strict";
const [, , command = "", ...others] = process.argv;

if (others.length === 0 && ["version", "--version", "-V"].includes(command)) {
  // Asked by scripts and prompts: answered without loading anything. What cannot be printed is for the program to tell.
  process.stdout.once("error", start);
  process.stdout.write(`${POSTSTACK_VERSION}\n`);
} else {
  start();
}

function start() {
  const fs = require("node:fs");
  const path = require("node:path");
  const vm = require("node:vm");
  const { Module } = require("node:module");

  const file = path.join(__dirname, "main.cjs");
  const bundle = buildOf(file);
  const os = require("node:os");
  const home = process.env.HOME || os.homedir();
  // A home that is not there is not made: below the null device there is no cache.
  const caches = process.env.XDG_CACHE_HOME || path.join(fs.existsSync(home) ? home : os.devNull, ".cache");
  const directory = path.join(caches, "poststack", "code", bundle);
  const endPatience = optimiseLater();

  // The checks of Compose files: a fifth of all code, which a command runs when a file has changed.
  const apart = "./generated-compose.cjs";
  const requirePlain = Module.createRequire(file);
  const requireCached = (name) => (name === apart ? partOf(path.join(__dirname, name)) : requirePlain(name));

  const main = new Module(file);
  main.paths = Module._nodeModulePaths(__dirname);
  const name = /^[a-z-]{1,20}$/.test(command) ? command : "other";
  run(main, name, Object.assign(requireCached, requirePlain));

  function partOf(filename) {
    const loaded = require.cache[filename];
    if (loaded !== undefined) return loaded.exports;
    const part = new Module(filename);
    require.cache[filename] = part;
    run(part, `${path.basename(filename, ".cjs")}-${buildOf(filename)}`, requirePlain);
    return part.exports;
  }

  /** Runs a file as Node would, out of its code cache. */
  function run(module, name, requireOfIt) {
    const filename = module.id;
    module.filename = filename;
    const cacheFile = path.join(directory, `${name}.bin`);
    const cachedData = readCache(cacheFile);
    const script = new vm.Script(Module.wrap(fs.readFileSync(filename, "latin1")), {
      filename,
      cachedData,
      importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    if (cachedData === undefined || script.cachedDataRejected)
      process.once("exit", (exitCode) => writeCache(script, cacheFile, exitCode));
    script.runInThisContext()(module.exports, requireOfIt, module, filename, __dirname);
  }

  /** V8 knows its cache by the length of the text alone: another build has other files. */
  function buildOf(filename) {
    const { size, mtimeMs, ino } = fs.statSync(filename);
    return `${process.version}-${process.arch}-${size}-${Math.trunc(mtimeMs)}-${ino}`;
  }

  /**
   * A thousand migrations are a second of work for us, most of it waiting, and TurboFan spends a sixth of the processor
   * time on code that ends with them: it is asked to wait until a function has run twenty times as much as usual, which
   * what really runs for long still does. Only for V8s where it was tried; Node 24 compiles with Maglev first and gains
   * nothing. The manual warns of flags that change after the start; these are numbers that V8 reads anew for each budget
   * it gives (tiering-manager.cc), here with their defaults (flag-definitions.h). Not in the first moments: V8 rejects the
   * compiled code of Node's own modules under other flags than those that it was made with, which costs a plan 7 ms.
   */
  function optimiseLater() {
    const tried = {
      11.3: { flag: "--interrupt-budget", usual: 66 * 1024, later: 1_500_000 },
      12.4: { flag: "--invocation-count-for-turbofan", usual: 3_000, later: 60_000 },
    };
    const [major, minor] = process.versions.v8.split(".");
    const known = tried[`${major}.${minor}`];
    if (known === undefined) return () => undefined;
    const set = (count) => require("node:v8").setFlagsFromString(`${known.flag}=${count}`);
    let isSet = false;
    setTimeout(() => {
      set(known.later);
      isSet = true;
    }, 200).unref();
    return () => isSet && set(known.usual);
  }

  /** A cache is compiled code: only one that this user alone can write is used. */
  function readCache(cacheFile) {
    try {
      const handle = fs.openSync(cacheFile, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
      try {
        const { uid, mode } = fs.fstatSync(handle);
        if (process.getuid && (uid !== process.getuid() || (mode & 0o022) !== 0)) return undefined;
        return fs.readFileSync(handle);
      } finally {
        fs.closeSync(handle);
      }
    } catch {
      return undefined;
    }
  }

  function writeCache(script, cacheFile, exitCode) {
    // Only a run that did its work has compiled what the next one needs.
    if (exitCode > 2) return;
    try {
      // V8 accepts a cache under the flags that it was made with.
      endPatience();
      const parent = path.dirname(directory);
      // Caches of bundles that are gone: an update leaves one behind.
      for (const name of fs.existsSync(parent) ? fs.readdirSync(parent) : []) {
        const old = path.join(parent, name);
        const isStale = name !== bundle && Date.now() - fs.statSync(old).mtimeMs > 7 * 24 * 3600 * 1000;
        if (isStale) fs.rmSync(old, { recursive: true, force: true });
      }
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
      const temporary = `${cacheFile}.${process.pid}`;
      fs.writeFileSync(temporary, script.createCachedData(), { mode: 0o600, flag: "wx" });
      fs.renameSync(temporary, cacheFile);
    } catch {
      // A read-only home is no error.
    }
  }
}

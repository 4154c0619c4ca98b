// The process starts here: it runs main.cjs from a V8 code cache, so that a command does not compile what it ran before.
// Node 20 has no module.enableCompileCache (22.1 has). The cache is keyed by bundle content and Node version; a cache that
// V8 rejects, or a directory that cannot be written, costs time and nothing else.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const vm = require("node:vm");
const { Module } = require("node:module");

const file = path.join(__dirname, "main.cjs");
const source = fs.readFileSync(file, "utf8");
const stat = fs.statSync(file);
const key = `${process.version}-${process.arch}-${stat.size}-${Math.trunc(stat.mtimeMs)}-${stat.ino}`;
const directory = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "poststack", "code");
const cacheFile = path.join(directory, `${key}.bin`);

/** A cache is compiled code: only one that this user alone can write is used. */
function readCache() {
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

const cachedData = readCache();
const script = new vm.Script(Module.wrap(source), {
  filename: file,
  cachedData,
  importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});

if (cachedData === undefined || script.cachedDataRejected) {
  process.once("exit", (code) => {
    // Only a run that did its work has compiled what the next run needs.
    if (code > 2) return;
    try {
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
      const temporary = `${cacheFile}.${process.pid}`;
      fs.writeFileSync(temporary, script.createCachedData(), { mode: 0o600 });
      fs.renameSync(temporary, cacheFile);
    } catch {
      // A read-only home is no error.
    }
  });
}

const module_ = new Module(file);
module_.filename = file;
module_.paths = Module._nodeModulePaths(__dirname);
script.runInThisContext()(module_.exports, Module.createRequire(file), module_, file, __dirname);

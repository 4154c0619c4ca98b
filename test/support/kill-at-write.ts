// Runs `module.run(argument)` in a process of its own that kills itself before its n-th writing call to the file system,
// as a crash or a kill -9 would. Exit 0: it needed fewer calls than that.
// Usage: node --import tsx kill-at-write.ts <n> <module> <argument>
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [, , killAt = "", module = "", argument = ""] = process.argv;
const { run } = (await import(module)) as { run: (argument: string) => void };

const writing = ["mkdirSync", "openSync", "writeFileSync", "fsyncSync", "renameSync", "linkSync", "rmSync"] as const;
const calls = fs as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
let count = 0;
for (const name of writing) {
  const original = calls[name];
  if (original === undefined) throw new Error(`node:fs has no ${name}`);
  calls[name] = (...args) => {
    if (++count === Number(killAt)) process.kill(process.pid, "SIGKILL");
    return original(...args);
  };
}
syncBuiltinESMExports();
run(argument);

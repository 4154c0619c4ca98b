// A command of its own that starts one process and then waits to be killed, or ends: what a real `poststack` does.
import { clock } from "../../../controller/adapters/clock.ts";
import { host } from "../../../controller/adapters/host.ts";

const [directory = "", logFile = "", what = "", kind = "start"] = process.argv.slice(2);
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const adapter = host({ directory, clock, log });
const spec = {
  resource: kind === "run" ? "job:seed" : "process:web",
  command: ["sh", "-c", what],
  cwd: directory,
  environment: new Map([["PATH", process.env["PATH"] ?? ""]]),
  logFile,
  configHash: "hash",
  fields: new Map<string, string>(),
  stopSignal: "SIGTERM",
  stopGraceMs: 2_000,
} as const;
const { signal } = new AbortController();
if (kind === "run") await adapter.run(spec, 60_000, signal);
else process.stdout.write(`${(await adapter.start(spec, signal)).pid}\n`);

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Case, Setting, Stage } from "../case.ts";
import { fastest, peakMegabytes, type Contender } from "../measure.ts";
import { poststack } from "../poststack.ts";
import { dbmate, dbmateBinary } from "./dbmate.ts";
import { databaseUrl, forget, migrationProject } from "./migrations.ts";

export const noOpApply: Case = {
  id: "no-op-apply-1000",
  title: "`poststack apply`, 1,000 applied migrations, nothing to do",
  goal: 1.3,
  rounds: { warmUp: 3, rounds: 21 },
  async set(stage): Promise<Setting> {
    const ours = await applied(stage, 1_000);
    // Its own table, in a database of its own: both find all of their migrations applied.
    const other = dbmate(stage.folder, stage.server, "bench_dbmate");
    runOnce(other);
    const binary = dbmateBinary(other);
    const facts = async (): Promise<readonly string[]> => [
      `peak memory ${peakMegabytes(ours)} MB`,
      `${binary.name} ${await fastest(binary, 9)} ms`,
    ];
    return { ours, other, facts };
  },
};

export const noOpApplyLarge: Case = {
  id: "no-op-apply-10000",
  title: "`poststack apply`, 10,000 applied migrations, nothing to do",
  goal: 1.5,
  rounds: { warmUp: 2, rounds: 15 },
  async set(stage): Promise<Setting> {
    const ours = await applied(stage, 10_000);
    const script = join(stage.folder, "hash.cjs");
    writeFileSync(script, hashing);
    const other = { name: "read and hash in Node", command: [process.execPath, script], cwd: stage.folder } as const;
    const facts = (): Promise<readonly string[]> =>
      Promise.resolve([`peak memory ${peakMegabytes(ours)} MB, the other ${peakMegabytes(other)} MB`]);
    return { ours, other, facts };
  },
};

export const noOpApplyLargeDbmate: Case = {
  id: "no-op-apply-10000-dbmate",
  title: "the same, against dbmate",
  goal: 1,
  rounds: { warmUp: 2, rounds: 15 },
  async set(stage): Promise<Setting> {
    const ours = await applied(stage, 10_000);
    const other = dbmate(stage.folder, stage.server, "bench_dbmate_large");
    runOnce(other);
    return { ours, other };
  },
};

/** What any tool that notices an edited file has to do. */
const hashing = `const fs = require("node:fs"), crypto = require("node:crypto");
const sums = new Map();
for (const name of fs.readdirSync("migrations").sort()) {
  sums.set(name, crypto.createHash("sha256").update(fs.readFileSync("migrations/" + name)).digest("hex"));
}
console.log(sums.size);
`;

async function applied({ folder, home, server }: Stage, count: number): Promise<Contender> {
  migrationProject(folder, count);
  await forget(folder, server);
  const apply = poststack(["apply", "--yes"], { cwd: folder, home });
  const ours = { ...apply, environment: { ...apply.environment, ...databaseUrl(server) } };
  runOnce(ours);
  return ours;
}

function runOnce({ name, command: [program, ...args], cwd, environment }: Contender): void {
  const { status } = spawnSync(program, args, { cwd, env: { ...process.env, ...environment }, stdio: "ignore" });
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
}

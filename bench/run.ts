import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Missing, type Case } from "./case.ts";
import { coldUp, down, noOpContainers, oneServiceChanged, perService } from "./cases/containers.ts";
import { firstApply } from "./cases/first-apply.ts";
import { freshMigrations } from "./cases/fresh-migrations.ts";
import { lint } from "./cases/lint.ts";
import { noOpApply, noOpApplyLarge, noOpApplyLargeDbmate } from "./cases/no-op-apply.ts";
import { noOpPlan } from "./cases/no-op-plan.ts";
import { rehearsal } from "./cases/rehearsal.ts";
import { version } from "./cases/version.ts";
import { startEngine, type Engine } from "./engine.ts";
import { race } from "./measure.ts";
import { machine, markdown, type Result } from "./report.ts";
import { startServer, temporaryFolder, type Server } from "./server.ts";

// npm run bench -- [--only CASE]… [--rounds N] [--json FILE]
const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    rounds: { type: "string" },
    json: { type: "string" },
  },
});
const onServer = [
  version,
  noOpPlan,
  freshMigrations,
  noOpApply,
  noOpApplyLarge,
  noOpApplyLargeDbmate,
  firstApply,
  rehearsal,
  lint,
];
// The last ones share what stands.
const onEngine = [coldUp, down, ...noOpContainers, perService, oneServiceChanged];
const all: readonly Case[] = [...onServer, ...onEngine];
const chosen = values.only.length === 0 ? all : all.filter(({ id }) => values.only.includes(id));
if (chosen.length === 0) throw new Error(`--only takes ${all.map(({ id }) => id).join(", ")}`);

const root = temporaryFolder();
const server = await startServer();
let starting: Promise<Engine> | undefined;
const engine = (): Promise<Engine> => (starting ??= startEngine());
try {
  const results: Result[] = [];
  for (const one of chosen) {
    console.error(`${one.id} …`);
    results.push(await run(one, server));
  }
  console.log(`${machine()}\n\n${markdown(results)}`);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
} finally {
  server.stop();
  const started = await starting?.catch(() => undefined);
  try {
    await started?.stop();
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function run({ id, title, goal, rounds, set }: Case, server: Server): Promise<Result> {
  const folder = join(root, id);
  mkdirSync(folder);
  try {
    const { ours, other, facts, end } = await set({ folder, home: join(root, "cache"), server, engine });
    try {
      const wanted = values.rounds === undefined ? rounds : { ...rounds, rounds: Number(values.rounds) };
      const { a, b } = await race(ours, other, wanted);
      return {
        id,
        title,
        goal,
        ours: { name: ours.name, samples: a },
        other: { name: other.name, samples: b },
        facts: (await facts?.({ ours: a, other: b })) ?? [],
      };
    } finally {
      end?.();
    }
  } catch (error) {
    const [why = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
    if (error instanceof Missing) {
      console.error(`SKIPPED ${id}: ${why}`);
      return { id, title, skipped: why };
    }
    // The others have taken minutes.
    console.error(`FAILED ${id}:`, error);
    process.exitCode = 1;
    return { id, title, skipped: `failed: ${why}` };
  }
}

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import type { Case } from "../case.ts";
import { peakMegabytes } from "../measure.ts";
import { emptyNode, poststack, program } from "../poststack.ts";
import { copyQuickstart, type Quickstart } from "./quickstart.ts";

export const noOpPlan: Case = {
  id: "no-op-plan",
  title: "`poststack plan`, the quickstart, nothing to do",
  goal: 2.5,
  rounds: { warmUp: 3, rounds: 31 },
  async set({ folder, home }) {
    const project = await copyQuickstart(join(folder, "quickstart"));
    const run = (...args: readonly string[]): void => {
      const options = { cwd: project.folder, stdio: "ignore" as const };
      if (spawnSync(process.execPath, [program, ...args, "--yes"], options).status !== 0)
        throw new Error(args.join(" "));
    };
    run("apply");
    const ours = poststack(["plan", "--detailed-exitcode"], { cwd: project.folder, home });
    return {
      ours,
      other: emptyNode,
      facts: async () => [
        `${await connectionsOf(project, () => run("plan"))} Postgres connection`,
        `peak memory ${peakMegabytes(ours)} MB, the other ${peakMegabytes(emptyNode)} MB`,
      ],
      end: () => run("destroy", "--delete-data", "--confirm", "dev"),
    };
  },
};

/** As the server counts its sessions, without those of the counting itself. */
async function connectionsOf({ folder, serverPort }: Quickstart, work: () => void): Promise<number> {
  const { facts } = JSON.parse(readFileSync(join(folder, ".poststack/dev/state.json"), "utf8")) as {
    readonly facts: { readonly secrets: readonly { readonly name: string; readonly current: string }[] };
  };
  const password = facts.secrets.find(({ name }) => name === "instance:postgres")?.current ?? "";
  const client = new Client({ host: "127.0.0.1", port: serverPort, user: "postgres", password, database: "postgres" });
  await client.connect();
  try {
    // A backend tells of itself when it ends; the sessions of the page that runs beside stay open meanwhile.
    const sessions = async (): Promise<number> => {
      await client.query("select pg_stat_clear_snapshot()");
      const { rows } = await client.query<{ n: number }>("select sum(sessions)::int as n from pg_stat_database");
      return rows[0]?.n ?? 0;
    };
    const before = await sessions();
    work();
    let after = await sessions();
    for (let seen = -1; seen !== after; after = await sessions()) {
      seen = after;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    return after - before;
  } finally {
    await client.end();
  }
}

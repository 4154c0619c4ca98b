import { readdirSync } from "node:fs";
import type { EngineBox } from "../../engine/box.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { stageOn, type Stage } from "../container-instance/stage.ts";

/** An environment whose Postgres, jobs and services are containers of a real engine. */
export interface JobStage extends Stage {
  /** Without the server's, and without the environment's name: `init-seed-run running`. */
  others(): Promise<readonly string[]>;
  /** `init-seed succeeded 0`, oldest first. */
  runs(): Promise<readonly string[]>;
  /** Names of the jobs that have a log, in the order in which they began. */
  logs(): readonly string[];
}

/**
 * @param init the Compose file of the jobs; `IMAGE` is a small image with a shell
 * @param keys of the item in `init:` beside `compose`
 */
export async function jobStageOn(box: EngineBox, init: string, keys = "", deployment = ""): Promise<JobStage> {
  const app = await stageOn(box);
  const image = await ensureBusybox(app.box);
  app.project.write("deploy/init.yml", init.replaceAll("IMAGE", image));
  const item = `    init: [{ compose: deploy/init.yml${keys === "" ? "" : `, ${keys}`} }]\n`;
  const rest = deployment === "" ? "" : "    deployment: { compose: deploy/app.yml }\n";
  if (deployment !== "") app.project.write("deploy/app.yml", deployment.replaceAll("IMAGE", image));
  app.project.write(".poststack.yml", `${app.project.read(".poststack.yml")}${item}${rest}`);
  const prefix = app.server.replace(/postgres$/, "");
  const folder = app.project.path(".poststack/dev/logs/jobs");
  return {
    ...app,
    others: async () =>
      (await app.containers()).filter((one) => !one.startsWith(app.server)).map((one) => one.replace(prefix, "")),
    runs: async () => {
      const rows = await app.project.sql(
        "select concat_ws(' ', name, state, exit_code) as run from poststack.job_runs order by id",
      );
      return rows.map(({ run }) => String(run));
    },
    logs: () =>
      readdirSync(folder)
        .map((name) => name.replace(/^(.*)-(\d{8}T\d{9}Z)\.log$/, "$2 $1"))
        .sort()
        .map((name) => name.replace(/^\S+ /, "")),
  };
}

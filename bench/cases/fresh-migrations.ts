import type { Case } from "../case.ts";
import { poststack } from "../poststack.ts";
import { dbmate } from "./dbmate.ts";
import { databaseUrl, forget, migrationProject } from "./migrations.ts";

const count = 1_000;

export const freshMigrations: Case = {
  id: "fresh-migrations",
  title: "1,000 small migrations, each its own transaction, on an empty server",
  goal: 0.8,
  rounds: { warmUp: 1, rounds: 7 },
  set({ folder, home, server }) {
    migrationProject(folder, count);
    const prepare = (): Promise<void> => forget(folder, server);
    const apply = poststack(["apply", "--yes"], { cwd: folder, home, prepare });
    return Promise.resolve({
      ours: { ...apply, environment: { ...apply.environment, ...databaseUrl(server) } },
      other: { ...dbmate(folder, server), prepare },
    });
  },
};

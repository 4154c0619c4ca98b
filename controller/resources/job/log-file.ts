import { join } from "node:path";
import type { Ports } from "../../core/ports.ts";

/** Where one run keeps what it says: `jobs/seed-20261120T052913123Z.log`, a name that sorts. */
export const logFileOf = (name: string, startedAt: Date, { state }: Pick<Ports, "state">): string =>
  join(state.directory, "logs", "jobs", `${name}-${startedAt.toISOString().replaceAll(/[-:.]/g, "")}.log`);

import type { Plan } from "../../core/plan.ts";
import type { SqlParser } from "../../core/ports/sql-parser.ts";
import { concernsServer, mayReachBeyond } from "../../core/shadow/cluster-wide.ts";
import { statementsIn } from "../../resources/migration/lint/statement.ts";
import type { Action } from "../../resources/index.ts";

/** Why nothing can be rehearsed on the environment's own server, in words; undefined: it can, or it has to be tried. */
export async function wherefore(
  plan: Plan<Action>,
  isUp: boolean,
  texts: ReadonlyMap<string, string>,
  parser: SqlParser,
): Promise<string | undefined> {
  if (!isUp) return "the environment's server is not there yet";
  // Migrations may grant to them.
  const role = plan.actions.find(({ kind, verb }) => kind === "role" && verb === "create");
  if (role !== undefined) return `${role.id} is not there yet`;
  for (const [file, text] of texts) {
    const parsed = mayReachBeyond(text) ? await parser.parse(text, { bodies: true }) : undefined;
    // Also in a DO block, or in a function that the file calls: beside the database it would do so for real.
    if (parsed !== undefined && concernsServer([...parsed.statements, ...statementsIn(parsed)]))
      return `${file} speaks of roles or of the whole server`;
  }
  return undefined;
}

import type { Plan } from "../../core/plan.ts";
import type { SqlParser } from "../../core/ports/sql-parser.ts";
import type { Action } from "../../resources/index.ts";
import { firstBeyond, type LiveFunction } from "../shadow-files.ts";

/** What will run. */
interface Statements {
  /** By file, as they are written: what names the database of the environment will name the copy. */
  readonly texts: ReadonlyMap<string, string>;
  /** By what they are called: they run as they are. */
  readonly recorded: ReadonlyMap<string, string>;
  /** The environment's. */
  readonly database: string;
  /** Of its schema. */
  readonly live?: readonly LiveFunction[];
}

/** Why nothing can be rehearsed on the environment's own server, in words; undefined: it can, or it has to be tried. */
export async function wherefore(
  plan: Plan<Action>,
  isUp: boolean,
  { texts, recorded, database, live = [] }: Statements,
  parser: SqlParser,
): Promise<string | undefined> {
  if (!isUp) return "the environment's server is not there yet";
  // Migrations may grant to them.
  const role = plan.actions.find(({ kind, verb }) => kind === "role" && verb === "create");
  if (role !== undefined) return `${role.id} is not there yet`;
  // Also in a DO block, or in a function that a file calls: beside the database it would do so for real.
  const beyond =
    (await firstBeyond(texts, database, "anywhere", parser, live)) ??
    (await firstBeyond(recorded, undefined, "anywhere", parser, live));
  return beyond === undefined ? undefined : `${beyond} speaks of roles or of the whole server`;
}

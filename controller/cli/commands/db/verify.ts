import { isRefusal } from "../../../core/action.ts";
import type { ErrorFacts } from "../../../core/errors.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look, type Look } from "../../look.ts";
import { serverDown } from "../../migrations.ts";
import { isTrouble, listMigrations, type ListedMigration } from "../../migration-list.ts";
import { openEnvironment } from "../../open.ts";
import { renderMigrations, renderStates } from "../../render/migrations.ts";
import { paintedError } from "../../report.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** The ledger against the files, judged as apply would: whatever it would refuse is trouble. Pending ones are not. */
export async function verifyCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const { environment } = opened;
  const { list, errors } = await look(opened, world.signal, async (seen) => ({
    list: await listMigrations(seen),
    errors: refusalsOf(seen),
  }));
  if (list.some(({ state }) => state === "unknown")) throw serverDown(environment);
  const troubled = list.filter(isTrouble);
  const agrees = errors.length === 0 && troubled.length === 0;
  if (context.json) {
    printJson(context, { version: 1, environment, agrees, migrations: list, errors });
  } else {
    await tell(troubled, list);
  }
  return agrees ? exitCode.done : exitCode.error;

  async function tell(troubled: readonly ListedMigration[], all: readonly ListedMigration[]): Promise<void> {
    const { paint, paintError } = context;
    if (troubled.length > 0) context.print(await renderMigrations(troubled, paint));
    for (const error of errors) context.note(paintedError(error, paintError));
    const verdict = agrees ? paint("add", "Ledger and files agree") : paint("remove", "Ledger and files do not agree");
    context.print(`${verdict}: ${renderStates(all)}.`);
  }
}

const refusalsOf = ({ plan }: Look): readonly ErrorFacts[] =>
  plan.actions.flatMap((action) => (action.kind === "migration" && isRefusal(action) ? [action.error] : []));

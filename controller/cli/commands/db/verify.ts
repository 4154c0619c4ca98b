import { isRefusal } from "../../../core/action.ts";
import type { ErrorFacts } from "../../../core/errors.ts";
import { catalogQuestions, remedyFor, type CatalogFault } from "../../../resources/migration/catalog-faults.ts";
import { changedRollbacks, type ChangedRollback } from "../../changed-rollbacks.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look, type Look } from "../../look.ts";
import { serverDown } from "../../migrations.ts";
import { isTrouble, listMigrations, type ListedMigration } from "../../migration-list.ts";
import { openEnvironment } from "../../open.ts";
import { renderMigrations, renderStates } from "../../render/migrations.ts";
import { paintedError } from "../../report.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

interface Found {
  readonly list: readonly ListedMigration[];
  readonly errors: readonly ErrorFacts[];
  readonly faults: readonly CatalogFault[];
  readonly rollbacks: readonly ChangedRollback[];
}

/**
 * Ledger and files, judged as apply would: whatever it would refuse is trouble, and pending ones are not. And the catalog: an
 * index that is not valid is trouble, too; a constraint that was never validated may be meant so and is told. So is another
 * way back than was recorded, and a file that runs again because its text has changed.
 */
export async function verifyCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const { environment } = opened;
  const found = await look(opened, world.signal, async (seen): Promise<Found> => {
    const asked = [listMigrations(seen), faultsIn(seen), changedRollbacks(seen)] as const;
    const [list, faults, rollbacks] = await Promise.all(asked);
    return { list, errors: refusalsOf(seen), faults, rollbacks };
  });
  const { list, errors, faults, rollbacks } = found;
  if (list.some(({ state }) => state === "unknown")) throw serverDown(environment);
  const agrees = errors.length === 0 && !list.some(isTrouble) && !faults.some(isGrave);
  if (context.json) {
    const catalog = faults.map((fault) => ({ ...fault, statement: remedyFor(fault) ?? null }));
    printJson(context, { version: 1, environment, agrees, migrations: list, errors, catalog, rollbacks });
  } else {
    await tell(found, agrees, context);
  }
  return agrees ? exitCode.done : exitCode.error;
}

const isGrave = ({ kind }: CatalogFault): boolean => kind === "invalid index";

async function faultsIn({ ask }: Look): Promise<readonly CatalogFault[]> {
  const found = await Promise.all(
    catalogQuestions.map(async ([sql, read]): Promise<readonly CatalogFault[]> => (await ask(sql, [])).map(read)),
  );
  return found.flat();
}

const refusalsOf = ({ plan }: Look): readonly ErrorFacts[] =>
  plan.actions.flatMap((action) => (action.kind === "migration" && isRefusal(action) ? [action.error] : []));

async function tell({ list, errors, faults, rollbacks }: Found, agrees: boolean, context: Context): Promise<void> {
  const { paint, paintError } = context;
  const troubled = list.filter(isTrouble);
  const isBegun = list.some(({ state }) => state === "started");
  const shown = list.filter((one) => isTrouble(one) || one.isChanged === true);
  if (shown.length > 0) context.print(await renderMigrations(shown, paint));
  for (const error of errors) context.note(paintedError(error, paintError));
  for (const fault of faults) {
    context.print(paint(isGrave(fault) ? "remove" : "change", describe(fault)));
    context.print(`  ${nextStep(fault, isBegun)}`);
  }
  for (const one of rollbacks) context.print(paint("change", describeRollback(one)));
  const isAgreed = errors.length === 0 && troubled.length === 0;
  const words = isAgreed ? "Ledger and files agree" : "Ledger and files do not agree";
  context.print(`${paint(isAgreed ? "add" : "remove", words)}: ${renderStates(list)}.`);
  const grave = faults.filter(isGrave).length;
  if (!agrees && grave > 0)
    context.print(paint("remove", `${grave === 1 ? "An index is" : `${grave} indexes are`} not valid.`));
}

const describe = ({ kind, name, table }: CatalogFault): string =>
  kind === "invalid index"
    ? `index ${name} on ${table} is not valid: it is kept up to date and answers no query`
    : `constraint ${name} of ${table} was never validated: rows from before it may break it`;

const describeRollback = ({ name, state, file }: ChangedRollback): string =>
  state === "missing"
    ? `the rollback file of ${name} is gone: \`poststack db rollback\` runs what was recorded with it`
    : `${file ?? name} has changed since it was recorded: \`poststack db rollback\` runs it as it is now`;

/** @param isBegun whether a migration did not finish: the index may be its own, and is built by what goes on with it */
function nextStep(fault: CatalogFault, isBegun: boolean): string {
  const statement = remedyFor(fault);
  if (fault.kind === "unchecked constraint") return `in a migration of its own: ${statement ?? ""}`;
  if (statement === undefined)
    return "make the index of each partition and attach it: alter index … attach partition …";
  const repair = `\`poststack db repair\` does it: ${statement}`;
  return isBegun
    ? `where the migration that began builds it, \`poststack db migrate\` goes on and does it; else ${repair}`
    : repair;
}

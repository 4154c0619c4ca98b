import { isRefusal } from "../../core/action.ts";
import { readCatalog } from "../../core/catalog/read.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { Plan } from "../../core/plan.ts";
import type { Session } from "../../core/ports/postgres.ts";
import type { Rehearsal } from "../../core/rehearsal.ts";
import type { Action, Desired } from "../../resources/index.ts";
import type { MigrationFile } from "../../resources/migration/model.ts";
import { refuse } from "../../resources/migration/refusals.ts";
import { isAfter, parseTarget } from "../../resources/migration/target.ts";
import type { EnginePorts } from "../converge.ts";
import type { Seen } from "../look.ts";
import { begunIn } from "./begun.ts";
import type { Original } from "./beside.ts";
import { readingWithin } from "./copy.ts";
import { onCopies } from "./on-copies.ts";
import { readParts } from "./parts.ts";
import type { Rehearsed } from "./rehearsed.ts";
import { thereAndBack } from "./there-and-back.ts";
import { wherefore } from "./wherefore.ts";

/**
 * The plan, once the migrations in it have run on a copy of the schema. One that fails there is refused with the error that
 * an apply would give; nothing of the environment's is changed. What the plan would do, and its fingerprint, stay.
 *
 * @param known what has been rehearsed before in the same run; added to
 * @throws PoststackError of what is not about the files: `POSTGRES_MISSING`, `NOT_PERMITTED`, `TIMEOUT` …
 */
export async function rehearse(
  plan: Plan<Action>,
  seen: Seen,
  ports: EnginePorts,
  known: Rehearsed,
  signal: AbortSignal,
): Promise<Plan<Action>> {
  const { endpoint } = seen.desired;
  const isUp = seen.observation.observed.instance?.[0]?.server === "up";
  const pending = pendingIn(plan, seen.desired, !isUp && known.whileDown === "all");
  if (endpoint === undefined || pending.length === 0 || known.hasAll(pending)) return plan;

  const session = isUp ? await seen.ports.server.database(signal) : undefined;
  const begun = await begunIn(session, signal);
  const { parts, texts } = await readParts(pending, new Set(begun.keys()), ports.files, ports.parser);
  const copied = { endpoint, texts, begun: [...begun.values()], ...(await schemaOf(session, seen, ports, signal)) };
  const because = await wherefore(plan, isUp, texts, ports.parser);
  const { place, withCopy } = onCopies(copied, because, seen, ports, signal);
  let rows = 0;
  const { migrations, failure } = await thereAndBack(parts, (run) =>
    withCopy((copy) => {
      rows = copy.rows;
      return run(copy);
    }),
  );
  const passed = new Set(migrations.map(({ id }) => id));
  known.add(pending.filter(({ id }) => passed.has(id)));
  const rehearsal: Rehearsal = {
    ...place(),
    from: copied.catalog === undefined ? "nothing" : "schema",
    ...(rows === 0 ? {} : { rows }),
    uncovered: copied.catalog?.uncovered ?? [],
    migrations,
  };
  return { ...(failure === undefined ? plan : refusing(plan, failure.migration, failure.error)), rehearsal };
}

/** What there is to be copied: nothing without a database. */
async function schemaOf(
  session: Session | undefined,
  { desired: { resources } }: Seen,
  { clock }: EnginePorts,
  signal: AbortSignal,
): Promise<Pick<Original, "catalog" | "extensions" | "sample">> {
  const extensions = resources.extension.map(({ name, schema }) => ({ name, schema }));
  if (session === undefined) return { extensions };
  const catalog = await readingWithin((limited) => readCatalog(session, limited), clock, signal);
  const rows = resources.migration[0]?.rehearsalRows;
  return { extensions, catalog, ...(rows === undefined ? {} : { sample: { rows, from: session } }) };
}

/**
 * None where one of them may not run anyway: those that follow it would fail for that reason alone.
 *
 * @param isUnknown nobody knows what is pending: all of them
 */
function pendingIn({ actions }: Plan<Action>, desired: Desired, isUnknown: boolean): readonly MigrationFile[] {
  const own = actions.filter(({ kind }) => kind === "migration");
  if (own.some(isRefusal)) return [];
  const pending = own.flatMap((one) => (one.kind === "migration" && one.verb === "apply" ? [one.migration] : []));
  const [wish] = desired.resources.migration;
  if (pending.length > 0 || !isUnknown || wish === undefined || !desired.scope.has("migration")) return pending;
  const target = parseTarget(wish.target, wish.files, []) ?? "none";
  return wish.files.filter(({ order }) => !isAfter(order, target));
}

function refusing(plan: Plan<Action>, { id }: MigrationFile, error: ErrorFacts): Plan<Action> {
  const details = [...(error.details ?? []), "it ran on a copy of the schema; the environment is untouched"];
  const refused = refuse(id, { ...error, details });
  const { actions } = plan;
  if (actions.every((action) => action.id !== id)) return { ...plan, actions: [...actions, refused] };
  return {
    ...plan,
    actions: actions.map((action) => (action.id === id ? { ...refused, dependsOn: action.dependsOn } : action)),
  };
}

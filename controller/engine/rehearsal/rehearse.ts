import { readCatalog } from "../../core/catalog/read.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Plan } from "../../core/plan.ts";
import type { Session } from "../../core/ports/postgres.ts";
import type { Rehearsal } from "../../core/rehearsal.ts";
import type { Action } from "../../resources/index.ts";
import { refuse } from "../../resources/migration/refusals.ts";
import type { EnginePorts } from "../converge.ts";
import type { Seen } from "../look.ts";
import { backOnly } from "./back-only.ts";
import { rowsToCopy, type CopiedRow } from "./copied-rows.ts";
import type { Original } from "./beside.ts";
import { readingWithin, type Copy, type Made } from "./copy.ts";
import { onCopies } from "./on-copies.ts";
import { functionsIn } from "./live-functions.ts";
import { readParts } from "./parts.ts";
import type { Rehearsed } from "./rehearsed.ts";
import { thereAndBack } from "./there-and-back.ts";
import { wherefore } from "./wherefore.ts";
import { workIn, type Rollback } from "./work.ts";

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
  const work = await workIn(plan, seen.desired, !isUp && known.whileDown === "all", ports);
  const { pending, repeats, held, rollbacks } = work;
  const due = [...pending, ...repeats, ...held, ...rollbacks.map(({ id, migration }) => ({ ...migration, id }))];
  if (endpoint === undefined || due.length === 0 || known.hasAll(due)) return plan;

  const session = isUp ? await seen.ports.server.database(signal) : undefined;
  const orders = rollbacks.map(({ migration }) => migration.order);
  const copiedRows = await rowsToCopy(session, orders, signal);
  const begun = new Set(copiedRows.flatMap(({ order, isBegun }) => (isBegun ? [order] : [])));
  const { parts, texts } = await readParts(work, begun, ports.files, ports.parser);
  const rowStatements = copiedRows.map(({ statement }) => statement);
  const copied = { endpoint, texts, rowStatements, ...(await schemaOf(session, seen, ports, signal)) };
  const recorded = recordedRollbacks(rollbacks, copiedRows);
  const because = await wherefore(
    plan,
    isUp,
    {
      texts,
      recorded,
      database: endpoint.database,
      live: copied.catalog === undefined ? [] : functionsIn(copied.catalog),
    },
    ports.parser,
  );
  const { place, withCopy } = onCopies(copied, because, seen, ports, signal);
  let made: Made = { rows: 0, uncovered: [] };
  const onCopy = <T>(run: (copy: Copy) => Promise<T>): Promise<T> =>
    withCopy((copy) => {
      made = copy;
      return run(copy);
    });
  const { migrations, failure } =
    rollbacks.length > 0 ? await onCopy((copy) => backOnly(rollbacks, copy)) : await thereAndBack(parts, onCopy);
  const passed = new Set(migrations.map(({ id }) => id));
  known.add(due.filter(({ id }) => passed.has(id)));
  const rehearsal: Rehearsal = {
    ...place(),
    from: copied.catalog === undefined ? "nothing" : "schema",
    ...(made.rows === 0 ? {} : { rows: made.rows }),
    uncovered: [...(copied.catalog?.uncovered ?? []), ...made.uncovered],
    migrations,
  };
  return { ...(failure === undefined ? plan : refusing(plan, failure.id, failure.error)), rehearsal };
}

/** By what they are called: the ledger has what runs where no file does. */
function recordedRollbacks(rollbacks: readonly Rollback[], rows: readonly CopiedRow[]): ReadonlyMap<string, string> {
  const texts = new Map(rows.map(({ order, rollback }) => [order, rollback]));
  return new Map(
    rollbacks.flatMap(({ rollbackFile, migration: { order, name } }): readonly (readonly [string, string])[] => {
      const text = rollbackFile === undefined ? texts.get(order) : undefined;
      return text === undefined ? [] : [[`the recorded rollback of ${name}`, text]];
    }),
  );
}

/** What there is to be copied: nothing without a database. */
async function schemaOf(
  session: Session | undefined,
  { desired: { resources }, ports: { server } }: Seen,
  { clock }: EnginePorts,
  signal: AbortSignal,
): Promise<Pick<Original, "catalog" | "extensions" | "sample">> {
  const extensions = resources.extension.map(({ name, schema }) => ({ name, schema }));
  if (session === undefined) return { extensions };
  const catalog = await readingWithin((limited) => readCatalog(session, limited), clock, signal);
  const rows = resources.migration[0]?.rehearsalRows;
  return { extensions, catalog, ...(rows === undefined ? {} : { sample: { rows, from: await server.owner(signal) } }) };
}

function refusing(plan: Plan<Action>, id: ResourceId, error: ErrorFacts): Plan<Action> {
  const details = [...(error.details ?? []), "it ran on a copy of the schema; the environment is untouched"];
  const refused = refuse(id, { ...error, details });
  const { actions } = plan;
  if (actions.every((action) => action.id !== id)) return { ...plan, actions: [...actions, refused] };
  return {
    ...plan,
    actions: actions.map((action) => (action.id === id ? { ...refused, dependsOn: action.dependsOn } : action)),
  };
}

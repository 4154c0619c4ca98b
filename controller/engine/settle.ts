import type { ErrorFacts } from "../core/errors.ts";
import { kindOf, type ResourceId } from "../core/id.ts";
import type { AnyAction } from "../core/action.ts";
import type { Ports } from "../core/ports.ts";
import type { Resource, Settling } from "../core/resource.ts";
import { kinds, resources, type Action, type Desired, type Kind } from "../resources/index.ts";
import type { ConvergeOptions, EnginePorts, LoadDesired } from "./converge.ts";
import { noServer, passPorts } from "./server.ts";
import { sharedLists } from "./shared-lists.ts";

/** Between two looks, in milliseconds. */
const pollMs = 500;

export interface SettleEnd {
  /** Nothing had to be waited for. */
  readonly atOnce: boolean;
  readonly errors: readonly ErrorFacts[];
}

type Observed = Partial<Readonly<Record<Kind, readonly unknown[]>>>;

interface Seen {
  readonly desired: Desired;
  readonly observed?: Observed;
}

/** Kinds whose things have to prove themselves. */
const proving: readonly Kind[] = kinds.filter((kind) => resources[kind].settling !== undefined);

export const mayHaveToSettle = ({ kind }: Action): boolean => proving.includes(kind);

const nothingToWaitFor: SettleEnd = { atOnce: true, errors: [] };

/**
 * Waits until what runs is accepted: level-triggered, by looking again and again, so it does not matter who started it and
 * in which pass. The files are read anew for each further look: a rollout that does not settle is given up when they
 * change (RELIABILITY 7).
 *
 * @param first what the files asked for when it was looked just before, and what was seen if nothing was changed since
 * @param acted what this run has changed: of these a failure is an error, since repeating what was done does not help
 */
export async function settle(
  first: Seen,
  load: LoadDesired,
  ports: EnginePorts,
  options: ConvergeOptions,
  acted: ReadonlySet<ResourceId>,
): Promise<SettleEnd> {
  const { settleLimitMs, signal, stop, emit } = options;
  if (settleLimitMs === undefined || stop.aborted) return nothingToWaitFor;
  const startMs = ports.clock.nowMs();
  let failedBefore: ReadonlySet<ResourceId> = new Set();
  for (let looks = 0; ; looks++) {
    const desired = looks === 0 ? first.desired : await load();
    if (!proving.some((kind) => desired.scope.has(kind) && desired.resources[kind].length > 0)) return nothingToWaitFor;
    const world: Ports = { ...passPorts(ports, noServer()), containers: sharedLists(ports.containers) };
    const seen = looks === 0 ? first.observed : undefined;
    const all = settlingIn(desired, seen ?? (await observeAll(desired, world, signal)));
    const open = all.filter(({ id, hasFailed }) => !hasFailed || acted.has(id));
    if (open.length === 0 || stop.aborted) return { atOnce: looks === 0, errors: [] };
    // Between an end and the engine's restart one looks as if it had ended for good: once is not enough.
    const failed = open.filter(({ id, hasFailed }) => hasFailed && failedBefore.has(id));
    const isOver = ports.clock.nowMs() - startMs >= settleLimitMs;
    if (failed.length > 0 || isOver)
      return { atOnce: false, errors: await tell(isOver ? open : failed, desired, world, signal) };
    failedBefore = new Set(open.filter(({ hasFailed }) => hasFailed).map(({ id }) => id));
    emit({ type: "settling", waiting: open });
    await ports.clock.sleep(pollMs, AbortSignal.any([signal, stop])).catch(() => undefined);
    signal.throwIfAborted();
  }
}

// The table's entry and the wishes' kind agree by construction; the compiler cannot see that they are the same K.
const resourceOf = (kind: Kind): Resource<unknown, unknown, AnyAction> => resources[kind];

const inScope = (desired: Desired): readonly Kind[] => proving.filter((kind) => desired.scope.has(kind));

async function observeAll(desired: Desired, world: Ports, signal: AbortSignal): Promise<Observed> {
  const all = inScope(desired).map(
    async (kind) => [kind, await resourceOf(kind).observe(desired.resources[kind], world, signal)] as const,
  );
  return Object.fromEntries(await Promise.all(all));
}

const settlingIn = (desired: Desired, observed: Observed): readonly Settling[] =>
  inScope(desired).flatMap((kind) => resourceOf(kind).settling?.(desired.resources[kind], observed[kind] ?? []) ?? []);

async function tell(
  open: readonly Settling[],
  desired: Desired,
  world: Ports,
  signal: AbortSignal,
): Promise<readonly ErrorFacts[]> {
  const errors = open.map(async (one) => {
    const kind = kindOf(one.id) as Kind;
    return resourceOf(kind).unsettled?.(one, desired.resources[kind], world, signal);
  });
  return (await Promise.all(errors)).flatMap((error) => (error === undefined ? [] : [error.facts]));
}

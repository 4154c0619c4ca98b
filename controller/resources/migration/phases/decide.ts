import type { ResourceId } from "../../../core/id.ts";
import type { DeployedPart, PastPart, SeenDeployment } from "./model.ts";

export type Verdict =
  | { readonly type: "run" }
  /** `note`: the contract is met for the first time; this is older from now on, also when the files ask for it again. */
  | { readonly type: "hold"; readonly holders: readonly Holder[]; readonly note?: readonly PastPart[] };

interface Holder {
  /** `process web still runs release 3f2a91c0` */
  readonly why: string;
}

/**
 * Pure. Whether a contract may run: nothing may be up that was written for the schema before it. Older is
 *
 * 1. what is not what the files ask for now, or may not be, its image about to change;
 * 2. what was there, or on record, when the contract was met first, and was not what the files asked for then: also if they
 *    ask for it again, which is a deployment rolled back, and then every replica of that service;
 * 3. a process that was started while the contract was not in the files, whatever its configuration says.
 *
 * And what is new has to stand: while it may still be given up for the release before, that one's schema stays.
 *
 * @param order of the contract, as `MigrationFile.order`
 * @param changing what the same plan is about to make anew
 */
export function decide(order: string, seen: SeenDeployment, changing: ReadonlySet<ResourceId>): Verdict {
  const { parts, wanted } = seen;
  if (parts === undefined) return { type: "hold", holders: [{ why: "what runs cannot be seen from here" }] };
  const running = parts.filter(({ isUp }) => isUp);
  if (wanted === undefined) {
    return running.length === 0 ? { type: "run" } : { type: "hold", holders: [{ why: unread(running) }] };
  }
  const noted = seen.noted.get(order);
  const older = noted ?? olderThan(seen, changing);
  const holders = running.flatMap((part) => {
    const why = whyOlder(order, part, older, seen, changing) ?? whyUnproved(part);
    return why === undefined ? [] : [{ why }];
  });
  if (noted === undefined && holders.length + older.length > 0) {
    return { type: "hold", holders: holders.length > 0 ? holders : [{ why: recordedFirst }], note: older };
  }
  return holders.length === 0 ? { type: "run" } : { type: "hold", holders };
}

/** Also where nothing of it is up: it may come back before the contract has run. */
const recordedFirst = "it is put on record first what is older";

/**
 * What is older when a contract is met for the first time: `decide`. A build may give the very image that is there, and then
 * it counts as older all the same: the next release ends that, and the other way round nothing would.
 *
 * In an order of its own, for a plan's fingerprint has it.
 */
function olderThan(
  { parts = [], wanted = new Map(), before }: SeenDeployment,
  changing: ReadonlySet<ResourceId>,
): readonly PastPart[] {
  const isWanted = ({ resource, release }: PastPart): boolean => {
    const wish = wanted.get(resource as ResourceId);
    return wish?.release === release && (wish.image === undefined || !changing.has(wish.image));
  };
  const past = [...before, ...parts.map(({ resource, release }): PastPart => ({ resource, release }))];
  const all = new Map(past.filter((part) => !isWanted(part)).map((part) => [JSON.stringify(part), part]));
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
}

function whyOlder(
  order: string,
  { resource, called, release, knows }: DeployedPart,
  older: readonly PastPart[],
  { wanted = new Map() }: SeenDeployment,
  changing: ReadonlySet<ResourceId>,
): string | undefined {
  const wish = wanted.get(resource);
  if (wish === undefined) return `${called} still runs, and is no longer in the files`;
  const mayChange = wish.image !== undefined && changing.has(wish.image);
  if (wish.release !== release || mayChange) return `${called} still runs release ${short(release)}`;
  if (older.some((part) => part.resource === resource && part.release === release)) {
    return `${called} runs release ${short(release)} again, which is older than this`;
  }
  const back = rolledBackTo(wish.service, wanted, older);
  if (back !== undefined) return `${called} belongs to ${wish.service}, which goes back to release ${short(back)}`;
  if (knows === undefined || knows.includes(order)) return undefined;
  return `${called} was started before this was in the files: \`poststack restart\` makes sure of its program`;
}

/**
 * A replica that had not come up when the contract was met, or was added since, is on no record: its own digest tells nothing.
 * Where the files ask for an older release of another one, they do of all.
 */
const rolledBackTo = (
  service: string,
  wanted: NonNullable<SeenDeployment["wanted"]>,
  older: readonly PastPart[],
): string | undefined =>
  older.find(({ resource, release }) => {
    const wish = wanted.get(resource as ResourceId);
    return wish?.service === service && wish.release === release;
  })?.release;

const whyUnproved = ({ called, isUnproved }: DeployedPart): string | undefined =>
  isUnproved === true ? `${called} is not ready yet` : undefined;

const unread = (running: readonly DeployedPart[]): string =>
  `${running.map(({ called }) => called).join(", ")} ${running.length === 1 ? "runs" : "run"}, and only \`poststack apply\` reads what the files ask for`;

/** As much of a digest as a person compares. */
export const short = (digest: string): string => digest.slice(0, 8);

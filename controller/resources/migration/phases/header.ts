/** Which part of a change that two releases live through: docs/expand-contract.md */
export type Phase = "expand" | "backfill" | "contract";

/** How a backfill goes, as `-- poststack: batch 1000 rate 5000/s key users.id` says it. */
export interface BatchHeader {
  /** Keys in a batch. */
  readonly size?: number;
  /** Keys in a second, at most. */
  readonly rate?: number;
  /** `id`, `users.id` or `app.users.id`: names, without quotes. */
  readonly key?: readonly string[];
}

const phases: ReadonlySet<string> = new Set<Phase>(["expand", "backfill", "contract"]);
const isPhase = (word: string): word is Phase => phases.has(word);

/** `phase contract` */
export function phaseHeader(value: string): Phase | undefined {
  const [, word = ""] = /^phase\s+(\w+)$/.exec(value) ?? [];
  return isPhase(word) ? word : undefined;
}

const identifier = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;
const part = String.raw`(?:batch\s+\d{1,7}|rate\s+\d{1,9}\/s|key\s+${identifier}(?:\.${identifier}){0,2})`;
const wholeHeader = new RegExp(String.raw`^${part}(?:[\s,]+${part})*$`, "u");
const oneName = new RegExp(identifier, "gu");

/** `batch 1000 rate 5000/s key users.id`, its parts in any order, each of them or some. */
export function batchHeader(value: string): BatchHeader | undefined {
  if (!wholeHeader.test(value)) return undefined;
  const [, size] = /\bbatch\s+(\d+)/.exec(value) ?? [];
  const [, rate] = /\brate\s+(\d+)\/s/.exec(value) ?? [];
  const [, key] = new RegExp(String.raw`\bkey\s+(${identifier}(?:\.${identifier})*)`, "u").exec(value) ?? [];
  if (Number(size) === 0 || Number(rate) === 0) return undefined;
  return {
    ...(size === undefined ? {} : { size: Number(size) }),
    ...(rate === undefined ? {} : { rate: Number(rate) }),
    ...(key === undefined ? {} : { key: (key.match(oneName) ?? []).map(unquoted) }),
  };
}

/** As the server reads a name: folded to lower case unless it is quoted (manual: 4.1.1). */
const unquoted = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();

/** Words that begin a header of ours, for who has mistyped one. */
export const phaseWords = ["phase expand", "phase backfill", "phase contract", "batch", "rate", "key"] as const;

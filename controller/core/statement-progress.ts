import type { Row } from "./ports/postgres.ts";

/**
 * What the server tells of a long statement while it runs, one query for all of its progress views (manual: Progress
 * Reporting; ANALYZE since 13, COPY since 14). Columns: what, phase, on, done, total, unit.
 *
 * @param version as `server_version_num` gives it
 */
export function progressQuery(version: number): string {
  const views = [
    view("create_index", "lower(command)", [
      ["phase like 'waiting%'", "lockers_done", "lockers_total", "transactions"],
      ["tuples_total > 0", "tuples_done", "tuples_total", "rows"],
      ["blocks_total > 0", "blocks_done", "blocks_total", "blocks"],
      ["true", "partitions_done", "partitions_total", "partitions"],
    ]),
    view("cluster", "lower(command)", [["true", "heap_blks_scanned", "heap_blks_total", "blocks"]]),
    view("vacuum", "'vacuum'", [
      ["phase = 'vacuuming heap'", "heap_blks_vacuumed", "heap_blks_total", "blocks"],
      ["true", "heap_blks_scanned", "heap_blks_total", "blocks"],
    ]),
    ...(version >= 130_000
      ? [view("analyze", "'analyze'", [["true", "sample_blks_scanned", "sample_blks_total", "blocks"]])]
      : []),
    ...(version >= 140_000
      ? [
          view(
            "copy",
            "lower(command)",
            [
              ["bytes_total > 0", "bytes_processed", "bytes_total", "bytes"],
              ["true", "tuples_processed", "0", "rows"],
            ],
            "null",
          ),
        ]
      : []),
  ];
  return `${views.join("\nunion all\n")}\nlimit 1`;
}

/** Which counters count while a condition holds. */
type Counter = readonly [condition: string, done: string, total: string, unit: string];

function view(name: string, what: string, counters: readonly Counter[], phase = "phase"): string {
  const pick = (index: 1 | 2 | 3): string => {
    const cases = counters.map((counter) => {
      const value = index === 3 ? `'${counter[3]}'` : `${counter[index]}::int8`;
      return `when ${counter[0]} then ${value}`;
    });
    return `case ${cases.join(" ")} end`;
  };
  // Another database's oids mean nothing here.
  return `select ${what} as what, ${phase}::text as phase,
  case when datname = current_database() then regexp_replace(relid::regclass::text, '^public\\.', '') end as on,
  ${pick(1)} as done, ${pick(2)} as total, ${pick(3)} as unit
from pg_catalog.pg_stat_progress_${name} where pid = $1`;
}

/** `create index concurrently on orders: building index, 42 % of 29000 blocks`; empty where we may not see even what it is. */
export function describeProgress(row: Row): string {
  const text = (column: string): string | undefined => {
    const value = row[column];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const [what, on] = [text("what"), text("on")];
  if (what === undefined) return "";
  const [done, total] = [Number(row["done"] ?? 0), Number(row["total"] ?? 0)];
  const unit = text("unit") ?? "steps";
  const far =
    total > 0 ? `${Math.floor((100 * done) / total)} % of ${total} ${unit}` : done > 0 ? `${done} ${unit}` : undefined;
  const state = [text("phase"), far].filter((part) => part !== undefined).join(", ");
  return [`${what}${on === undefined ? "" : ` on ${on}`}`, state].filter((part) => part !== "").join(": ");
}

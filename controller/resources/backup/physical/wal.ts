import type { WalRange } from "../../../core/ports/cluster-copies.ts";

/**
 * Names of the files that hold a range of the write-ahead log: eight hex digits each for the timeline, the position's upper
 * half, and the segment within that (manual: 30.6, WAL Internals; XLogFileName in src/include/access/xlog_internal.h).
 *
 * @param segmentBytes as `wal_segment_size` says it: a power of two from 1 MiB to 1 GiB
 */
export function segmentsOf({ timeline, start, end }: WalRange, segmentBytes: number): readonly string[] {
  const size = BigInt(segmentBytes);
  const perUpperHalf = 2n ** 32n / size;
  // The end is the first byte that no longer belongs to it.
  const [first, last] = [positionOf(start) / size, (positionOf(end) - 1n) / size];
  const names: string[] = [];
  for (let segment = first; segment <= last; segment++) {
    names.push([BigInt(timeline), segment / perUpperHalf, segment % perUpperHalf].map(eightDigits).join(""));
  }
  return names;
}

/** `0/2000028`: upper and lower half in hex. */
function positionOf(text: string): bigint {
  const [upper = "", lower = ""] = text.split("/");
  return BigInt(`0x${upper}`) * 2n ** 32n + BigInt(`0x${lower}`);
}

const eightDigits = (number: bigint): string => number.toString(16).toUpperCase().padStart(8, "0");

/** What the server says in its backup label; undefined: it says something else. */
export function startIn(label: string): Pick<WalRange, "start" | "timeline"> | undefined {
  const [, start] = /^START WAL LOCATION: ([0-9A-F]+\/[0-9A-F]+) /m.exec(label) ?? [];
  const [, timeline] = /^START TIMELINE: (\d+)$/m.exec(label) ?? [];
  return start === undefined || timeline === undefined ? undefined : { start, timeline: Number(timeline) };
}

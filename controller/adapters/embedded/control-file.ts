import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

/** The major version that made the data; undefined: there is no cluster. */
export function dataMajor(data: string): number | undefined {
  const text = readOrNothing(join(data, "PG_VERSION"))?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * The cluster's identity, read without a server. It is the first field of `global/pg_control`, 64 bits in the machine's
 * byte order, unchanged since Postgres 8 (src/include/catalog/pg_control.h); Node runs on little-endian machines only.
 */
export function systemIdentifier(data: string): string | undefined {
  const bytes = Buffer.alloc(8);
  try {
    const descriptor = openSync(join(data, "global", "pg_control"), "r");
    try {
      if (readSync(descriptor, bytes, 0, 8, 0) !== 8) return undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
  return bytes.readBigUInt64LE(0).toString();
}

/** What is not there, or not for this user, has no text. */
export function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

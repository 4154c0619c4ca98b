import type { RoleAttributes } from "./model.ts";

/** What CREATE ROLE gives without a word (manual: CREATE ROLE). */
export const defaults: RoleAttributes = {
  login: false,
  inherit: true,
  superuser: false,
  createdb: false,
  createrole: false,
  replication: false,
  bypassrls: false,
  connectionLimit: -1,
};

/** Both sides in one form, by the names that the file uses. */
export function comparable(attributes: RoleAttributes): ReadonlyMap<string, string> {
  const { connectionLimit, validUntil, ...flags } = attributes;
  return new Map([
    ...Object.entries(flags).map(([name, value]) => [name, String(value)] as const),
    ["connection_limit", connectionLimit < 0 ? "unlimited" : String(connectionLimit)],
    ["valid_until", expiry(validUntil)],
  ]);
}

/**
 * Postgres cannot set VALID UNTIL back to NULL, only to 'infinity' (manual: ALTER ROLE). Both mean "never expires" here;
 * comparing them as different would plan the same ALTER ROLE on every pass.
 */
export function expiry(validUntil: string | undefined): string {
  if (validUntil === undefined || validUntil === "infinity") return "never";
  const ms = Date.parse(validUntil);
  return Number.isNaN(ms) ? validUntil : new Date(ms).toISOString();
}

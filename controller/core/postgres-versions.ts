/** Major versions of Postgres that an embedded server can be: what the tests run and what can be fetched. */
export const embeddedMajors: readonly number[] = [13, 14, 15, 16, 17, 18];

/** `17`, `17.5-bookworm` → 17 */
export function majorOf(version: string): number | undefined {
  const digits = /^[1-9][0-9](?![0-9])/.exec(version)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

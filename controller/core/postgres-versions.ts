/** Major versions of Postgres that an embedded server can be: what the tests run and what can be fetched. */
export const embeddedMajors: readonly number[] = [13, 14, 15, 16, 17, 18];

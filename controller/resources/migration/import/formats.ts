/** Tools whose folders are read and whose ledgers are taken over. */
export const foreignFormats = [
  "dbmate",
  "golang-migrate",
  "flyway",
  "node-pg-migrate",
  "sqitch",
  "diesel",
  "prisma",
] as const;

export type ForeignFormat = (typeof foreignFormats)[number];

/** Where the record of another tool lies that counts until Poststack has one of its own. */
export interface TakeOver {
  readonly format: ForeignFormat;
  /** `schema.table` or `table`; undefined: as the tool calls it, in whichever schema it is. */
  readonly table?: string;
  /** Sqitch: whose changes of those that share a registry. */
  readonly project?: string;
}

import type { SqlParser } from "../../core/ports/sql-parser.ts";

/** A parser that gives the same answer again for a text: several look at each file that is to run. For one pass. */
export function parsedOnce(parser: SqlParser): SqlParser {
  const known = new Map<string, ReturnType<SqlParser["parse"]>>();
  return {
    parse(text, options) {
      if (options?.bodies === true) return parser.parse(text, options);
      const found = known.get(text) ?? parser.parse(text);
      known.set(text, found);
      return found;
    },
  };
}

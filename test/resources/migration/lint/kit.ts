import { sqlParser } from "../../../../controller/adapters/sql-parser.ts";
import { examiner, type Suspicion } from "../../../../controller/resources/migration/lint/examine.ts";

/** What the rules find in files that run one after the other, each of them a text. */
export async function suspicionsIn(
  texts: readonly string[],
  { transactional = true, isChain = true } = {},
): Promise<readonly (readonly Suspicion[])[]> {
  const examine = examiner({ isChain });
  const found = [];
  for (const [index, text] of texts.entries()) {
    const source = { file: `00${index + 1}.sql`, text };
    found.push(examine({ source, transactional, parsed: await sqlParser.parse(text, { bodies: true }) }));
  }
  return found;
}

/** `line:column rule` of each finding in one file. */
export async function found(text: string, options?: Parameters<typeof suspicionsIn>[1]): Promise<readonly string[]> {
  const [first = []] = await suspicionsIn([text], options);
  return first.map(({ place, rule }) => `${place.line}:${place.column} ${rule}`);
}

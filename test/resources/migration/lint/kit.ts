import { sqlParser } from "../../../../controller/adapters/sql-parser.ts";
import { examine, type Suspicion } from "../../../../controller/resources/migration/lint/examine.ts";

/** What the rules find in files that run one after the other, each of them a text. */
export async function suspicionsIn(
  texts: readonly string[],
  { transactional = true, isChain = true } = {},
): Promise<readonly (readonly Suspicion[])[]> {
  const files = [];
  for (const [index, text] of texts.entries()) {
    const source = { file: `00${index + 1}.sql`, text };
    files.push({ source, transactional, parsed: await sqlParser.parse(text, { bodies: true }) });
  }
  return examine(files, { isChain });
}

/** `line:column rule` of each finding in one file. */
export async function found(text: string, options?: Parameters<typeof suspicionsIn>[1]): Promise<readonly string[]> {
  const [first = []] = await suspicionsIn([text], options);
  return first.map(({ place, rule }) => `${place.line}:${place.column} ${rule}`);
}

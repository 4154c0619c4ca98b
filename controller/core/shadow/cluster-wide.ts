import type { ParsedSql } from "../ports/sql-parser.ts";
import { quoteIdentifier } from "../sql.ts";

/** Words without which no statement reaches beyond its database. */
export const mayReachBeyond = (text: string): boolean =>
  /\b(?:database|role|user|group|tablespace|subscription|system|owned|grant|revoke)\b/i.test(text);

/** About roles, tablespaces, the whole server: it has been done, for all databases, when the migration first ran. */
const wholeServer =
  /^(?:create|alter|drop|comment\s+on)\s+(?:role|user(?!\s+mapping)|group|tablespace|subscription|system)\b|^(?:create|drop)\s+database\b|^(?:reassign|drop)\s+owned\b|^(?:grant|revoke)\s+(?:(?!\bon\b)[\s\S])*$/i;

/** About a database that is named. */
const namedDatabase = /^(?:alter\s+database|comment\s+on\s+database|(?:grant|revoke)\s[\s\S]*?\son\s+database)\b/i;

/** Without the comments before it. */
const wordsOf = (statement: string): string => statement.replace(/^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/, "");

/** Whether a statement is about roles, tablespaces or the whole server, which no shadow has for itself. */
export const concernsServer = (statements: readonly { readonly text: string }[]): boolean =>
  statements.some(({ text }) => wholeServer.test(wordsOf(text)));

/**
 * A migration's text as it runs in a shadow: what names the environment's database names the shadow, and what is about the
 * whole server is left out. Every character that stays keeps its line. What a DO block does is not seen.
 */
export function withinDatabase(text: string, { statements }: ParsedSql, database: string, shadow: string): string {
  let result = text;
  // From the end: what stands before keeps its place.
  for (const { text: statement, start } of statements.toReversed()) {
    const words = wordsOf(statement);
    const changed = wholeServer.test(words)
      ? statement.replaceAll(/[^\n]/gu, " ")
      : namedDatabase.test(words)
        ? renamed(statement, database, shadow)
        : statement;
    result = result.slice(0, start) + changed + result.slice(start + statement.length);
  }
  return result;
}

/** The name behind the word DATABASE, quoted or not; another one stays, and the server refuses it or not. */
function renamed(statement: string, database: string, shadow: string): string {
  return statement.replace(/(\bdatabase\s+)("(?:[^"]|"")*"|[\w$]+)/i, (whole, before: string, name: string) => {
    const plain = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
    return plain === database ? `${before}${quoteIdentifier(shadow)}` : whole;
  });
}

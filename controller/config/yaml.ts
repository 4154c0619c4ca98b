import { Composer, Parser, type CST, type Document, type YAMLError } from "yaml";
import { PoststackError, PoststackErrors } from "../core/errors.ts";
import { lexemes } from "./limits.ts";
import { decode, syntaxError, type PlaceAt } from "./text.ts";
import type { Tree } from "./tree.ts";
import { buildTree, coreDialect, type Dialect } from "./yaml-tree.ts";

/**
 * Bytes of a configuration file as a tree.
 *
 * @throws PoststackErrors of `CONFIG_SYNTAX`, `CONFIG_DUPLICATE_KEY`, `CONFIG_LIMIT`
 */
export function parseYaml(bytes: Buffer, file: string): Tree {
  return parsed(bytes, file, coreDialect, (documents, placeAt) => {
    const [document, second] = documents;
    if (document === undefined) throw new TypeError("the composer gave no document");
    if (second !== undefined) {
      const where = placeAt(second.range[0]);
      throw syntaxError("a second document begins", where, "a configuration is one document: remove the `---`");
    }
    return buildTree(document.contents, placeAt);
  });
}

/**
 * Bytes of a file that may hold several documents, as trees.
 *
 * @throws PoststackErrors of `CONFIG_SYNTAX`, `CONFIG_DUPLICATE_KEY`, `CONFIG_LIMIT`
 */
export function parseYamlDocuments(bytes: Buffer, file: string, dialect: Dialect): readonly Tree[] {
  return parsed(bytes, file, dialect, (documents, placeAt) =>
    documents.map(({ contents }) => buildTree(contents, placeAt, dialect)),
  );
}

function* tokensOf(text: string, placeAt: PlaceAt): Generator<CST.Token, void> {
  const parser = new Parser();
  for (const lexeme of lexemes(text, placeAt)) yield* parser.next(lexeme);
  yield* parser.end();
}

function parsed<T>(
  bytes: Buffer,
  file: string,
  { tags }: Dialect,
  build: (documents: readonly Document.Parsed[], placeAt: PlaceAt) => T,
): T {
  try {
    const { text, placeAt } = decode(bytes, file);
    // The library's own check for duplicate keys takes quadratic time and tells `1` from `"1"`; ours is in the tree.
    const composer = new Composer({ schema: "core", uniqueKeys: false, prettyErrors: false });
    const documents = [...composer.compose(tokensOf(text, placeAt), true, text.length)];
    const isOwnTag = ({ code, pos }: YAMLError): boolean =>
      code === "TAG_RESOLVE_FAILED" && tags.has(text.slice(...pos).trim());
    // The first one is the cause; what follows it is read as something else than what was meant.
    const [error] = documents
      .flatMap(({ errors, warnings }) => [...errors, ...warnings])
      .filter((found) => !isOwnTag(found))
      .sort((a, b) => a.pos[0] - b.pos[0]);
    if (error !== undefined) throw explained(error, text, placeAt);
    return build(documents, placeAt);
  } catch (error) {
    throw error instanceof PoststackError ? new PoststackErrors([error]) : error;
  }
}

const nextSteps: { readonly [code: string]: string } = {
  TAB_AS_INDENT: "indent with spaces",
  BAD_INDENT: "keys of one map begin in the same column",
  MULTILINE_IMPLICIT_KEY: "is a `:` or a quote missing?",
  MISSING_CHAR: "close what is open, or put the text in quotes",
  BAD_SCALAR_START: "put the text in quotes",
  BAD_DQ_ESCAPE: "write `\\\\` for a backslash, or use single quotes",
  TAG_RESOLVE_FAILED: "remove the tag",
  BAD_ALIAS: "an anchor stands before its aliases: `&name`, then `*name`",
};

function explained(error: YAMLError, text: string, placeAt: PlaceAt): PoststackError {
  const what = error.message.replace(/\s+/g, " ").replace(/[.:]$/, "");
  return syntaxError(what.charAt(0).toLowerCase() + what.slice(1), placeAt(error.pos[0]), nextFor(error, text));
}

function nextFor({ code, message, pos }: YAMLError, text: string): string {
  if (text.startsWith("${", pos[0] - 1)) return "inside `{ }` and `[ ]`, put `${…}` in quotes or on a line of its own";
  // An open bracket is reported as bad indentation of what follows.
  const next = message.includes("end with a") ? nextSteps["MISSING_CHAR"] : nextSteps[code];
  return next ?? "correct the YAML there, or in the line before";
}

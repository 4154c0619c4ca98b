import type { SqlStatement } from "../core/ports/sql-parser.ts";
import { quoteIdentifier } from "../core/sql.ts";

/** One word of the lexer. Offsets are UTF-8 bytes. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokenName: string;
}

type Kind = SqlStatement["kind"];
type Node = Readonly<Record<string, unknown>>;

const other: Kind = { is: "other" };

/** What the migration runner must know of a statement, from its tree (names of nodes: src/include/nodes/parsenodes.h). */
export function kindOfNode(statement: Node): Kind {
  const [name = ""] = Object.keys(statement);
  const node = asNode(statement[name]);
  switch (name) {
    case "TransactionStmt":
      return { is: plainTransaction(node) };
    case "CopyStmt":
      return node["is_from"] === true && node["filename"] === undefined ? { is: "copy-from-client" } : other;
    case "VariableSetStmt":
      if (node["kind"] === "VAR_SET_MULTI") return transactionSetting(node);
      return node["is_local"] === true ? other : { is: "setting" };
    case "IndexStmt":
      return node["concurrent"] === true ? buildIndex(node) : other;
    case "DropStmt":
      return node["concurrent"] === true && node["removeType"] === "OBJECT_INDEX" ? dropIndex(node) : other;
    case "VacuumStmt":
    case "ReindexStmt":
    case "AlterSystemStmt":
    case "RefreshMatViewStmt":
      return { is: "repeatable" };
    default:
      return other;
  }
}

function plainTransaction(node: Node): "begin" | "commit" | "transaction-control" {
  if (node["options"] !== undefined || node["chain"] === true) return "transaction-control";
  if (node["kind"] === "TRANS_STMT_BEGIN" || node["kind"] === "TRANS_STMT_START") return "begin";
  return node["kind"] === "TRANS_STMT_COMMIT" ? "commit" : "transaction-control";
}

/** SET TRANSACTION, or for the whole session SET SESSION CHARACTERISTICS. */
function transactionSetting(node: Node): Kind {
  if (node["name"] !== "TRANSACTION") return node["name"] === "SESSION CHARACTERISTICS" ? { is: "setting" } : other;
  const options = asArray(node["args"]).map((option) => asNode(asNode(option)["DefElem"]));
  const [option = {}] = options;
  const level = asNode(asNode(asNode(option["arg"])["A_Const"])["sval"])["sval"];
  const isIsolation = options.length === 1 && option["defname"] === "transaction_isolation";
  return isIsolation && typeof level === "string" ? { is: "isolation", level } : other;
}

function buildIndex(node: Node): Kind {
  const relation = asNode(node["relation"]);
  const table = [relation["schemaname"], relation["relname"]].flatMap(quoted).join(".");
  const [name] = quoted(node["idxname"]);
  const ifNotExists = node["if_not_exists"] === true;
  return { is: "build-index", ...(name === undefined ? {} : { name }), table, ifNotExists };
}

/** Postgres takes one name here, of one or two parts. */
function dropIndex(node: Node): Kind {
  const list = asNode(asNode(asArray(node["objects"])[0])["List"]);
  const parts = asArray(list["items"]).flatMap((item) => quoted(asNode(asNode(item)["String"])["sval"]));
  return { is: "drop-index", name: parts.join(".") };
}

/** Statements that their first words tell apart, for a grammar that the parser does not know. */
export function kindOfWords(tokens: readonly Token[]): Kind {
  const words = tokens.map(({ text }) => text.toLowerCase());
  const start = words.slice(0, 3).join(" ");
  if (/^(?:begin(?: work| transaction)?|start transaction)$/.test(start)) return { is: "begin" };
  if (/^(?:commit|end)(?: work| transaction)?$/.test(start)) return { is: "commit" };
  if (controls.test(start)) return { is: "transaction-control" };
  return words[0] === "copy" && words.includes("stdin") ? { is: "copy-from-client" } : other;
}

const controls = /^(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare transaction)\b/;

const asNode = (value: unknown): Node => (typeof value === "object" && value !== null ? (value as Node) : {});
const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const quoted = (name: unknown): readonly string[] => (typeof name === "string" ? [quoteIdentifier(name)] : []);

import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { LedgerRow, MigrationAction, MigrationFile, RepeatableFile } from "./model.ts";

/** A text by its checksum, which is compared again before it runs. */
export function content(action: MigrationAction): Content {
  switch (action.verb) {
    case "apply":
      return { facts: { ...fileFacts(action.migration), rollbackChecksum: action.rollbackChecksum } };
    case "rollback": {
      const { migration, rollbackFile, rollbackChecksum } = action;
      return { facts: { ...rowFacts(migration), rollbackFile, rollbackChecksum } };
    }
    case "replay": {
      const { migration, row, rollbackChecksum } = action;
      return { facts: { ...fileFacts(migration), row: rowFacts(row), rollbackChecksum } };
    }
    case "baseline":
      return { facts: action.migrations.map(fileFacts) };
    case "import":
      return { facts: [action.migrations.map(fileFacts), action.repeated.map(repeatableFacts), { ...action.ledger }] };
    case "hold":
      return { facts: [fileFacts(action.migration), action.older.map((one) => ({ ...one }))] };
    case "repeat":
      return { facts: repeatableFacts(action.repeatable) };
    case "forget":
      return { facts: { ...action.row } };
    case "unrecord":
      return { facts: rowFacts(action.migration) };
    case "rebuild":
      return { facts: { ...action.index } };
    case "repair":
      return { facts: { ...fileFacts(action.migration), row: rowFacts(action.row) } };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

const fileFacts = ({ version, name, file, rollbackFile, checksum, transactional }: MigrationFile) => ({
  version,
  name,
  file,
  rollbackFile,
  checksum,
  transactional,
});

const repeatableFacts = ({ name, file, checksum }: RepeatableFile) => ({ name, file, checksum });

const rowFacts = ({ version, name, checksum, state }: LedgerRow) => ({ version, name, checksum, state });

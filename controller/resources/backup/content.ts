import type { Content } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { BackupAction } from "./model.ts";

export function content(action: BackupAction): Content {
  switch (action.verb) {
    case "take": {
      const { desired, tools, because } = action;
      const output = desired.wish.type === "take" ? desired.wish.output : undefined;
      return {
        facts: {
          database: desired.endpoint.database,
          directory: desired.directory,
          output,
          because,
          tools: { ...tools },
        },
      };
    }
    case "restore": {
      const { desired, tools, candidate, deleteData } = action;
      const { path, sha256 } = candidate;
      return { facts: { database: desired.endpoint.database, path, sha256, deleteData, tools: { ...tools } } };
    }
    case "prune":
      return { facts: action.what.type === "file" ? { ...action.what } : action.what.name };
    case "refuse":
      return { facts: action.error.code };
    default:
      return unreachable(action);
  }
}

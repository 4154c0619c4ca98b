import { PoststackError, fromFacts, type ErrorFacts } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import { done, type Result } from "../../core/resource.ts";
import { sqlFailure } from "../../core/sql.ts";
import { transact } from "../../core/transaction.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { GrantAction } from "./model.ts";
import { grantBlock, notGranted, revokeBlock } from "./statements.ts";

/** @throws PoststackError `ROLE_MISSING`, `OBJECT_MISSING`, `NOT_PERMITTED`, `FENCED`, and what a refused action says */
export function apply(action: GrantAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "create":
      return write([grantBlock(action.desired)], action, ports, signal);
    case "update":
      return write(
        [...(action.surplus.length === 0 ? [] : [revokeBlock(action.surplus)]), grantBlock(action.desired)],
        action,
        ports,
        signal,
      );
    case "revoke":
      return write([revokeBlock(action.surplus)], action, ports, signal);
    case "refuse":
      return Promise.reject(fromFacts(action.error));
    default:
      return unreachable(action);
  }
}

async function write(
  blocks: readonly string[],
  { place }: GrantAction,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  const session = await ports.server.database(signal);
  if (session === undefined) {
    throw new PoststackError("POSTGRES_CONFLICT", { what: "the environment's database vanished while this pass ran" });
  }
  const where = place === undefined ? {} : { where: place };
  const fence = `select poststack.check_fence(${ports.server.fence()})`;
  await transact(session, [fence, ...blocks], ports, signal, where).catch((error: unknown) => {
    throw explained(error, where);
  });
  return done;
}

function explained(error: unknown, where: Pick<ErrorFacts, "where">): unknown {
  const failure = sqlFailure(error);
  const what = failure?.message ?? "";
  switch (failure?.sqlState) {
    case "42704": // undefined_object: the role
      return new PoststackError(
        "ROLE_MISSING",
        { what, ...where, next: "correct the name, or add the role under roles:" },
        { cause: failure },
      );
    case "3F000": // invalid_schema_name
    case "42P01": // undefined_table
      return new PoststackError(
        "OBJECT_MISSING",
        { what, ...where, next: "correct the name, or let a migration make it" },
        { cause: failure },
      );
    case notGranted:
      return new PoststackError(
        "NOT_PERMITTED",
        { what, ...where, next: "let the owner of these objects grant, or give Poststack a login that may" },
        { cause: failure },
      );
    default:
      return error;
  }
}

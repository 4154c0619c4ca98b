import { ledgerSteps } from "../ledger.ts";
import type { Endpoint, Session } from "../ports/postgres.ts";
import { quoteIdentifier } from "../sql.ts";

/** By name, with the schema, both as they are. */
export interface ShadowExtension {
  readonly name: string;
  readonly schema: string | undefined;
}

interface Preparation {
  readonly extensions: readonly ShadowExtension[];
  /** No commit waits for the disk: a crash takes the whole shadow with it. Default: true. */
  readonly isLazy?: boolean;
}

/**
 * The ledger that migrations write to, and extensions, which come before them.
 *
 * @param session of the admin, in the shadow
 */
export async function prepareShadow(
  session: Session,
  { owner, database }: Endpoint,
  { extensions, isLazy = true }: Preparation,
  signal: AbortSignal,
): Promise<void> {
  const statements = extensions.flatMap(({ name, schema }) => {
    const create = `create extension if not exists ${quoteIdentifier(name)}`;
    // Where the database's path begins, and not where the admin looks.
    if (schema === undefined) return [`set local search_path to default; ${create} cascade`];
    const quoted = quoteIdentifier(schema);
    return [
      `create schema if not exists ${quoted} authorization ${quoteIdentifier(owner.user)}`,
      `${create} schema ${quoted} cascade`,
    ];
  });
  const lazily = isLazy ? [`alter database ${quoteIdentifier(database)} set ${lazySetting} = off`] : [];
  await session.pipeline([...lazily, ...ledgerSteps(owner.user), ...statements], signal);
}

/** Migrations that name it themselves are not run lazily: what they make of it is theirs. */
export const lazySetting = "synchronous_commit";

/** Takes back what only a shadow has, before its catalog is compared with another database's. */
export const asMigrationsMadeIt = ({ database }: Endpoint): string =>
  `alter database ${quoteIdentifier(database)} reset ${lazySetting}`;

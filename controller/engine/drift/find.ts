import { compareCatalogs, type Difference } from "../../core/catalog/compare.ts";
import { expecting, type Expectation } from "../../core/catalog/expected.ts";
import type { Catalog } from "../../core/catalog/model.ts";
import { readOurs, withoutOurs } from "../../core/catalog/ours.ts";
import { readCatalog } from "../../core/catalog/read.ts";
import { remediesFor } from "../../core/catalog/statements/remedy.ts";
import type { Endpoint, Session } from "../../core/ports/postgres.ts";
import type { ExpectedObject, SchemaDrift } from "../../core/schema-drift.ts";
import { foreignLedgerPatterns } from "../../resources/migration/import/ledgers.ts";
import type { ListedMigrations } from "../../resources/migration/model.ts";
import type { EnginePorts } from "../converge.ts";
import type { Seen } from "../look.ts";
import { readingWithin } from "../rehearsal/copy.ts";
import { replay } from "../replay.ts";
import { extensionsOf, recordedMigrations } from "./recorded.ts";

/** The two schemas, and in what they differ. */
export interface FoundDrift {
  /** What the recorded migrations make. */
  readonly reference: Catalog;
  readonly live: Catalog;
  readonly differences: readonly Difference[];
  /** What differs as well, and is meant to. */
  readonly expected: readonly ExpectedObject[];
  /** How many ran in the shadow. */
  readonly migrations: number;
}

interface Place {
  /** In the environment's database; it is only read. */
  readonly session: Session;
  readonly endpoint: Endpoint;
}

/**
 * The live schema against what the recorded migrations make of an empty database, in a shadow on the same server.
 *
 * @param begins told how many migrations will run
 * @throws PoststackError as {@link recordedMigrations} and {@link replay}; `TIMEOUT`
 */
export async function findDrift(
  seen: Seen,
  { session, endpoint }: Place,
  ports: EnginePorts,
  signal: AbortSignal,
  begins: (migrations: number) => void = () => undefined,
): Promise<FoundDrift> {
  const present = await readingWithin((limited) => readCatalog(session, limited), ports.clock, signal);
  const ours = await readOurs(session, signal);
  const migrations = await recordedMigrations(seen, session, signal);
  const extensions = extensionsOf(seen, present, ours.extensions);
  begins(migrations.length);
  const made = await replay({ migrations, extensions }, endpoint, ports, signal);
  // The configuration's own, whether it has been carried out or not, is for `plan` to tell.
  const beside = { ...ours, extensions: new Set([...ours.extensions, ...extensions.map((one) => one.name)]) };
  const [live, reference] = [withoutOurs(present, beside), withoutOurs(made, beside)];
  const reasonFor = expecting(seen.desired.resources.migration.flatMap(expectationsOf));
  const all = compareCatalogs(reference, live).map((difference) => ({ difference, because: reasonOf(difference) }));
  return {
    live,
    reference,
    differences: all.filter(({ because }) => because === undefined).map(({ difference }) => difference),
    expected: all.flatMap(({ difference: { identity }, because }) =>
      because === undefined ? [] : [{ identity, because }],
    ),
    migrations: migrations.length,
  };

  function reasonOf({ from, to }: Difference): string | undefined {
    const object = to ?? from;
    return object === undefined ? undefined : reasonFor(object);
  }
}

/** What people have said is another program's, and the record that the tool before us kept. */
const expectationsOf = ({ takesOver, drift }: ListedMigrations): readonly Expectation[] => [
  ...(takesOver === undefined
    ? []
    : [{ patterns: foreignLedgerPatterns(takesOver), because: `the ledger of ${takesOver.format}` }]),
  { patterns: drift?.ignored ?? [], because: "policy.drift.ignore" },
];

/** As data, with the statements for each object. */
export function toldDrift({ reference, live, differences, expected, migrations }: FoundDrift): SchemaDrift {
  const remedies = remediesFor(reference, live);
  return {
    migrations,
    differences: differences.map((difference) => {
      const { change, kind, identity, fields } = difference;
      const { adopt, undo } = remedies(difference);
      return { change, kind, identity, fields, adopt: adopt ?? null, undo: undo ?? null };
    }),
    expected,
  };
}

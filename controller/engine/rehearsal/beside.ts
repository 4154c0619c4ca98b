import { plainName, type Catalog } from "../../core/catalog/model.ts";
import { within } from "../../core/deadline.ts";
import { PoststackError } from "../../core/errors.ts";
import type { Endpoint, Server, Session } from "../../core/ports/postgres.ts";
import { prepareShadow, type ShadowExtension } from "../../core/shadow/prepare.ts";
import { restoreSchema } from "../../core/shadow/restore.ts";
import { copySample } from "../../core/shadow/sample.ts";
import { seal } from "../../core/shadow/seal.ts";
import { takeSettings } from "../../core/shadow/settings.ts";
import { withShadow } from "../../core/shadow/shadow.ts";
import { sqlFailure } from "../../core/sql.ts";
import type { EnginePorts } from "../converge.ts";
import { passServer } from "../server.ts";
import { textsInShadow } from "../shadow-files.ts";
import { copyOf, type Copy, type Made } from "./copy.ts";

/** Milliseconds for making a copy: thousands of tables are a matter of seconds. */
const limitMs = 600_000;

/** What a copy is made from. */
export interface Original {
  readonly endpoint: Endpoint;
  /** Absent: an empty database. */
  readonly catalog?: Catalog;
  /** That the files declare. */
  readonly extensions: readonly ShadowExtension[];
  /** Of the files that will run, as they are written. */
  readonly texts: ReadonlyMap<string, string>;
  /** Up to so many rows of each table, which this session of the original's owner reads. */
  readonly sample?: { readonly rows: number; readonly from: Session };
  /** For rows of the ledger that the copy has to have. */
  readonly rowStatements: readonly string[];
  /** The server is there for this copy alone: what is about the whole server runs. */
  readonly isAlone?: boolean;
}

/**
 * A copy of the schema in a database of its own, on the server of the endpoint.
 *
 * @throws PoststackError `NOT_PERMITTED`, `SCHEMA_NOT_COPIED`, and what `run` throws
 */
export function beside<T>(
  original: Original,
  ports: EnginePorts,
  signal: AbortSignal,
  run: (copy: Copy) => Promise<T>,
): Promise<T> {
  const { endpoint } = original;
  return withShadow(endpoint, ports, signal, async (shadow) => {
    const server = passServer(shadow, ports.postgres);
    try {
      const making = { subject: "copying the schema", next: "see what keeps the server busy" };
      const made = await within(limitMs, making, ports.clock, signal, (limited) =>
        fill(original, shadow, server, limited),
      ).catch(explained);
      const texts = original.isAlone === true ? new Map<string, string>() : await changedTexts(original, shadow, ports);
      return await run(copyOf(server, made, texts, ports, signal));
    } finally {
      await server.close();
    }
  });
}

async function fill(
  { endpoint, catalog, extensions, sample, rowStatements }: Original,
  shadow: Endpoint,
  server: Server,
  signal: AbortSignal,
): Promise<Made> {
  const session = await server.admin(signal);
  await prepareShadow(session, shadow, { extensions: together(extensions, catalog) }, signal);
  if (catalog !== undefined) await restoreSchema(catalog, endpoint.owner.user, server, signal);
  const { ends: sealed, open } = await seal(session, endpoint.owner.user, signal);
  if (open[0] !== undefined) throw leadsOut(open[0].name);
  if (rowStatements.length > 0) await session.pipeline(rowStatements, signal);
  const sampled =
    sample === undefined ? noSample : await copySample(sample.from, { server, shadow }, sample.rows, signal);
  const ends = sealed.map((name) => `${name}, which lead${name.startsWith("functions ") ? "" : "s"} out of the copy`);
  const made = { rows: sampled.rows, uncovered: [...ends, ...sampled.uncovered] };
  if (catalog === undefined) return made;
  // Last: how objects are made anew does not hang on them, and what is read back for it would.
  const { isChanged, uncovered } = await takeSettings(catalog, server, signal);
  if (isChanged) await server.reset();
  return { ...made, uncovered: [...made.uncovered, ...uncovered] };
}

const noSample: Made = { rows: 0, uncovered: [] };

/** Only those that run otherwise than they are written: the rest is read as for every apply. */
async function changedTexts(
  { endpoint, texts }: Original,
  shadow: Endpoint,
  { parser }: EnginePorts,
): Promise<ReadonlyMap<string, string>> {
  const all = await textsInShadow(texts, endpoint, shadow, parser);
  return new Map([...all].filter(([file, text]) => text !== texts.get(file)));
}

/** A server of its own has an admin that may close it. */
const leadsOut = (name: string): PoststackError =>
  new PoststackError("NOT_PERMITTED", {
    what: `the schema cannot be copied: the admin login may not close the ${name}, which would lead out of the copy`,
    next: rehearseElsewhere,
  });

const rehearseElsewhere = "rehearse where it can, or plan without a rehearsal";

function explained(error: unknown): never {
  const failure = sqlFailure(error);
  if (failure === undefined) throw error;
  const { sqlState, message } = failure;
  // 42501 insufficient_privilege
  const code = sqlState === "42501" ? "NOT_PERMITTED" : "SCHEMA_NOT_COPIED";
  throw new PoststackError(
    code,
    {
      what: `the schema cannot be copied: ${message}`,
      next: rehearseElsewhere,
      details: [`SQLSTATE ${sqlState}`],
    },
    { cause: failure },
  );
}

/** Those that are there, where they are, and those that the plan will add. */
function together(declared: readonly ShadowExtension[], catalog: Catalog | undefined): readonly ShadowExtension[] {
  const there = (catalog?.objects ?? [])
    .filter(({ kind }) => kind === "extension")
    .map(({ name, facts: { schema } }) => ({
      name: plainName(name),
      schema: typeof schema === "string" ? plainName(schema) : undefined,
    }));
  return [...there, ...declared.filter(({ name }) => there.every((one) => one.name !== name))];
}

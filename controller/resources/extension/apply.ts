import { PoststackError, fromFacts, type ErrorCode } from "../../core/errors.ts";
import type { Place } from "../../core/place.ts";
import type { Ports } from "../../core/ports.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { done, type Result } from "../../core/resource.ts";
import { onCatalogPath, quoteIdentifier, quoteLiteral, sqlFailure, unlessSqlState } from "../../core/sql.ts";
import { block, transact, unlessReplaced } from "../../core/transaction.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredExtension, ExtensionAction } from "./model.ts";

type Of<V extends ExtensionAction["verb"]> = Extract<ExtensionAction, { readonly verb: V }>;

/** @throws PoststackError `EXTENSION_MISSING`, `EXTENSION_IN_USE`, `NOT_PERMITTED`, `FENCED`, and what a refused action says */
export function apply(action: ExtensionAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  switch (action.verb) {
    case "create":
      return createExtension(action.desired, ports, signal);
    case "update":
      return updateExtension(action, ports, signal);
    case "drop":
      return dropExtension(action, ports, signal);
    case "refuse":
      return Promise.reject(fromFacts(action.error));
    default:
      return unreachable(action);
  }
}

/** With the extensions that it needs, all of them ours: whatever this transaction has installed. */
async function createExtension(desired: DesiredExtension, ports: Ports, signal: AbortSignal): Promise<Result> {
  const session = await insideOf(ports, signal);
  const { name, schema, version, place } = desired;
  const words = [
    `create extension ${quoteIdentifier(name)}`,
    ...(schema === undefined ? [] : [`schema ${quoteIdentifier(schema)}`]),
    ...(version === undefined ? [] : [`version ${quoteLiteral(version)}`]),
    "cascade",
  ];
  const statements = [
    `select poststack.check_fence(${ports.server.fence()})`,
    ...(schema === undefined ? [] : [makeSchema(schema)]),
    // Without a schema of its own it goes where the database's path begins.
    "set local search_path to default",
    words.join(" "),
    onCatalogPath,
    `insert into poststack.objects (kind, name, oid)
       select 'extension', extname, oid from pg_catalog.pg_extension where xmin = pg_catalog.pg_current_xact_id()::xid
     on conflict (kind, name) do update set oid = excluded.oid, made_at = now()`,
  ];
  await transact(session, statements, ports, signal, { where: place })
    // 42710 duplicate_object, 23505 for two at once: made by an earlier pass, or along with one that needs it.
    .catch(unlessSqlState("42710", "23505"))
    .catch(explainedFor(name, place));
  return done;
}

async function updateExtension(action: Of<"update">, ports: Ports, signal: AbortSignal): Promise<Result> {
  const { desired, oid, drift } = action;
  const { name, schema, version, place } = desired;
  const session = await insideOf(ports, signal);
  const changes = (field: string): boolean => drift.some((one) => one.field === field);
  const statements = [
    `select poststack.check_fence(${ports.server.fence()})`,
    unlessReplaced(ours(name, oid), `extension "${name}"`),
    ...(schema !== undefined && changes("schema")
      ? [makeSchema(schema), `alter extension ${quoteIdentifier(name)} set schema ${quoteIdentifier(schema)}`]
      : []),
    ...(version !== undefined && changes("version")
      ? [`alter extension ${quoteIdentifier(name)} update to ${quoteLiteral(version)}`]
      : []),
  ];
  await transact(session, statements, ports, signal, { where: place }).catch(explainedFor(name, place));
  return done;
}

/** Never with CASCADE: a column of the extension's type would go with it. */
async function dropExtension({ name, oid }: Of<"drop">, ports: Ports, signal: AbortSignal): Promise<Result> {
  const session = await insideOf(ports, signal);
  const code = `begin
    if exists (select from pg_catalog.pg_extension where oid = ${oid}) then
      drop extension ${quoteIdentifier(name)};
    end if;
    delete from poststack.objects where kind = 'extension' and name = ${quoteLiteral(name)} and oid = ${oid};
  end`;
  const isGone = `not exists (select from pg_catalog.pg_extension where oid = ${oid})`;
  const statements = [
    `select poststack.check_fence(${ports.server.fence()})`,
    unlessReplaced(`${isGone} or ${ours(name, oid)}`, `extension "${name}"`),
    block(code),
  ];
  await transact(session, statements, ports, signal).catch((error: unknown) => {
    const failure = sqlFailure(error);
    // 2BP01 dependent_objects_still_exist
    if (failure?.sqlState !== "2BP01") throw error;
    throw new PoststackError(
      "EXTENSION_IN_USE",
      {
        what: `extension "${name}" is no longer in the files, and other objects use it`,
        details: (failure.detail ?? failure.message).split("\n"),
        next: "let a migration remove them first, or put the extension back into the file",
      },
      { cause: failure },
    );
  });
  return done;
}

async function insideOf(ports: Ports, signal: AbortSignal): Promise<Session> {
  const session = await ports.server.database(signal);
  if (session !== undefined) return session;
  throw new PoststackError("POSTGRES_CONFLICT", { what: "the environment's database vanished while this pass ran" });
}

/** Extensions come before migrations, so nothing else could have made it. It belongs to the owner of the database. */
const makeSchema = (schema: string): string =>
  block(`begin
    if pg_catalog.to_regnamespace(${quoteLiteral(quoteIdentifier(schema))}) is null then
      execute (select format('create schema %I authorization %I', ${quoteLiteral(schema)}, pg_catalog.pg_get_userbyid(datdba))
        from pg_catalog.pg_database where datname = current_database());
    end if;
  end`);

const ours = (name: string, oid: number): string =>
  `exists (select from pg_catalog.pg_extension e join poststack.objects o on o.oid = e.oid and o.name = e.extname
     where o.kind = 'extension' and e.oid = ${oid} and e.extname = ${quoteLiteral(name)})`;

/** What the server says when it has no such extension or no way to that version. */
const codes: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["0A000", "EXTENSION_MISSING"], // feature_not_supported: "is not available"
  ["58P01", "EXTENSION_MISSING"], // undefined_file: no control file (before 13)
  ["22023", "EXTENSION_MISSING"], // invalid_parameter_value: no script and no update path
]);

const explainedFor =
  (name: string, where: Place) =>
  (error: unknown): never => {
    const failure = sqlFailure(error);
    const code = codes.get(failure?.sqlState ?? "");
    if (failure === undefined || code === undefined) throw error;
    const { message, detail, hint } = failure;
    const details = [detail, hint].filter((line) => line !== undefined);
    throw new PoststackError(
      code,
      {
        what: `extension "${name}": ${message}`,
        where,
        details,
        next: "install it on the server, or correct name and version",
      },
      { cause: failure },
    );
  };

import { quoteIdentifier } from "./sql.ts";

/** What the owner of the database, as which migrations run, may do in the ledger. Safe to repeat. */
const ownerPrivileges = (owner: string): string => `
grant usage on schema poststack to ${owner};
grant select, insert, update, delete on poststack.schema_migrations to ${owner};
`;

const firstStep = (owner: string): string => `
create schema poststack;

create table poststack.system_info (
  key text primary key,
  value text not null
);
insert into poststack.system_info values ('ledger_version', '0'), ('fence', '0');

-- "order" is the version's digits as a number: what identifies and sorts a migration.
create table poststack.schema_migrations (
  "order" numeric primary key,
  version text not null,
  name text not null,
  checksum text not null,
  state text not null check (state in ('started', 'applied', 'reverting')),
  -- Outside a transaction: how many statements are done, and the one that was begun and whose end is not known.
  statements_done integer not null default 0,
  statement_begun integer,
  sql text,
  rollback_sql text,
  duration_ms integer,
  applied_by text not null default current_user,
  applied_at timestamptz not null default now(),
  fence bigint not null
);
${ownerPrivileges(owner)}
create table poststack.job_runs (
  id bigint generated always as identity primary key,
  name text not null,
  key text not null,
  key_parts jsonb not null,
  state text not null check (state in ('running', 'succeeded', 'failed')),
  exit_code integer,
  duration_ms integer,
  log_file text,
  started_at timestamptz not null default now(),
  fence bigint not null
);
create index job_runs_by_name on poststack.job_runs (name, id desc);

-- What we made in this database and may therefore take away.
create table poststack.objects (
  kind text not null,
  name text not null,
  oid oid,
  made_at timestamptz not null default now(),
  primary key (kind, name)
);

-- Privileges as we met or granted them, by oid: neither a rename nor a new object under an old name misleads.
-- ours false: it was there before, and stays. option_ours: the grant option is ours, whoever granted the privilege.
create table poststack.privileges (
  type text not null,
  -- For a default privilege the schema.
  object oid not null,
  -- Whose later objects, for a default privilege; else 0.
  owner oid not null,
  -- 0 is PUBLIC.
  grantee oid not null,
  privilege text not null,
  ours boolean not null,
  option_ours boolean not null,
  made_at timestamptz not null default now(),
  primary key (type, object, owner, grantee, privilege)
);

create table poststack.events (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  run text not null,
  who text not null,
  resource text not null,
  verb text not null,
  reason text not null,
  outcome text not null,
  duration_ms integer
);

-- Each transaction that writes to the ledger calls this first: a writer that was asleep while another took over stops here.
create function poststack.check_fence(expected bigint) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
begin
  perform from poststack.system_info where key = 'fence' and value::bigint = expected for share;
  if not found then
    raise exception 'another writer has taken over' using errcode = 'PS001';
  end if;
end $body$;

-- A migration's first and last words: the same transaction must be open at both (RELIABILITY 25).
create function poststack.begin_migration(expected bigint) returns void
  language plpgsql as $body$
begin
  perform poststack.check_fence(expected);
  perform pg_catalog.set_config('poststack.transaction', pg_catalog.pg_current_xact_id()::text, true);
end $body$;

create function poststack.end_migration() returns void
  language plpgsql as $body$
begin
  if pg_catalog.current_setting('poststack.transaction', true) is distinct from pg_catalog.pg_current_xact_id()::text then
    raise exception 'the migration ended its own transaction' using errcode = 'PS002';
  end if;
end $body$;
`;

const repeatablePrivileges = (owner: string): string =>
  `grant select, insert, update, delete on poststack.repeatable_migrations to ${owner};`;

/** Files that run again whenever their text has changed: as each of them ran last. */
const repeatableStep = (owner: string): string => `
create table poststack.repeatable_migrations (
  name text primary key,
  checksum text not null,
  sql text,
  duration_ms integer,
  applied_by text not null default current_user,
  applied_at timestamptz not null default now(),
  fence bigint not null
);
${repeatablePrivileges(owner)}
`;

const phasePrivileges = (owner: string): string =>
  `grant select, insert, update, delete on poststack.backfills, poststack.contracts to ${owner};`;

/** Changes that two releases live through: how far a backfill is, what is older than a contract, what ran before. */
const phaseStep = (owner: string): string => `
-- One row while a backfill is under way. Keys are texts as the server writes them.
create table poststack.backfills (
  "order" numeric primary key,
  key text not null,
  -- The last key that is done; null before the first batch.
  done_to text,
  -- The greatest key when it began; null where there was none.
  until text,
  keys bigint not null default 0,
  batches integer not null default 0,
  started_at timestamptz not null default now(),
  fence bigint not null
);

-- What was older than a contract when that became known: resource and release, or resource and start.
create table poststack.contracts (
  "order" numeric primary key,
  name text not null,
  older jsonb not null,
  known_at timestamptz not null default now(),
  fence bigint not null
);
${phasePrivileges(owner)}

-- What the deployment ran, each time that it was changed: by resource the digest of its configuration and its image.
create table poststack.releases (
  id bigint generated always as identity primary key,
  digest text not null,
  parts jsonb not null,
  run text not null,
  recorded_at timestamptz not null default now()
);
`;

/** Also where PUBLIC may execute nothing by default. */
const functionPrivileges = (owner: string): string => `grant execute on all functions in schema poststack to ${owner};`;

/** A migration's row, at its beginning and its end. As functions, because a session keeps the plans of what they do. */
const recordStep = (owner: string): string => `
-- behind: the version that this one was sent behind, which must be applied; sending: the lock by which it is held back
-- where it has not begun. Else the fence is null, which the column refuses.
create function poststack.start_migration(
  its_order numeric, its_version text, its_name text, its_checksum text, its_sql text, its_rollback_sql text, expected bigint,
  behind numeric default null, class integer default null, sending integer default null
) returns void
  language plpgsql as $body$
begin
  insert into poststack.schema_migrations ("order", version, name, checksum, state, sql, rollback_sql, fence)
  values (its_order, its_version, its_name, its_checksum, 'started', its_sql, its_rollback_sql, case
    when behind is null then expected
    else (
      select expected from poststack.schema_migrations
      where "order" = behind and state = 'applied' and pg_catalog.pg_try_advisory_xact_lock_shared(class, sending)
    )
  end);
end $body$;

create function poststack.finish_migration(its_order numeric) returns void
  language plpgsql as $body$
begin
  update poststack.schema_migrations
  set state = 'applied', statement_begun = null, applied_at = pg_catalog.now(),
    duration_ms = (extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.now()) * 1000)::int
  where "order" = its_order;
end $body$;
${functionPrivileges(owner)}
`;

/**
 * Schema `poststack` in the environment's database: what cannot be observed elsewhere. Its shape changes by numbered
 * steps, forward only; `system_info.ledger_version` says how many have run. A step that was released is never edited.
 *
 * The schema belongs to the admin login, so that a migration, which runs as the owner of the database, cannot drop it.
 */
const steps: readonly ((owner: string) => string)[] = [firstStep, repeatableStep, phaseStep, recordStep];

/** The steps' SQL, each one transaction, for a database of this owner. */
export const ledgerSteps = (owner: string): readonly string[] => steps.map((step) => step(quoteIdentifier(owner)));

/** What a new owner of the database needs, as statements of PL/pgSQL: a ledger may have come less far than this version. */
export const ledgerPrivileges = (owner: string): string => `${ownerPrivileges(quoteIdentifier(owner))}
${functionPrivileges(quoteIdentifier(owner))}
if pg_catalog.to_regclass('poststack.repeatable_migrations') is not null then
  ${repeatablePrivileges(quoteIdentifier(owner))}
end if;
if pg_catalog.to_regclass('poststack.backfills') is not null then
  ${phasePrivileges(quoteIdentifier(owner))}
end if;`;

/** The shape that this version works with. */
export const ledgerVersion = steps.length;

/** SQLSTATE of our own functions in schema `poststack`. Class `PS` is free (manual: appendix A). */
export const sqlState = { fenced: "PS001", transactionEnded: "PS002" } as const;

-- One object of every kind that a catalog tells of, and names that break whoever forgets to quote. Run by a superuser.
create schema "Strange ""Schema""; drop";
create schema façade;
comment on schema façade is E'It''s a façade \\ with a backslash,\nand a second line';
create extension citext;
create extension btree_gist with schema "Strange ""Schema""; drop";

create collation public.german (provider = libc, locale = 'C');
create collation public.numeric_order (provider = icu, locale = 'en-u-kn-true', deterministic = false);
create type public.mood as enum ('sad', 'it''s ok', 'happy"');
comment on type public.mood is 'how it feels';
create type public.address as (street text, zip varchar(10) collate public.german, mood public.mood);
create type public.pair as (a integer, "two words" text);
comment on column public.pair."two words" is 'of a type';
create type public.float_range as range (subtype = float8, subtype_diff = float8mi);
create domain public.email as text collate "C" default 'nobody@example.com' not null constraint has_at check (value like '%@%');
alter domain public.email add constraint not_long check (length(value) < 100);
comment on constraint has_at on domain public.email is 'one is enough';
create domain public.plain as integer;

create text search dictionary public.simple_words (template = pg_catalog.simple, stopwords = 'english', accept = 'true');
create text search configuration public.words (parser = pg_catalog."default");
alter text search configuration public.words add mapping for asciiword with public.simple_words, english_stem;
alter text search configuration public.words add mapping for word with public.simple_words;

create sequence public.counter as integer increment by -5 minvalue -100 maxvalue 50 start with 10 cache 7 cycle;
create sequence façade."Zähler";

create function public.next_number() returns bigint language sql as $$ select nextval('façade."Zähler"') $$;
create function public."fn with "" quote"(a integer default 5, variadic rest text[] default '{}') returns table (x integer, "y z" text)
  language plpgsql stable strict parallel safe cost 42 rows 7 set search_path = public, "Strange ""Schema""; drop"
  as $body$ begin return query select 1, '$function$'::text; end $body$;
comment on function public."fn with "" quote"(integer, text[]) is 'hostile';
create procedure façade.do_it(inout a integer, b text) language plpgsql as $$ begin commit; end $$;
create function public.of_nobody() returns integer language sql as 'select 1';
create function public.add_mood(integer, public.mood) returns integer language sql immutable as 'select $1 + 1';
create function public.append(text, text) returns text language sql immutable as 'select $1 || $2';
create aggregate public.glue(text) (sfunc = public.append, stype = text, initcond = '-', parallel = safe);
create aggregate public.any_count(*) (sfunc = int8inc, stype = int8, initcond = '0');
create aggregate public.my_rank(variadic "any" order by variadic "any") (sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
create function public.same(public.address, public.address) returns boolean language sql immutable as 'select $1.street = $2.street';
create function public.not_same(public.address, public.address) returns boolean language sql immutable as 'select $1.street <> $2.street';
create operator public.=== (function = public.same, leftarg = public.address, rightarg = public.address, commutator = operator(public.===), negator = operator(public.!==), restrict = eqsel, join = eqjoinsel, hashes);
create operator public.!== (function = public.not_same, leftarg = public.address, rightarg = public.address, negator = operator(public.===));
create operator façade.@@@ (function = pg_catalog.abs, rightarg = integer);
comment on operator façade.@@@ (none, integer) is 'of one side';
create function public.address_of(integer) returns public.address language sql immutable as $$ select row('x', 'y', 'sad')::public.address $$;
create cast (integer as public.address) with function public.address_of(integer) as assignment;
create cast (public.address as bytea) with inout;

create trusted language "pl/too" handler plpgsql_call_handler inline plpgsql_inline_handler validator plpgsql_validator;
comment on language "pl/too" is 'the same again';
create access method "second heap" type table handler heap_tableam_handler;
create conversion façade.from_latin for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create text search parser public.parser_too (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline);
create text search template public.template_too (init = dsimple_init, lexize = dsimple_lexize);
create text search dictionary public.of_template (template = public.template_too);
create text search configuration public.of_parser (parser = public.parser_too);
comment on text search parser public.parser_too is 'the same again';
create transform for circle language sql (from sql with function prsd_lextype(internal), to sql with function circle_recv(internal));
comment on transform for circle language sql is 'never used';

create type public.base;
create function public.base_in(cstring) returns public.base language internal immutable strict as 'textin';
create function public.base_out(public.base) returns cstring language internal immutable strict as 'textout';
create type public.base (input = public.base_in, output = public.base_out, storage = extended, category = 'X', default = 'it''s', collatable = true);
create type public.shell;
comment on type public.base is 'of functions';
create function public.base_length(public.base) returns integer language internal immutable strict as 'textlen';
create table public.of_base (a public.base collate "C" default 'd', many public.base[]);

create function public.address_order(public.address, public.address) returns integer language sql immutable as 'select 0';
create function public.above(public.address, integer) returns boolean language sql immutable as 'select true';
create operator public.<<< (function = public.same, leftarg = public.address, rightarg = public.address);
create operator public.>>> (function = public.above, leftarg = public.address, rightarg = integer);
create operator family public."address ""family""" using btree;
alter operator family public."address ""family""" using btree add operator 5 public.>>> (public.address, integer);
create operator class public.address_ops default for type public.address using btree family public."address ""family""" as
  operator 1 public.<<<, function 1 public.address_order(public.address, public.address);
create operator class façade.circles for type circle using gist as operator 15 <-> (circle, point) for order by pg_catalog.float_ops, storage box;
create operator class public.empty for type bytea using hash as storage bytea;
comment on operator class public.address_ops using btree is 'any order will do';
create table public.of_class (a public.address);
create index by_class on public.of_class (a public.address_ops);

create table public.users (
  id bigint generated always as identity,
  "E-Mail ""x""" public.email,
  name text not null default 'it''s \ "me"' collate public.german,
  mood public.mood default 'sad',
  tags text[] not null default '{}',
  born date default '2020-01-02' check (born > '1900-01-01'),
  waits interval default '1 mon 2 days 03:04:05',
  seen timestamptz default '2020-01-02 03:04:05+02',
  number bigint default public.next_number(),
  serial serial,
  doubled numeric(10,2) generated always as (length(name) * 2) stored,
  ref citext,
  constraint users_pk primary key (id) include (name) with (fillfactor = 70),
  constraint "named ""unique""" unique (name, ref) deferrable initially deferred,
  constraint sane check (name <> '' and number > 0) no inherit
) with (fillfactor = 80, autovacuum_enabled = false, toast.autovacuum_enabled = false);
alter table public.users alter column name set storage external, alter column name set statistics 500, alter column name set (n_distinct = 10);
alter table public.users add constraint unproved check (length(name) < 1000) not valid;
alter table public.users replica identity using index users_pk, cluster on users_pk;
alter table public.users enable row level security, force row level security;
comment on table public.users is 'people';
comment on column public.users."E-Mail ""x""" is 'where they read';
comment on constraint sane on public.users is 'mostly';
alter sequence public.users_id_seq increment by 2 cache 3;
create table façade."Tabelle mit Umlaut ä" (
  id integer generated by default as identity (sequence name façade."Other" start with 7) primary key,
  user_id bigint references public.users on delete cascade on update set null deferrable,
  during tstzrange,
  room integer,
  exclude using gist (room "Strange ""Schema""; drop".gist_int4_ops with =, during with &&) where (room > 0)
);
alter table façade."Tabelle mit Umlaut ä" add constraint later foreign key (room) references façade."Tabelle mit Umlaut ä" (id) not valid;
create unlogged table public.scratch (a integer, "select" integer, constraint scratch_key unique (a));
alter table public.scratch replica identity full;
create table public.of_type of public.address (street with options not null default 'here');
create table public.nothing ();
create table public.plain_one (id integer, label text default 'x' not null, amount integer default 5);

create table public.parent (a integer not null, b text default 'p', c integer default 1, constraint positive check (a > 0));
create table public.other_parent (z integer);
create table public.child (d text, c integer not null default 2, constraint small check (a < 100)) inherits (public.parent, public.other_parent);
alter table public.child alter column b set default 'c', alter column z set not null;

create table public.events (at timestamptz not null, id bigint not null, kind text default 'x', constraint events_pk primary key (at, id), constraint known check (kind <> '')) partition by range (at);
create table public.events_2020 partition of public.events for values from ('2020-01-01 00:00:00+00') to ('2021-01-01 00:00:00+00');
create table public.events_old (kind text default 'own', id bigint not null, at timestamptz not null, constraint known check (kind <> ''), constraint own_name primary key (at, id));
alter table public.events attach partition public.events_old for values from (minvalue) to ('2020-01-01 00:00:00+00');
create table public.events_rest partition of public.events default partition by range (id);
create table public."events rest a" partition of public.events_rest for values from (minvalue) to (maxvalue);
create index events_by_kind on public.events (kind);
create unique index on public.events (id, at);
create table public.by_hash (a integer) partition by hash (a);
create table public.by_hash_0 partition of public.by_hash for values with (modulus 2, remainder 0);
create index lonely on only public.by_hash (a);
create table public.event_notes (at timestamptz, id bigint, foreign key (at, id) references public.events);
create table public.by_key_target (a integer unique);
create table public.notes_of (id integer references public.by_key_target (a), p integer) partition by list (p);
create table public.notes_of_1 partition of public.notes_of for values in (1);

create index users_lower on public.users using btree (lower(name) desc nulls last, (number + 1)) include (mood) with (fillfactor = 50) where number > 5;
alter index public.users_lower alter column 2 set statistics 100;
create unique index "index ""x""" on public.users (name collate "C" text_pattern_ops);
comment on index public."index ""x""" is 'quoted';
create statistics public.correlated (ndistinct, dependencies) on name, mood from public.users;
alter statistics public.correlated set statistics 50;
comment on statistics public.correlated is 'they go together';

create view public.names as select name, count(*) as "how many" from public.users group by name;
create view public.by_key as select u.*, 1 as one from public.users u group by u.id;
create view façade.checked with (security_barrier = true, check_option = cascaded) as select id, name from public.users where id > 0;
alter view façade.checked alter column name set default 'view';
comment on column façade.checked.name is 'of a view';
create view public.on_view as select "how many" from public.names;
create recursive view public.numbers (n) as values (1) union all select n + 1 from numbers where n < 10;
create materialized view public.summary with (fillfactor = 90) as select mood, count(*) as n from public.users group by mood;
create unique index summary_mood on public.summary (mood);
comment on materialized view public.summary is 'stored';

create function public.touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger "touch ""it""" before insert or update of name, ref on public.users for each row when (new.name <> '') execute function public.touch('a', 'it''s');
create constraint trigger late after insert on public.users deferrable initially deferred for each row execute function public.touch();
create trigger off before delete on public.users for each statement execute function public.touch();
alter table public.users disable trigger off;
create trigger rows after update on public.users referencing old table as before new table as after for each statement execute function public.touch();
create trigger on_parts before insert on public.events for each row execute function public.touch();
alter table public.events_2020 disable trigger on_parts;
create trigger on_view instead of insert on façade.checked for each row execute function public.touch();
comment on trigger off on public.users is 'for now';
alter table public.users enable always trigger late;
create rule no_delete as on delete to public.scratch do instead nothing;
alter table public.scratch disable rule no_delete;
comment on rule no_delete on public.scratch is 'kept';

create function public.dropped() returns event_trigger language plpgsql as $$ begin end $$;
create event trigger watch_drops on sql_drop when tag in ('DROP TABLE', 'DROP VIEW') execute function public.dropped();
alter event trigger watch_drops enable replica;

create function public.users_of(public.names) returns setof public.users language sql stable as 'select * from public.users';
create table public.circle (a integer, b integer);
create function public.of_circle(public.circle) returns integer language sql immutable as 'select $1.a';
alter table public.circle alter column b set default public.of_circle(row(1, 2)::public.circle);
alter table public.circle add constraint round check (public.of_circle(circle) > 0);

create foreign data wrapper empty_wrapper options (debug 'true');
create server "server ""x""" type 'a' version '1' foreign data wrapper empty_wrapper options (host 'it''s', password 'hunter2');
create user mapping for public server "server ""x""" options (password 'hunter2');
create foreign table public.remote (id integer options (column_name 'ID') not null, name text collate "C", check (id > 0)) server "server ""x""" options (schema_name 's');

create publication "some ""tables""" for table public.users, public.nothing with (publish = 'insert, update');
create publication everything for all tables;

grant select, update on public.users to "Reader ""x""";
grant select on public.users to "Reader ""x""" with grant option;
grant select (name, id), update (name) on public.users to writer;
grant usage on schema façade to public;
revoke execute on function public.touch() from public;
grant execute on procedure façade.do_it(integer, text) to writer;
grant usage on sequence façade."Zähler" to writer;
grant usage on type public.mood to writer;
revoke usage on type public.mood from public;
grant usage on domain public.email to writer;
grant usage on foreign server "server ""x""" to writer;
grant usage on foreign data wrapper empty_wrapper to writer with grant option;
grant create on schema public to writer;
revoke all on public.scratch from postgres;
alter default privileges grant select on tables to writer;
alter default privileges in schema façade grant execute on functions to "Reader ""x""" with grant option;
alter default privileges revoke execute on functions from public;
alter default privileges for role writer in schema public grant usage on sequences to "Reader ""x""";
create policy own_rows on public.users as restrictive for select to writer, "Reader ""x""" using (name = current_user);
create policy all_rows on public.users using (true) with check (number > 0);
comment on policy all_rows on public.users is 'for all';
alter table public.nothing owner to writer;
alter function public.append(text, text) owner to "Reader ""x""";
alter type public.mood owner to writer;
alter schema façade owner to writer;
alter operator class public.empty using hash owner to writer;
alter conversion façade.from_latin owner to writer;
grant usage on language "pl/too" to writer with grant option;
create sequence public.stranger owned by public.users.number;

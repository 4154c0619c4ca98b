import { expect } from "vitest";
import { postgres } from "../../controller/adapters/postgres.ts";
import type { Login } from "../../controller/core/ports/postgres.ts";
import { copySample } from "../../controller/core/shadow/sample.ts";
import { passServer } from "../../controller/engine/server.ts";
import { somebody, test, type TestDatabase } from "../support/postgres.ts";
import { away, beside, type Beside } from "./catalog/kit.ts";

/**
 * How many rows there are; why there are none.
 *
 * @param admin of the shadow
 */
async function copied(
  { endpoint, signal }: TestDatabase,
  [live, into]: readonly [Beside, Beside],
  most: number,
  admin: Login = endpoint.admin,
): Promise<number | readonly string[]> {
  const shadow = { ...endpoint, admin, database: into.name };
  const server = passServer(shadow, postgres("poststack-test"));
  try {
    const { rows: count, uncovered } = await copySample(live.session, { server, shadow }, most, signal);
    return uncovered.length === 0 ? count : uncovered;
  } finally {
    await server.close();
  }
}

/** What a text form, a name or a key may break. */
const schema = `
create schema "a b";
create type mood as enum ('it''s', 'b');
create domain short as varchar(3);
create table parent (id int primary key, up int references parent);
create table child (
  id int generated always as identity primary key, parent_id int references parent,
  "quote""d" mood, doubled int generated always as (id * 2) stored, facts jsonb, raw bytea, list text[], at timestamptz,
  amount numeric, real double precision, span interval, name short, nothing text
);
create table parts (day date, note text) partition by range (day);
create table "a b"."2024" partition of parts for values from ('2024-01-01') to ('2025-01-01');
create table empty ();
create function refuse() returns trigger language plpgsql as $$ begin raise 'a trigger ran'; end $$;
create trigger refuse before insert on child for each row execute function refuse();
`;

const rows = `
insert into parent select i, nullif(i - 1, 0) from generate_series(1, 4) i;
alter table child disable trigger refuse;
insert into child (parent_id, "quote""d", facts, raw, list, at, amount, real, span, name)
  select i, 'it''s', '{"a": [1, "\\u00e9\\n"]}', '\\x00ff', array['x,y', null, '"'], 'infinity', 1.10, 'NaN', '1 mon -2 days', 'äöü'
  from generate_series(1, 4) i;
insert into parts values ('2024-05-05', E'line\\nbreak');
alter table child enable trigger refuse;
`;

test("a sample is whole rows, as they are, whose foreign keys hold; no trigger sees them come", async ({
  database,
}) => {
  const [live, shadow] = [await beside(database, "live", "owner"), await beside(database, "shadow", "owner")];
  try {
    await live.run(schema + rows);
    await shadow.run(schema);
    expect(await copied(database, [live, shadow], 100)).toBe(9);
    const all =
      "select json_build_array((select json_agg(c order by id) from child c), (select json_agg(p) from parts p))::text";
    expect(await shadow.text(all)).toBe(await live.text(all));
    // What a migration inserts does not meet them.
    expect(await shadow.text("select nextval('child_id_seq')")).toBe("5");
    await shadow.run("truncate child, parent, parts");

    // The third and fourth child ask for parents that are not in the sample.
    await live.run("delete from child where id < 3");
    expect(await copied(database, [live, shadow], 2)).toBe(3);
    expect(await shadow.text("select count(*) from child")).toBe("0");
  } finally {
    await away(database, live, shadow);
  }
});

test("an admin that may not do without triggers gets none, and is told", async ({ database }) => {
  const [live, shadow] = [await beside(database, "live", "owner"), await beside(database, "shadow", "owner")];
  try {
    for (const one of [live, shadow]) await one.run("create table t (id int)");
    await live.run("insert into t values (1)");
    expect(await copied(database, [live, shadow], 10, database.endpoint.owner)).toEqual([
      'the sample of rows: permission denied to set parameter "session_replication_role"',
    ]);
    expect(await shadow.text("select count(*) from t")).toBe("0");
  } finally {
    await away(database, live, shadow);
  }
});

test("where a row may not be made as its owner there are none, and why is told", async ({ database }) => {
  const [live, shadow] = [await beside(database, "live", "owner"), await beside(database, "shadow", "owner")];
  try {
    for (const one of [live, shadow]) {
      await one.run(`create function fits(int) returns boolean language sql return true;
        create table t (id int check (public.fits(id)))`);
    }
    await live.run("insert into t values (1)");
    await shadow.run(`revoke execute on function fits from public, ${database.owner}`);
    expect(await copied(database, [live, shadow], 10)).toEqual([
      "the sample of rows: permission denied for function fits",
    ]);
    expect(await shadow.text("select count(*) from t")).toBe("0");
  } finally {
    await away(database, live, shadow);
  }
});

/** Each of them tells as whom it runs, and tries to be somebody else. */
const told = `
create table witness (who text);
create type code as enum ('a', 'b');
create function note(what text) returns void language plpgsql as $$ begin
  begin set role postgres; exception when insufficient_privilege then null; end;
  if current_setting('transaction_read_only') = 'off' then
    insert into public.witness values (format('%s as %s of %s', what, current_user, session_user));
  end if;
end $$;
create function said(code) returns text language plpgsql as $$ begin
  perform public.note('out'); return format('%s/%s', current_user, session_user);
end $$;
create function heard(text) returns code language plpgsql as $$ begin
  if $1 <> format('%s/%s', current_user, session_user) then raise 'written by %', $1; end if;
  perform public.note('in'); return 'a';
end $$;
create function passes(code) returns boolean language plpgsql as $$ begin perform public.note('check'); return true; end $$;
create cast (code as text) with function said(code);
create cast (text as code) with function heard(text);
create table coded (c code check (public.passes(c)));
`;

test("what users have written for their types runs as the owner, and never as the admin", async ({ database }) => {
  const { owner } = database;
  const [live, shadow] = [await beside(database, "live", "owner"), await beside(database, "shadow", "owner")];
  try {
    for (const one of [live, shadow]) await one.run(told);
    await live.run("insert into coded values ('b'); truncate witness");
    // The row, and what was told of it twice.
    expect(await copied(database, [live, shadow], 10)).toBe(3);
    expect(await shadow.text("select json_agg(distinct who order by who)::text from witness")).toBe(
      JSON.stringify([`check as ${owner} of ${owner}`, `in as ${owner} of ${owner}`]).replace(",", ", "),
    );
    // The shadow's next sessions are like any others.
    expect(
      await shadow.text(
        "select count(*) from pg_db_role_setting where 'session_replication_role=replica' = any (setconfig)",
      ),
    ).toBe("0");
  } finally {
    await away(database, live, shadow);
  }
});

test("tables that the owner may not read or fill are left out, with what needs their rows", async ({ database }) => {
  const [live, shadow] = [await beside(database, "live", "owner"), await beside(database, "shadow", "owner")];
  try {
    for (const one of [live, shadow]) {
      await one.run(`create table hidden (id int primary key);
        create table asks (id int references hidden); create table guarded (id int);
        alter table guarded enable row level security, force row level security`);
    }
    await live.run("insert into hidden values (1); insert into asks values (1), (null)");
    for (const one of [live, shadow]) await one.run(`revoke all on hidden from ${database.owner}`);
    expect(await copied(database, [live, shadow], 10)).toBe(1);
    expect(await shadow.text("select json_agg(id)::text from asks")).toBe("[null]");
  } finally {
    await away(database, live, shadow);
  }
});

test("sequences where the owner may not look, or may not read, are left out", async ({ database }) => {
  const [live, shadow] = [await beside(database, "live", "owner"), await beside(database, "shadow", "owner")];
  const admin = await postgres("poststack-test").connect(
    database.endpoint,
    somebody(database.endpoint),
    live.name,
    database.signal,
  );
  try {
    for (const one of [live, shadow]) await one.run("create table own (id serial)");
    await live.run("insert into own default values");
    await admin.pipeline(
      [
        `create schema away; create table away.hidden (id serial); insert into away.hidden default values;
         grant all on all sequences in schema away to ${database.owner};
         create sequence public.unread; select nextval('public.unread'); grant update on sequence public.unread to ${database.owner}`,
      ],
      database.signal,
    );
    expect(await copied(database, [live, shadow], 10)).toBe(1);
    expect(await shadow.text("select nextval('own_id_seq')")).toBe("2");
  } finally {
    await admin.close();
    await away(database, live, shadow);
  }
});

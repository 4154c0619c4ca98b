import { expect } from "vitest";
import { copySample } from "../../controller/core/shadow/sample.ts";
import { test } from "../support/postgres.ts";
import { away, beside } from "./catalog/kit.ts";

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
  const { signal } = database;
  const [live, shadow] = [await beside(database, "live"), await beside(database, "shadow")];
  try {
    await live.run(schema + rows);
    await shadow.run(schema);
    expect(await copySample(live.session, shadow.session, 100, signal)).toBe(9);
    const all =
      "select json_build_array((select json_agg(c order by id) from child c), (select json_agg(p) from parts p))::text";
    expect(await shadow.text(all)).toBe(await live.text(all));
    // What a migration inserts does not meet them.
    expect(await shadow.text("select nextval('child_id_seq')")).toBe("5");
    await shadow.run("truncate child, parent, parts");

    // The third and fourth child ask for parents that are not in the sample.
    await live.run("delete from child where id < 3");
    expect(await copySample(live.session, shadow.session, 2, signal)).toBe(3);
    expect(await shadow.text("select count(*) from child")).toBe("0");
  } finally {
    await away(database, live, shadow);
  }
});

test("an admin that may not do without triggers gets none", async ({ database }) => {
  const { signal } = database;
  const [live, shadow] = [await beside(database, "live", "owner"), await beside(database, "shadow", "owner")];
  try {
    for (const one of [live, shadow]) await one.run("create table t (id int)");
    await live.run("insert into t values (1)");
    expect(await copySample(live.session, shadow.session, 10, signal)).toBe(0);
    expect(await shadow.text("select count(*) from t")).toBe("0");
  } finally {
    await away(database, live, shadow);
  }
});

import { expect, test } from "vitest";
import { hazardsOf } from "../../../controller/resources/migration/hazards.ts";
import type { Phase } from "../../../controller/resources/migration/phases/header.ts";

const batch = "where id between $1 and $2";

test.each<[sql: string, hasHazard: boolean, phase?: Phase]>([
  ["drop owned by reporting", true],
  ["reassign owned by reporting to app", false],
  ["drop type mood cascade", true],
  ["drop domain if exists email\n  cascade", true],
  ["drop extension citext, hstore cascade", true],
  ["drop collation german cascade", true],
  ["drop access method columnar cascade", true],
  // Without CASCADE the server refuses where a column is of it.
  ["drop type mood", false],
  ["drop type mood; drop function f() cascade", false],
  ["drop type mood; create table t (n int references u on delete cascade)", false],
  ["alter type pair drop attribute b cascade", true],
  ["alter type mood add value 'sad'", false],
  [`delete from users ${batch}`, true, "backfill"],
  [`delete from users ${batch}`, false, "contract"],
  [
    `merge into users u using old o on u.id = o.id and o.id between $1 and $2 when matched then delete`,
    true,
    "backfill",
  ],
  [
    `merge into users u using old o on u.id = o.id and o.id between $1 and $2 when matched then update set a = 1`,
    false,
    "backfill",
  ],
  [`with gone as (delete from a ${batch} returning *) insert into b select * from gone`, true, "backfill"],
  [`update users set name = 'delete' ${batch}`, false, "backfill"],
])("%s: %s %s", (sql, hasHazard, phase) => {
  expect(hazardsOf(sql, phase)).toEqual(hasHazard ? ["drop"] : []);
});

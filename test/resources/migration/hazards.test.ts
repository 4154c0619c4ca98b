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
  // A comment begins in no text and no name, and does not keep words apart.
  ["comment on table d is 'a -- b'; drop table x", true],
  ["comment on table d is 'a /* b'; drop table x; comment on table d is '*/'", true],
  [`comment on table d is $$it's$$; comment on table d is 'a -- b'; drop table x`, true],
  [`select 1 as "a -- b"; drop table x`, true],
  ["drop /* old */ table x", true],
  ["drop -- old\n table x", true],
  ["/* /* */ drop table x */ select 1", false],
  ["-- drop table x\nselect 1", false],
  ["do $$ begin execute 'drop /* old */ table x'; end $$", true],
  ["do $$ begin\n-- drop table x\nend $$", false],
  // Names in quotes need no blank around them, and may have any character.
  [`alter table t drop"x"`, true],
  [`alter table"t"drop"x"`, true],
  [`alter table "a;b" drop x`, true],
  [`alter table t alter c set default ';', drop d`, true],
  [`alter table t drop constraint "x"`, false],
  [`drop table"x"`, true],
  // MERGE deletes, too, and what is behind a DELETE's brackets is not its own.
  ["merge into t using s on t.id = s.id when matched then delete", true],
  ["merge into t using s on t.id = s.id when matched and s.gone then\n  delete when not matched then do nothing", true],
  ["do $$ begin if old then delete from t where id = 1; end if; end $$", false],
  ["with gone as (delete from a returning *) insert into b select * from gone where true", true],
  ["delete from a using (select id from b where old) b", true],
  ["delete from a using (select id from b) b where a.id = b.id", false],
  ["delete from a where note = ';'", false],
])("%s: %s %s", (sql, hasHazard, phase) => {
  expect(hazardsOf(sql, phase)).toEqual(hasHazard ? ["drop"] : []);
});

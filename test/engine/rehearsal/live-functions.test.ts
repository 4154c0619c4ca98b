import { expect } from "vitest";
import { readCatalog } from "../../../controller/core/catalog/read.ts";
import { functionsIn } from "../../../controller/engine/rehearsal/live-functions.ts";
import { test } from "../../support/postgres.ts";

test("a function is fired where a trigger has it, and not for what it returns", async ({ database }) => {
  const fires = (name: string, kind = "trigger") =>
    `create function ${name}() returns ${kind} language plpgsql as $$ begin ${kind === "trigger" ? "return new" : "null"}; end $$`;
  await database.admin.pipeline(
    [
      "create table t (day date) partition by range (day); create view v as select 1 as one",
      fires("unused"),
      fires('"On Insert"'),
      `create trigger a before insert on t for each row execute function "On Insert"()`,
      fires("instead"),
      "create trigger b instead of insert on v for each row execute function instead()",
      fires("off"),
      "create trigger c after delete on t execute function off(); alter table t disable trigger c",
      fires("on_ddl", "event_trigger"),
      "create event trigger d on ddl_command_end execute function on_ddl()",
      "create procedure by_name() language sql as 'select 1'",
    ],
    database.signal,
  );
  const functions = functionsIn(await readCatalog(database.admin, database.signal));
  expect(functions.map(({ identity, isFired }) => `${identity} ${isFired ? "fired" : "not"}`).toSorted()).toEqual([
    'function public."On Insert"() fired',
    "function public.instead() fired",
    "function public.off() fired",
    "function public.on_ddl() fired",
    "function public.unused() not",
    "procedure public.by_name() not",
  ]);
});

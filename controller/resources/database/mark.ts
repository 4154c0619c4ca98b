import { unmarkedPart } from "../../core/mark.ts";
import { quoteLiteral } from "../../core/sql.ts";
import { block } from "../../core/transaction.ts";
import type { DesiredDatabase } from "./model.ts";

/** In `poststack.system_info`: the mark of the database's comment once more, where only the admin writes. */
export const witnessKey = "database";

/** SQL: whether the ledger of the session's database knows the database (d) as ours. */
export const isWitnessed = (mark: string): string =>
  `exists (select from poststack.system_info
     where key = ${quoteLiteral(witnessKey)} and value = concat(${quoteLiteral(mark)}, ' ', d.oid))`;

/** Writes the mark behind the words of others; `condition` says of which database (d), by its comment (c). */
export const writeMark = ({ name, mark }: DesiredDatabase, condition: string): string =>
  block(`declare target oid; words text;
  begin
    select d.oid, case when strpos(c.description, ${quoteLiteral(mark)}) > 0 then ${unmarkedPart("c.description", mark)}
        when c.description is null then '' else concat(c.description, chr(10)) end
      into target, words
      from pg_catalog.pg_database d
      left join pg_catalog.pg_shdescription c on c.objoid = d.oid and c.classoid = 'pg_catalog.pg_database'::regclass
      where ${condition};
    if target is not null then
      execute format('comment on database %I is %L', ${quoteLiteral(name)}, concat(words, ${quoteLiteral(mark)}, ' ', target));
    end if;
  end`);

/** The oid makes it hold for this very database, and for no copy of it. */
export const writeWitness = ({ name, mark }: DesiredDatabase): string =>
  `insert into poststack.system_info
     select ${quoteLiteral(witnessKey)}, concat(${quoteLiteral(mark)}, ' ', oid) from pg_catalog.pg_database
       where datname = ${quoteLiteral(name)} and datname = current_database()
     on conflict (key) do update set value = excluded.value`;

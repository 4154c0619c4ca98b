import { quoteLiteral } from "../../sql.ts";
import { listOf, type CatalogObject } from "../model.ts";

/** `disable orders_customer_fkey on public.orders` */
const shape = /^(?<state>enable replica|enable always|enable|disable) (?<key>[\s\S]*)$/;

/**
 * What it takes for the triggers behind keys, of one table, to be on or off as they are in `to`. Their names are the
 * server's, with an oid in each, so they are looked up where this runs; as a superuser, as `DISABLE TRIGGER ALL` needs it
 * (manual: ALTER TABLE).
 */
export function changeKeyTriggers(from: CatalogObject, to: CatalogObject): readonly string[] {
  const [before, after] = [from, to].map((table) => listOf(table, "keyTriggers").flatMap(parse));
  const kept = new Set(after?.map(({ key }) => key));
  const gone = (before ?? []).filter(({ key }) => !kept.has(key)).map(({ key }) => ({ state: "enable", key }));
  const known = new Set(before?.map(({ state, key }) => `${state} ${key}`));
  const come = (after ?? []).filter(({ state, key }) => !known.has(`${state} ${key}`));
  return [...gone, ...come].map(({ state, key }) => setTriggers(to, state, key));
}

const parse = (words: string) => {
  const { state, key } = shape.exec(words)?.groups ?? {};
  return state === undefined || key === undefined ? [] : [{ state, key }];
};

function setTriggers({ name }: CatalogObject, state: string, key: string): string {
  const [table, constraint] = [quoteLiteral(name).trimStart(), quoteLiteral(key).trimStart()];
  const found = `select string_agg(format('alter table %s ${state} trigger %I', ${table}, t.tgname), '; ')
    from pg_trigger t join pg_constraint k on k.oid = t.tgconstraint join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    where t.tgisinternal and t.tgrelid = ${table}::regclass and format('%I on %I.%I', k.conname, n.nspname, c.relname) = ${constraint}`;
  return `do ${quoteLiteral(`begin execute (${found}); end`).trimStart()}`;
}

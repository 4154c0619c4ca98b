import { isNoByproduct, isNoMember, isOfUsers, objectRows, orNull, routineName, signature } from "./object-rows.ts";

const operatorName = (oid: string): string =>
  `(select format('operator(%I.%s)', xn.nspname, x.oprname) from pg_operator x join pg_namespace xn on xn.oid = x.oprnamespace where x.oid = ${oid})`;

/** Functions, procedures, aggregates, operators and casts. */
export const routineQueries = (): readonly string[] => [
  objectRows({
    kind: "case p.prokind when 'p' then 'procedure' else 'function' end",
    catalog: "pg_proc",
    oid: "p.oid",
    name: signature("p", "n"),
    owner: "p.proowner",
    // What CREATE OR REPLACE may not change: the result and the names of arguments.
    shape: "coalesce(pg_get_function_result(p.oid), '') || ' ' || pg_get_function_identity_arguments(p.oid)",
    facts: { definition: "pg_get_functiondef(p.oid)" },
    from: `from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prokind <> 'a' and ${isOfUsers("n")} and ${isNoByproduct("pg_proc", "p.oid")}`,
  }),
  objectRows({
    kind: "'aggregate'",
    catalog: "pg_proc",
    oid: "p.oid",
    name: `format('%I.%I(%s)', n.nspname, p.proname, case when a.aggkind = 'n' and p.pronargs = 0 then '*' else pg_get_function_identity_arguments(p.oid) end)`,
    owner: "p.proowner",
    facts: {
      sfunc: routineName("a.aggtransfn"),
      stype: "format_type(a.aggtranstype, null)",
      sspace: "case when a.aggtransspace <> 0 then a.aggtransspace::text end",
      finalfunc: orNull("a.aggfinalfn"),
      finalfunc_extra: "case when a.aggfinalextra then 'true' end",
      finalfunc_modify: `case when a.aggfinalmodify <> case when a.aggkind = 'n' then 'r'::"char" else 'w' end
        then case a.aggfinalmodify when 'r' then 'read_only' when 's' then 'shareable' else 'read_write' end end`,
      combinefunc: orNull("a.aggcombinefn"),
      serialfunc: orNull("a.aggserialfn"),
      deserialfunc: orNull("a.aggdeserialfn"),
      initcond: "quote_literal(a.agginitval)",
      msfunc: orNull("a.aggmtransfn"),
      minvfunc: orNull("a.aggminvtransfn"),
      mstype: "case when a.aggmtranstype <> 0 then format_type(a.aggmtranstype, null) end",
      msspace: "case when a.aggmtransspace <> 0 then a.aggmtransspace::text end",
      mfinalfunc: orNull("a.aggmfinalfn"),
      mfinalfunc_extra: "case when a.aggmfinalextra then 'true' end",
      mfinalfunc_modify: `case when a.aggmfinalmodify <> case when a.aggkind = 'n' then 'r'::"char" else 'w' end
        then case a.aggmfinalmodify when 'r' then 'read_only' when 's' then 'shareable' else 'read_write' end end`,
      minitcond: "quote_literal(a.aggminitval)",
      sortop: `case when a.aggsortop <> 0 then ${operatorName("a.aggsortop")} end`,
      parallel: "case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end",
      hypothetical: "case when a.aggkind = 'h' then 'true' end",
    },
    from: `from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid join pg_namespace n on n.oid = p.pronamespace
      where ${isOfUsers("n")} and ${isNoMember("pg_proc", "p.oid")}`,
  }),
  objectRows({
    kind: "'operator'",
    catalog: "pg_operator",
    oid: "o.oid",
    name: `format('%I.%s (%s, %s)', n.nspname, o.oprname, case when o.oprleft = 0 then 'none' else format_type(o.oprleft, null) end,
      case when o.oprright = 0 then 'none' else format_type(o.oprright, null) end)`,
    owner: "o.oprowner",
    facts: {
      name: "format('%I.%s', n.nspname, o.oprname)",
      function: routineName("o.oprcode"),
      leftarg: "case when o.oprleft <> 0 then format_type(o.oprleft, null) end",
      rightarg: "case when o.oprright <> 0 then format_type(o.oprright, null) end",
      commutator: `case when o.oprcom <> 0 then ${operatorName("o.oprcom")} end`,
      negator: `case when o.oprnegate <> 0 then ${operatorName("o.oprnegate")} end`,
      restrict: orNull("o.oprrest"),
      join: orNull("o.oprjoin"),
      hashes: "case when o.oprcanhash then 'true' end",
      merges: "case when o.oprcanmerge then 'true' end",
    },
    // Without a function it is a promise, made by the operator that named it.
    from: `from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
      where o.oprcode <> 0 and ${isOfUsers("n")} and ${isNoMember("pg_operator", "o.oid")}`,
  }),
  objectRows({
    kind: "'cast'",
    catalog: "pg_cast",
    oid: "c.oid",
    name: "format('(%s as %s)', format_type(c.castsource, null), format_type(c.casttarget, null))",
    facts: {
      method: `case c.castmethod when 'b' then 'without function' when 'i' then 'with inout'
        else 'with function ' || (select ${signature("p", "n")} from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = c.castfunc) end`,
      context: "case c.castcontext when 'a' then 'as assignment' when 'i' then 'as implicit' end",
    },
    // 16384 is the first oid that is not Postgres' own (FirstNormalObjectId).
    from: `from pg_cast c where c.oid >= 16384 and ${isNoByproduct("pg_cast", "c.oid")}`,
  }),
];

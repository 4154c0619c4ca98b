import { summarise, type Drift } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import { quoteIdentifier, quoteLiteral } from "../../core/sql.ts";
import type { DatabaseAction, DesiredDatabase, ObservedDatabase } from "./model.ts";

export function diff(
  desired: readonly DesiredDatabase[],
  observed: readonly ObservedDatabase[],
): readonly DatabaseAction[] {
  const byName = new Map(observed.map((database) => [database.name, database]));
  return desired.flatMap((database) => diffDatabase(database, byName.get(database.name)));
}

/** A database that the files no longer name is left alone: its data is worth more than order. */
function diffDatabase(desired: DesiredDatabase, observed: ObservedDatabase | undefined): readonly DatabaseAction[] {
  if (desired.to === "absent") {
    if (observed === undefined || !desired.deleteData) return [];
    if (!observed.marked) return [refuse(desired, nameTaken(desired, observed))];
    return [drop(desired, observed)];
  }
  if (observed === undefined) {
    // What Postgres grants by itself is said here, since nothing else in the plan would.
    const reason = `not found; owner ${desired.owner}; encoding UTF8; any login of the server may connect`;
    return [{ ...facts(desired, reason), verb: "create", desired }];
  }
  if (observed.owner === "foreign") return [refuse(desired, nameTaken(desired, observed))];
  if (observed.ledgerUnreadable) return [refuse(desired, schemaTaken(desired))];
  if (observed.ledgerVersion > desired.ledgerVersion) return [refuse(desired, ledgerNewer(desired, observed))];
  const drift = driftIn(desired, observed);
  if (drift.length === 0) return [];
  const { oid, ownerRole, ownerIsOurs } = observed;
  const handsOver = ownerIsOurs && ownerRole !== desired.owner;
  const reason = drift.map((one) => `${summarise([one])}${handsOver && one.field === "owner" ? also(ownerRole) : ""}`);
  return [{ ...facts(desired, reason.join("; ")), verb: "update", desired, oid, ownerRole, handsOver, drift }];
}

const also = (owner: string): string => `, with what ${owner} owns in it`;

/** Somebody, perhaps a migration, wrote another comment; the ledger inside still knows the database. */
export const overwritten = "overwritten";

function driftIn(desired: DesiredDatabase, observed: ObservedDatabase): readonly Drift[] {
  const hasLedger = observed.ledgerVersion > 0;
  return [
    ...(observed.marked ? [] : [{ field: "mark", from: observed.witnessed ? overwritten : "none", to: "set" }]),
    ...(observed.ownerRole === desired.owner ? [] : [{ field: "owner", from: observed.ownerRole, to: desired.owner }]),
    ...(observed.ledgerVersion === desired.ledgerVersion
      ? []
      : [{ field: "ledger", from: String(observed.ledgerVersion), to: String(desired.ledgerVersion) }]),
    ...(hasLedger && !observed.witnessed ? [{ field: "mark in its ledger", from: "none", to: "set" }] : []),
    ...(hasLedger && !observed.ledgerWriters.includes(desired.owner)
      ? [{ field: "ledger access", from: "none", to: desired.owner }]
      : []),
  ];
}

const facts = (desired: DesiredDatabase, reason: string) =>
  ({
    id: desired.id,
    kind: "database",
    dependsOn: desired.dependsOn,
    reason,
    hazards: [],
    place: desired.place,
  }) as const;

const drop = (desired: DesiredDatabase, { name, oid, objects }: ObservedDatabase): DatabaseAction => ({
  ...facts(desired, `to be deleted with its data (${objects} ${objects === 1 ? "object" : "objects"})`),
  verb: "drop",
  hazards: ["deletes-data"],
  name,
  oid,
  mark: desired.mark,
});

const refuse = (desired: DesiredDatabase, error: ErrorFacts): DatabaseAction => ({
  ...facts(desired, error.what),
  verb: "refuse",
  error,
});

function nameTaken({ name, mark, place, to }: DesiredDatabase, observed: ObservedDatabase): ErrorFacts {
  if (observed.owner !== "foreign") {
    return {
      code: "NAME_TAKEN",
      what: `database "${name}" is not dropped: the comment that says whose it is was overwritten`,
      where: place,
      next: "apply writes it again: poststack apply, and then once more",
    };
  }
  const why = observed.strayMark
    ? "its mark names another database: it was dropped and made again by hand, or restored from a dump"
    : "Poststack did not make it";
  const adopt = `comment on database ${quoteIdentifier(name)} is ${quoteLiteral(`${mark} ${observed.oid}`).trim()};`;
  return {
    code: "NAME_TAKEN",
    what: `database "${name}" exists and is not this environment's: ${why}`,
    where: place,
    next: `${to === "absent" ? "drop it yourself" : "choose another name"}, or hand it over to Poststack: ${adopt}`,
  };
}

const schemaTaken = ({ name, place }: DesiredDatabase): ErrorFacts => ({
  code: "NAME_TAKEN",
  what: `schema poststack in database "${name}" is not a ledger that Poststack may read`,
  where: place,
  next: "rename that schema, or let Poststack log in as the role that made it",
});

const ledgerNewer = ({ name, place, ledgerVersion }: DesiredDatabase, observed: ObservedDatabase): ErrorFacts => ({
  code: "LEDGER_NEWER",
  what: `the ledger in database "${name}" has version ${observed.ledgerVersion}; this Poststack knows ${ledgerVersion}`,
  where: place,
  next: "use the newer Poststack",
});

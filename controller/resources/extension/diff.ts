import { summarise, type Drift } from "../../core/drift.ts";
import type { ErrorFacts } from "../../core/errors.ts";
import { resourceId } from "../../core/id.ts";
import type { DesiredExtension, ExtensionAction, ObservedExtension } from "./model.ts";

export function diff(
  desired: readonly DesiredExtension[],
  observed: readonly ObservedExtension[],
): readonly ExtensionAction[] {
  const byName = new Map(observed.map((extension) => [extension.name, extension]));
  const wanted = new Set(desired.map(({ name }) => name));
  return [
    ...desired.flatMap((extension) => diffExtension(extension, byName.get(extension.name), observed)),
    ...observed.filter(({ name }) => !wanted.has(name)).flatMap(surplus),
  ];
}

function diffExtension(
  desired: DesiredExtension,
  observed: ObservedExtension | undefined,
  all: readonly ObservedExtension[],
): readonly ExtensionAction[] {
  const { installed, availableVersions = [] } = observed ?? {};
  if (installed === undefined) {
    // Nothing observed at all: there is no server yet that could be asked what it has.
    const isThere = all.length === 0 || availableVersions.length > 0;
    if (!isThere) return [refuse(desired, missing(desired, all))];
    if (desired.version !== undefined && availableVersions.length > 0 && !availableVersions.includes(desired.version)) {
      return [refuse(desired, missingVersion(desired, availableVersions))];
    }
    const words = [
      ...(desired.version === undefined ? [] : [`version ${desired.version}`]),
      ...(desired.schema === undefined ? [] : [`in schema ${desired.schema}`]),
    ];
    return [{ ...facts(desired, ["not installed", ...words].join("; ")), verb: "create", desired }];
  }
  const drift = driftIn(desired, installed);
  if (drift.length === 0) return [];
  if (!installed.ours) return [refuse(desired, notOurs(desired, drift))];
  const changesVersion = drift.some(({ field }) => field === "version");
  if (changesVersion && !availableVersions.includes(desired.version ?? "")) {
    return [refuse(desired, missingVersion(desired, availableVersions))];
  }
  if (!installed.relocatable && drift.some(({ field }) => field === "schema")) {
    return [refuse(desired, notRelocatable(desired, installed.schema))];
  }
  return [{ ...facts(desired, summarise(drift)), verb: "update", desired, oid: installed.oid, drift }];
}

const driftIn = (
  { version, schema }: DesiredExtension,
  installed: NonNullable<ObservedExtension["installed"]>,
): readonly Drift[] => [
  ...(schema === undefined || schema === installed.schema
    ? []
    : [{ field: "schema", from: installed.schema, to: schema }]),
  ...(version === undefined || version === installed.version
    ? []
    : [{ field: "version", from: installed.version, to: version }]),
];

/** What came along because another extension needs it goes when that one has gone. */
function surplus({ name, installed }: ObservedExtension): readonly ExtensionAction[] {
  if (installed?.ours !== true || installed.neededBy.length > 0) return [];
  return [
    {
      id: resourceId("extension", name),
      kind: "extension",
      verb: "drop",
      dependsOn: [],
      reason: "no longer in the files",
      hazards: ["deletes-data"],
      name,
      oid: installed.oid,
    },
  ];
}

const facts = (desired: DesiredExtension, reason: string) =>
  ({
    id: desired.id,
    kind: "extension",
    dependsOn: desired.dependsOn,
    reason,
    hazards: [],
    place: desired.place,
  }) as const;

const refuse = (desired: DesiredExtension, error: ErrorFacts): ExtensionAction => ({
  ...facts(desired, error.what),
  verb: "refuse",
  error,
});

function missing({ name, place }: DesiredExtension, all: readonly ObservedExtension[]): ErrorFacts {
  const near = all
    .map((one) => one.name)
    .filter((one) => isNear(name, one))
    .sort()
    .slice(0, 3);
  return {
    code: "EXTENSION_MISSING",
    what: `the server has no extension "${name}"`,
    where: place,
    next: [
      ...(near.length === 0 ? [] : [`write ${near.map((one) => `"${one}"`).join(" or ")} if that is what you mean`]),
      `install it on the server's machine: on Debian it is in postgresql-contrib or in a package like postgresql-17-${name}`,
    ].join(", or "),
  };
}

/** Letters only, one within the other or with the same beginning: `pg-crypto` and `pgcrypto`, `uuid` and `uuid-ossp`. */
function isNear(wanted: string, name: string): boolean {
  const [a, b] = [wanted, name].map((text) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  if (a === undefined || b === undefined || a === "" || b === "") return false;
  return a.includes(b) || b.includes(a) || (a.length > 4 && a.slice(0, a.length - 2) === b.slice(0, a.length - 2));
}

const missingVersion = ({ name, version, place }: DesiredExtension, versions: readonly string[]): ErrorFacts => ({
  code: "EXTENSION_MISSING",
  what: `the server has extension "${name}" not in version ${version ?? ""}, only in ${versions.join(", ")}`,
  where: place,
  next: "choose one of these, or leave the version out",
});

const notOurs = ({ name, place }: DesiredExtension, drift: readonly Drift[]): ErrorFacts => ({
  code: "NAME_TAKEN",
  what: `extension "${name}" was installed by somebody else, and differs: ${summarise(drift)}`,
  where: place,
  next: "alter it yourself, or leave out of the file what differs",
});

const notRelocatable = ({ name, schema, place }: DesiredExtension, from: string): ErrorFacts => ({
  code: "NOT_PERMITTED",
  what: `extension "${name}" cannot be moved from schema "${from}" to "${schema ?? ""}"`,
  where: place,
  next: `write schema: ${from}, or drop the extension yourself so that it is made anew`,
});

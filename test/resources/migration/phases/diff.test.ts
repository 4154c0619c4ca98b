import { describe, expect, test } from "vitest";
import { resourceId, type ResourceId } from "../../../../controller/core/id.ts";
import { buildPlan } from "../../../../controller/engine/plan.ts";
import { kinds, type Desired, type DesiredResources } from "../../../../controller/resources/index.ts";
import { diff, held } from "../../../../controller/resources/migration/diff.ts";
import type {
  DesiredMigrations,
  LedgerRow,
  MigrationFile,
  ObservedMigrations,
  Resolution,
} from "../../../../controller/resources/migration/model.ts";
import { orderInVersion, phaseInName } from "../../../../controller/resources/migration/phases/names.ts";
import type { DeployedPart, SeenDeployment } from "../../../../controller/resources/migration/phases/model.ts";
import { parseTarget } from "../../../../controller/resources/migration/target.ts";
import { orderOf } from "../../../../controller/resources/migration/version.ts";

const place = { file: ".poststack.yml", line: 2, column: 3 };
const web: ResourceId = resourceId("process", "web");

/** `002.contract` */
function file(name: string): MigrationFile {
  const phase = phaseInName(name);
  const version = name.replace(/\..*$/, "");
  return {
    id: resourceId("migration", name),
    version,
    order: orderInVersion(orderOf(version), phase),
    name,
    file: `migrations/${name}.sql`,
    checksum: "c",
    transactional: phase !== "backfill",
    ...(phase === undefined ? {} : { phase }),
  };
}

/** As `file`, and `002.backfill started`. */
function row(text: string): LedgerRow {
  const [name = "", state = "applied"] = text.split(" ");
  const known = state === "started" || state === "reverting" ? state : "applied";
  return { ...file(name), state: known, hasRollback: false };
}

const wish = (names: readonly string[], options: Partial<DesiredMigrations> = {}): DesiredMigrations => ({
  folder: "migrations",
  files: names.map(file),
  rollback: false,
  replay: false,
  repair: false,
  rehearse: false,
  dependsOn: [],
  place,
  ...options,
});

/** An old process, or the one that the files ask for, and whether the contract is known. */
const beside = (release: "old" | "new", noted: readonly string[] = []): SeenDeployment => ({
  parts: [running(release)],
  wanted: new Map([[web, { service: "web", release: "new" }]]),
  noted: new Map(noted.map((name) => [file(name).order, [{ resource: web, release: "old" }]])),
  before: [],
});
const running = (release: string): DeployedPart => ({
  resource: web,
  called: "process web",
  release,
  isUp: true,
  knows: ["2", "4"].flatMap(contractsOf),
});
const contractsOf = (version: string): readonly string[] => [orderInVersion(version, "contract")];

const seen = (rows: readonly string[], deployment?: SeenDeployment): ObservedMigrations => ({
  ledger: "present",
  rows: rows.map(row),
  objects: 0,
  pending: new Map(),
  ...(deployment === undefined ? {} : { deployment }),
});

function plan(names: readonly string[], observed: ObservedMigrations, options: Partial<DesiredMigrations> = {}) {
  const asked = wish(names, options);
  const actions = diff([asked], [observed]).map((action) =>
    [action.verb, action.id.replace("migration:", ""), ...(action.verb === "refuse" ? [action.error.code] : [])].join(
      " ",
    ),
  );
  const waits = held([asked], [observed], new Set()).map(({ id }) => `held ${id.replace("migration:", "")}`);
  return [...actions, ...waits];
}

const change = ["002.expand", "002.backfill", "002.contract"];

test.each([
  ["that is known to wait", ["002.contract"]],
  ["that is put on record", []],
])("a contract %s tells what it will do", (_name, noted) => {
  const statements = [{ statement: "drop table t", place: { file: "f", line: 1, column: 1 }, relations: [] }];
  const observed = seen(["001"], beside("old", noted));
  const pending = new Map([[file("002.contract").id, { hazards: ["drop"] as const, statements }]]);
  const [asked, told] = [wish(["001", "002.contract"]), { ...observed, pending }];
  const [first] = diff([asked], [told]);
  const [waiting] = held([asked], [told], new Set());
  expect([waiting?.hazards, waiting?.statements]).toEqual([["drop"], statements]);
  // Nothing is taken away now, so no backup is asked for.
  if (noted.length === 0) expect([first?.verb, first?.hazards, first?.statements]).toEqual(["hold", [], statements]);
  else expect(first).toBeUndefined();
});

describe("a contract in the plan", () => {
  test.each<[string, ReturnType<typeof plan>, readonly string[]]>([
    [
      "runs in its place where nothing is deployed",
      plan(["001", ...change, "003"], seen([])),
      ["apply 001", "apply 002.expand", "apply 002.backfill", "apply 002.contract", "apply 003"],
    ],
    [
      "is put on record before anything else is done, and counts as waiting by that",
      plan(["001", ...change], seen(["001"], beside("old"))),
      ["hold 002.contract", "apply 002.expand", "apply 002.backfill", "held 002.contract"],
    ],
    [
      "waits, once it is known, and what comes after it does not",
      plan(["001", ...change, "003"], seen(["001"], beside("old", ["002.contract"]))),
      ["apply 002.expand", "apply 002.backfill", "apply 003", "held 002.contract"],
    ],
    [
      "is no gap and not out of order when it comes after what follows it",
      plan(
        ["001", ...change, "003"],
        seen(["001", "002.expand", "002.backfill", "003"], beside("new", ["002.contract"])),
      ),
      ["apply 002.contract"],
    ],
    [
      "several wait for the same",
      plan(["001", ...change, "004.contract"], seen(["001", "002.expand"], beside("old", ["002.contract"])), {
        outOfOrder: true,
      }),
      ["refuse 004.contract MIGRATION_GAP", "apply 002.backfill", "held 002.contract", "held 004.contract"],
    ],
    [
      "is not asked for by a target before it",
      plan(["001", ...change], seen(["001"], beside("old")), { target: "002.backfill" }),
      ["apply 002.expand", "apply 002.backfill"],
    ],
    [
      "is asked for by its version",
      plan(["001", ...change, "003"], seen([]), { target: "002" }),
      ["apply 001", "apply 002.expand", "apply 002.backfill", "apply 002.contract"],
    ],
    [
      "an expand that is late is out of order as any other",
      plan(["001", "002.expand", "003"], seen(["001", "003"])),
      ["refuse 002.expand MIGRATION_ORDER"],
    ],
  ])("%s", (_name, found, expected) => {
    expect(found).toEqual(expected);
  });

  test("says in its reason what it is", () => {
    const reasons = diff([wish(["001", ...change])], [seen(["001"])]).map(({ reason }) => reason);
    expect(reasons).toEqual([
      "expand, not applied yet, sha256 c",
      "backfill, not applied yet, sha256 c",
      "contract, not applied yet, nothing older runs, sha256 c",
    ]);
    expect(diff([wish(["001", ...change])], [seen(["001"], beside("old"))])[0]?.reason).toBe(
      "contract, not now: process web still runs release old",
    );
  });
});

describe("one that is met stands before what it follows, also in the graph of what depends on what", () => {
  const planned = (files: readonly string[], rows: readonly string[], deployment: SeenDeployment) => {
    const nothing = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as DesiredResources;
    const desired: Desired = {
      ...{ project: "shop", environment: "dev", root: "/", secretNames: [], lockName: "shop/dev", protected: false },
      scope: new Set(["migration"]),
      resources: { ...nothing, migration: [wish(files, { outOfOrder: true })] },
    };
    const { actions } = buildPlan(desired, { observed: { migration: [seen(rows, deployment)] }, deferred: [] });
    return actions.map(({ verb, id }) => `${verb} ${id.replace("migration:", "")}`);
  };

  test("before one that comes late", () => {
    expect(planned(["001", "002", "003", "004.contract"], ["001", "003"], beside("old"))).toEqual([
      "hold 004.contract",
      "apply 002",
    ]);
  });

  test("before one that runs at last", () => {
    const knowing = { ...beside("new", ["002.contract"]), parts: [{ ...running("new"), knows: contractsOf("2") }] };
    expect(planned(["001", "002.contract", "003", "004.contract"], ["001", "003"], knowing)).toEqual([
      "hold 004.contract",
      "apply 002.contract",
    ]);
  });
});

describe("db resolve of a version in several files is about the one that did not finish", () => {
  const files = ["001", ...change, "003"];
  const answered = (rows: readonly string[], version: string, as: Resolution["as"], names = files) =>
    plan(names, seen(rows), { resolve: { version, as } });

  test.each<[string, ReturnType<typeof plan>, readonly string[]]>([
    [
      "as rolled back",
      answered(["001", "002.expand", "002.backfill started"], "002", "rolled-back"),
      ["unrecord 002.backfill"],
    ],
    ["as applied", answered(["001", "002.expand", "002.backfill started"], "2", "applied"), ["repair 002.backfill"]],
    ["the first of them", answered(["001", "002.expand started"], "002", "rolled-back"), ["unrecord 002.expand"]],
    [
      "a rollback in the midst of what is applied",
      answered(["001", "002.expand reverting", "002.backfill", "002.contract"], "002", "applied"),
      ["repair 002.expand"],
    ],
    [
      "its file may be gone",
      answered(["001", "002.backfill started"], "002", "rolled-back", ["001"]),
      ["unrecord 002.backfill"],
    ],
    ["said again as applied", answered(["001", "002.expand", "002.backfill"], "002", "applied"), []],
    ["said again as rolled back", answered(["001", "002.expand"], "002", "rolled-back"), []],
    [
      "the name of a file is that file",
      answered(["001", "002.expand", "002.backfill started"], "002.expand", "rolled-back"),
      ["refuse 002.expand ROLLBACK_REQUIRED"],
    ],
    [
      "what never began is not resolved",
      answered(["001"], "002", "applied"),
      ["refuse 002.contract MIGRATION_UNKNOWN"],
    ],
  ])("%s", (_name, found, expected) => {
    expect(found.filter((line) => !line.startsWith("held "))).toEqual(expected);
  });
});

test.each([
  ["002", "002.contract"],
  ["2", "002.contract"],
  ["002.expand", "002.expand"],
  ["002.backfill", "002.backfill"],
  ["003", "003"],
])("--target %s ends with %s", (target, name) => {
  expect(parseTarget(target, wish(["001", ...change, "003"]).files, [])).toEqual({ order: file(name).order });
});

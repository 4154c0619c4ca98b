import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import { rowsOf } from "../../../controller/resources/migration/columns.ts";
import type { InvalidIndex } from "../../../controller/resources/migration/catalog-faults.ts";
import { diff } from "../../../controller/resources/migration/diff.ts";
import type {
  DesiredMigrations,
  LedgerColumns,
  LedgerRow,
  MigrationAction,
  MigrationFile,
  ObservedMigrations,
  Resolution,
} from "../../../controller/resources/migration/model.ts";
import { orderOf } from "../../../controller/resources/migration/version.ts";

const place = { file: ".poststack.yml", line: 2, column: 3 };

/** `003 v2` is version 003 with other text than `003`; `003-` has no rollback file; `003!` runs without a transaction. */
function file(text: string): MigrationFile {
  const [, version = "", marks = "", edition = "v1"] = /^([\d-]*\d)([-!]*)(?: (\w+))?$/.exec(text) ?? [];
  const name = `${version}_x`;
  return {
    id: resourceId("migration", name),
    version,
    order: orderOf(version),
    name,
    file: `migrations/${name}.sql`,
    ...(marks.includes("-") ? {} : { rollbackFile: `migrations/${name}.rollback.sql` }),
    checksum: `${edition}${"0".repeat(60)}`,
    transactional: !marks.includes("!"),
  };
}

/** As `file`, and `003 v1 started`. */
function row(text: string): LedgerRow {
  const [, rest = text, state] = /^(.*?)(?: (started|reverting))?$/.exec(text) ?? [];
  const { version, order, name, checksum, rollbackFile } = file(rest);
  const known = state === "started" || state === "reverting" ? state : "applied";
  return { version, order, name, checksum, state: known, hasRollback: rollbackFile !== undefined };
}

const wish = (files: readonly string[], options: Partial<DesiredMigrations> = {}): DesiredMigrations => ({
  folder: "migrations",
  files: files.map(file),
  rollback: false,
  replay: false,
  repair: false,
  rehearse: false,
  dependsOn: [resourceId("database", "app")],
  place,
  ...options,
});

const seen = (rows: readonly string[], objects = 0): ObservedMigrations => ({
  ledger: "present",
  rows: rows.map(row),
  objects,
  pending: new Map(),
});

const render = (actions: readonly MigrationAction[]): readonly string[] =>
  actions.map((action) => {
    const name = action.id.replace(/^migration:/, "").replace(/_x$/, "");
    switch (action.verb) {
      case "refuse":
        return `${name} ${action.error.code}`;
      case "rollback":
        return `rollback ${name}${action.rollbackFile === undefined ? " as recorded" : ""}`;
      case "baseline":
        return `baseline ${action.migrations.map(({ version }) => version).join(" ")}`;
      default:
        return `${action.verb} ${name}`;
    }
  });

type Row = [string, readonly string[], readonly string[], Partial<DesiredMigrations>, readonly string[]];

const forward: readonly Row[] = [
  ["nothing desired, nothing there", [], [], {}, []],
  ["all pending, in order", ["003", "001", "002"], [], {}, ["apply 001", "apply 002", "apply 003"]],
  ["all applied", ["001", "002"], ["002", "001"], {}, []],
  ["what is left", ["001", "002", "003"], ["001"], {}, ["apply 002", "apply 003"]],
  ["up to the target", ["001", "002", "003"], [], { target: "2" }, ["apply 001", "apply 002"]],
  ["the target by its name", ["001", "002", "003"], [], { target: "002_x" }, ["apply 001", "apply 002"]],
  ["target 0 on an empty ledger", ["001"], [], { target: "0" }, []],
  ["a target at the head", ["001", "002"], ["001"], { target: "001" }, []],
  ["a target below the head is refused", ["001", "002"], ["001", "002"], { target: "1" }, ["002 ROLLBACK_REQUIRED"]],
  ["an unknown target", ["001"], [], { target: "7" }, ["7 MIGRATION_UNKNOWN"]],
  ["a target that is no version", ["001"], ["001"], { target: "x'; --" }, ["x'; -- MIGRATION_UNKNOWN"]],
  [
    "timestamps sort by their digits",
    ["2017-09-26-200549", "20180101000000"],
    ["2017-09-26-200549"],
    {},
    ["apply 20180101000000"],
  ],
  ["a file renamed with the same version and text", ["2017-09-26-200549"], ["20170926200549"], {}, []],
  ["edited", ["001 v2", "002"], ["001", "002"], {}, ["001 MIGRATION_EDITED"]],
  ["edited, and something pending", ["001 v2", "002"], ["001"], {}, ["001 MIGRATION_EDITED", "apply 002"]],
  [
    "two edited: both are told",
    ["001 v2", "002 v2"],
    ["001", "002"],
    {},
    ["001 MIGRATION_EDITED", "002 MIGRATION_EDITED"],
  ],
  ["missing", ["001", "003"], ["001", "002", "003"], {}, ["002 MIGRATION_MISSING"]],
  ["ahead of the files", ["001"], ["001", "002"], {}, ["002 MIGRATION_MISSING"]],
  ["ahead of no files", [], ["001"], {}, ["001 MIGRATION_MISSING"]],
  ["a new one sorts before the head", ["001", "002", "003"], ["001", "003"], {}, ["002 MIGRATION_ORDER"]],
  ["a gap", ["001", "002", "004"], ["001"], {}, ["004 MIGRATION_GAP", "apply 002"]],
  ["a gap after the target", ["001", "002", "004"], [], { target: "2" }, ["apply 001", "apply 002"]],
  ["a gap that was applied is history", ["001", "003"], ["001", "003"], {}, []],
  ["steps of ten have no gap", ["010", "020", "040"], [], {}, ["apply 010", "apply 020", "apply 040"]],
  [
    "timestamps have no gap",
    ["20140924113530", "20140924114003"],
    [],
    {},
    ["apply 20140924113530", "apply 20140924114003"],
  ],
  ["counting on from fifty", ["050", "051", "053"], [], {}, ["053 MIGRATION_GAP", "apply 050", "apply 051"]],
  ["interrupted without a transaction: goes on", ["001", "002!"], ["001", "002! v1 started"], {}, ["apply 002"]],
  ["interrupted and corrected: goes on", ["001!  v2".replace("  ", " ")], ["001! v1 started"], {}, ["apply 001"]],
  [
    "interrupted inside a transaction",
    ["001", "002"],
    ["001 v1 started"],
    {},
    ["001 MIGRATION_INTERRUPTED", "apply 002"],
  ],
  ["a rollback that was interrupted", ["001"], ["001 v1 reverting"], {}, ["001 MIGRATION_INTERRUPTED"]],
  ["replay of the edited head", ["001", "002 v2"], ["001", "002"], { replay: true }, ["replay 002"]],
  ["replay with something pending", ["001 v2", "002"], ["001"], { replay: true }, ["replay 001", "apply 002"]],
  ["no replay below the head", ["001 v2", "002"], ["001", "002"], { replay: true }, ["001 MIGRATION_EDITED"]],
  ["no replay without a recorded rollback", ["001 v2"], ["001-"], { replay: true }, ["001 MIGRATION_EDITED"]],
  ["no replay without a transaction", ["001! v2"], ["001!"], { replay: true }, ["001 MIGRATION_EDITED"]],
];

const backward: readonly Row[] = [
  [
    "back to a target, last first",
    ["001", "002", "003"],
    ["001", "002", "003"],
    { target: "1", rollback: true },
    ["rollback 003", "rollback 002"],
  ],
  [
    "back to nothing",
    ["001", "002"],
    ["001", "002"],
    { target: "0", rollback: true },
    ["rollback 002", "rollback 001"],
  ],
  [
    "back to version zero, which is a file",
    ["000", "001"],
    ["000", "001"],
    { target: "000", rollback: true },
    ["rollback 001"],
  ],
  ["a target above the head applies nothing", ["001", "002"], ["001"], { target: "2", rollback: true }, []],
  [
    "without a file: as recorded",
    ["001", "002-"],
    ["001", "002"],
    { target: "1", rollback: true },
    ["rollback 002 as recorded"],
  ],
  [
    "edited since: as recorded",
    ["001", "002 v2"],
    ["001", "002"],
    { target: "1", rollback: true },
    ["rollback 002 as recorded"],
  ],
  [
    "ahead of the files: as recorded",
    ["001"],
    ["001", "002"],
    { target: "1", rollback: true },
    ["rollback 002 as recorded"],
  ],
  ["a file where the ledger has none", ["001"], ["001-"], { target: "0", rollback: true }, ["rollback 001"]],
  [
    "no rollback anywhere stops all",
    ["001", "002-", "003"],
    ["001", "002-", "003"],
    { target: "0", rollback: true },
    ["002 ROLLBACK_MISSING", "rollback 003", "rollback 001"],
  ],
  [
    "what stays must be as it was",
    ["001 v2", "002"],
    ["001", "002"],
    { target: "1", rollback: true },
    ["001 MIGRATION_EDITED", "rollback 002"],
  ],
  ["an interrupted rollback goes on", ["001"], ["001 v1 reverting"], { target: "0", rollback: true }, ["rollback 001"]],
  ["an unknown target", ["001"], ["001"], { target: "5", rollback: true }, ["5 MIGRATION_UNKNOWN"]],
];

const resolve = (version: string, as: Resolution["as"]): Partial<DesiredMigrations> => ({ resolve: { version, as } });

const repairing: readonly Row[] = [
  ["repair of nothing", ["001"], ["001"], { repair: true }, []],
  [
    "repair of what changed, and of nothing else",
    ["001 v2", "002", "003"],
    ["001", "002"],
    { repair: true },
    ["repair 001"],
  ],
  ["repair of what did not finish: a person answers", ["001!"], ["001! v1 started"], { repair: true }, []],
  ["nor of what was corrected to go on", ["001! v2"], ["001! v1 started"], { repair: true }, []],
  ["nor of a rollback that did not finish", ["001 v2"], ["001 v1 reverting"], { repair: true }, []],
  ["repair of a name", ["2017-09-26-200549"], ["20170926200549"], { repair: true }, ["repair 2017-09-26-200549"]],
  ["resolved as applied", ["001!"], ["001! v1 started"], resolve("1", "applied"), ["repair 001"]],
  ["resolved as rolled back", ["001!"], ["001! v1 started"], resolve("001_x", "rolled-back"), ["unrecord 001"]],
  ["a rollback resolved as applied", ["001"], ["001 v1 reverting"], resolve("1", "applied"), ["repair 001"]],
  ["a rollback resolved as rolled back", ["001"], ["001 v1 reverting"], resolve("1", "rolled-back"), ["unrecord 001"]],
  ["resolving is that one's", ["001!", "002 v2"], ["001! v1 started", "002"], resolve("1", "applied"), ["repair 001"]],
  ["resolved already", ["001"], ["001"], resolve("1", "applied"), []],
  ["taken out already", ["001"], [], resolve("1", "rolled-back"), []],
  ["what is whole is not resolved", ["001"], ["001"], resolve("1", "rolled-back"), ["001 ROLLBACK_REQUIRED"]],
  ["nor what was never begun", ["001"], [], resolve("1", "applied"), ["001 MIGRATION_UNKNOWN"]],
  [
    "without its file there is nothing to record",
    ["002"],
    ["001! v1 started"],
    resolve("1", "applied"),
    ["001 MIGRATION_MISSING"],
  ],
  ["but to forget", ["002"], ["001! v1 started"], resolve("1", "rolled-back"), ["unrecord 001"]],
  ["which is done when it is forgotten", ["002"], [], resolve("1", "rolled-back"), []],
  ["resolving of an unknown version", ["001"], [], resolve("9", "applied"), ["9 MIGRATION_UNKNOWN"]],
  ["baseline", ["001", "002", "003"], [], { baseline: "2" }, ["baseline 001 002"]],
  ["baseline that is recorded", ["001", "002", "003"], ["001", "002"], { baseline: "2" }, []],
  ["baseline fills in what is missing", ["001", "002", "003"], ["001", "003"], { baseline: "3" }, ["baseline 002"]],
  ["baseline of an unknown version", ["001"], [], { baseline: "9" }, ["9 MIGRATION_UNKNOWN"]],
];

describe.each([
  ["forward", forward],
  ["backward", backward],
  ["repair and baseline", repairing],
])("%s", (_title, table) => {
  test.each(table)("%s", (_name, files, rows, options, expected) => {
    expect(render(diff([wish(files, options)], [seen(rows)]))).toEqual(expected);
  });
});

test.each<[string, readonly string[], readonly string[], number, Partial<DesiredMigrations>, readonly string[]]>([
  ["a database that is not empty needs a baseline", ["001", "002"], [], 3, {}, ["001 BASELINE_REQUIRED", "apply 002"]],
  ["not when nothing is pending", [], [], 3, {}, []],
  ["not when there is a row", ["001", "002"], ["001"], 3, {}, ["apply 002"]],
  ["baseline 0: what is there is foreign", ["001", "002"], [], 3, { baseline: "0" }, ["baseline "]],
  ["baseline 0 of an empty database", ["001", "002"], [], 0, { baseline: "0" }, []],
])("%s", (_name, files, rows, objects, options, expected) => {
  expect(render(diff([wish(files, options)], [seen(rows, objects)]))).toEqual(expected);
});

describe("what sorts before an applied one", () => {
  const files = ["001", "002", "003", "004"];
  const late = (options: Partial<DesiredMigrations>, rows = ["001", "003"]) =>
    diff([wish(files, options)], [seen(rows)]);

  test("is refused, with the policy that allows it", () => {
    const [refusal] = late({});
    expect(render(late({}))).toEqual(["002 MIGRATION_ORDER", "apply 004"]);
    expect(refusal?.verb === "refuse" ? refusal.error.next : "").toContain("out_of_order: allow");
  });

  test("runs first where the environment allows it, and the plan says so", () => {
    const steps = late({ outOfOrder: true });
    expect(render(steps)).toEqual(["apply 002", "apply 004"]);
    expect(steps[0]?.reason).toMatch(/^not applied yet, out of order: sorts before 003_x, which is applied, sha256 /);
    expect(steps[1]?.reason).not.toContain("out of order");
    expect(late({ outOfOrder: true }, files)).toEqual([]);
  });
});

test("repair builds again what is not valid, drops what is left over, and leaves partitions to a person", () => {
  const index = (name: string, remedy: InvalidIndex["remedy"]): InvalidIndex => ({
    kind: "invalid index",
    name,
    table: "public.t",
    remedy,
  });
  const invalidIndexes = [index("public.a", "rebuild"), index("public.a_ccnew", "drop"), index("public.p", "attach")];
  const steps = diff([wish(["001 v2"], { repair: true })], [{ ...seen(["001"]), invalidIndexes }]);
  expect(render(steps)).toEqual(["repair 001", "rebuild index public.a", "rebuild index public.a_ccnew"]);
  // One at a time, and one that cannot be built keeps no other from it.
  expect(steps.slice(1).map(({ dependsOn, after }) => ({ dependsOn, after }))).toEqual([
    { dependsOn: ["migration:001_x"], after: undefined },
    { dependsOn: ["migration:001_x"], after: ["migration:index public.a"] },
  ]);
  expect(steps.map(({ reason }) => reason).slice(1)).toEqual([
    "not valid, on public.t: built again beside reads and writes",
    "not valid, left on public.t by REINDEX CONCURRENTLY: dropped",
  ]);
});

test("a server without data: everything is pending", () => {
  expect(render(diff([wish(["001", "002"])], []))).toEqual(["apply 001", "apply 002"]);
  expect(diff([], [])).toEqual([]);
});

test("each waits for the one before, the first for what the migrations wait for", () => {
  const actions = diff([wish(["001", "002", "003 v2"])], [seen([])]);
  expect(actions.map(({ dependsOn }) => dependsOn)).toEqual([
    ["database:app"],
    ["migration:001_x"],
    ["migration:002_x"],
  ]);
});

test("a refusal stands before what it stops", () => {
  const actions = diff([wish(["001 v2", "002", "003"])], [seen(["001", "002"])]);
  expect(actions.map(({ id, dependsOn }) => `${id} after ${dependsOn.join()}`)).toEqual([
    "migration:001_x after database:app",
    "migration:003_x after migration:001_x",
  ]);
});

describe("a ledger that is as the files say is compared as it came", () => {
  const asServer = (rows: readonly LedgerRow[]): LedgerColumns => {
    const array = (texts: readonly (string | undefined)[]): string =>
      `[${texts.map((text) => JSON.stringify(text ?? null)).join(", ")}]`;
    return {
      orders: array(rows.map(({ order }) => order)),
      versions: array(rows.map(({ version }) => version)),
      names: array(rows.map(({ name }) => name)),
      checksums: array(rows.map(({ checksum }) => checksum)),
      rollbackChecksums: array(rows.map(({ rollbackChecksum }) => rollbackChecksum)),
      states: rows.map(({ state }) => state.slice(0, 1)).join(""),
      rollbacks: rows.map(({ hasRollback }) => (hasRollback ? "r" : "-")).join(""),
    };
  };
  /** Rows that must not be asked for. */
  const unread = (columns: LedgerColumns): ObservedMigrations => ({
    ledger: "present",
    columns,
    get rows(): never {
      throw new Error("a row was looked at");
    },
    objects: 0,
    pending: new Map(),
  });

  test("and nothing is to be done, without a look at a row", () => {
    const files = ["1", "2", "10-", "2026-05-27-120000-0001"];
    expect(diff([wish(files)], [unread(asServer(files.map(row)))])).toEqual([]);
  });

  test.each<[string, readonly string[], Partial<DesiredMigrations>]>([
    ["a checksum is another", ["1", "2 v2"], {}],
    ["one has not finished", ["1", "2 v1 started"], {}],
    ["one is being rolled back", ["1", "2 v1 reverting"], {}],
    ["one is missing", ["1"], {}],
    ["one is too many", ["1", "2", "3"], {}],
    ["they are others", ["1", "3"], {}],
    ["only a part is wanted", ["1", "2"], { target: "1" }],
    ["they are to be rolled back", ["1", "2"], { rollback: true, target: "0" }],
    ["names are repaired too", ["1", "2"], { repair: true }],
    ["it is taken for what it is", ["1", "2"], { baseline: "2" }],
  ])("not where %s: it is looked at row by row", (_what, rows, options) => {
    expect(() => diff([wish(["1", "2"], options)], [unread(asServer(rows.map(row)))])).toThrow("a row was looked at");
  });

  test("which changes no plan", () => {
    const versions = fc.subarray(["1", "2", "3", "4!", "5-"], { minLength: 0 });
    const edition = fc.constantFrom("", "", "", " v2", " v1 started", " v1 reverting");
    const ledger = versions.chain((chosen) => fc.tuple(...chosen.map((one) => edition.map((mark) => one + mark))));
    const replay = fc.boolean();
    fc.assert(
      fc.property(versions, ledger, replay, (files, texts, isReplay) => {
        const rows = texts.map(row);
        const asked = wish(files, { replay: isReplay });
        const observed = { ledger: "present", rows, objects: 0, pending: new Map() } as const;
        const columns = asServer(rows);
        expect(diff([asked], [{ ...observed, columns }])).toEqual(diff([asked], [observed]));
        expect(rowsOf(columns)).toEqual(rows);
      }),
    );
  });
});

test("only the last commit waits for the disk", () => {
  const actions = diff([wish(["001", "002", "003"])], [seen([])]);
  expect(actions.map((action) => action.verb === "apply" && action.durable)).toEqual([false, false, true]);
});

test("a file that cannot run is refused in the plan, and hazards are shown", () => {
  const observed: ObservedMigrations = {
    ...seen([]),
    pending: new Map([
      [resourceId("migration", "001_x"), { hazards: ["drop"] }],
      [resourceId("migration", "002_x"), { hazards: [], error: { code: "MIGRATION_TRANSACTION", what: "no" } }],
    ]),
  };
  const actions = diff([wish(["001", "002"])], [observed]);
  expect(actions.map(({ id, verb, hazards }) => `${verb} ${id} ${hazards.join()}`)).toEqual([
    "refuse migration:002_x ",
    "apply migration:001_x drop",
  ]);
});

test("a file that became another one between the look and the reading is refused", () => {
  const looked = (checksum: string | undefined): readonly string[] => {
    const facts = { hazards: [], ...(checksum === undefined ? {} : { checksum }) };
    const observed = { ...seen([]), pending: new Map([[resourceId("migration", "001_x"), facts]]) };
    return diff([wish(["001"])], [observed]).map((action) =>
      action.verb === "refuse" ? action.error.code : action.verb,
    );
  };
  expect(looked(file("001").checksum)).toEqual(["apply"]);
  expect(looked(file("001 v2").checksum)).toEqual(["PLAN_STALE"]);
  expect(looked(undefined), "it could not be looked at").toEqual(["apply"]);
});

test("the messages name both checksums, the missing number and what is near", () => {
  const what = (files: readonly string[], rows: readonly string[], options = {}): readonly (string | undefined)[] =>
    diff([wish(files, options)], [seen(rows)]).flatMap((action) =>
      action.verb === "refuse" ? [action.error.what, action.error.next] : [],
    );
  expect(what(["001 v2"], ["001"])[0]).toBe(
    "001_x is applied, and its file has changed since (sha256 v1000000 → v2000000)",
  );
  expect(what(["001", "003"], [])[0]).toBe("version 002 is skipped before 003_x");
  expect(what(["001", "002", "011", "012"], ["001"], { target: "019" })[1]).toBe(
    "perhaps 012_x, 011_x, 002_x; 0 means before the first",
  );
});

test("the same facts in any order give the same actions", () => {
  const all = [...forward, ...backward, ...repairing];
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.infiniteStream(fc.nat(1000)), ([, files, rows, options], random) => {
      const shuffle = <T>(list: readonly T[]): readonly T[] =>
        list
          .map((value) => ({ value, at: random.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ value }) => value);
      const straight = diff([wish(files, options)], [seen(rows)]);
      expect(diff([wish(shuffle(files), options)], [seen(shuffle(rows))])).toEqual(straight);
    }),
  );
});

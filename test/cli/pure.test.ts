import { describe, expect, test } from "vitest";
import { currentLogs, isOf, prefixes } from "../../controller/cli/log-view.ts";
import { migrationList } from "../../controller/cli/migration-list.ts";
import { nextVersion } from "../../controller/cli/next-version.ts";
import { renderMarkdown } from "../../controller/cli/render/markdown.ts";
import { renderBytes } from "../../controller/core/quantity.ts";
import { renderAge } from "../../controller/cli/render/quantity.ts";
import { renderTable } from "../../controller/cli/render/table.ts";
import { looksSecret } from "../../controller/cli/variables.ts";
import { resourceId } from "../../controller/core/id.ts";
import type { Plan } from "../../controller/core/plan.ts";
import { plain } from "../../controller/core/render.ts";
import type { LogFile } from "../../controller/core/ports/machine.ts";
import type { Action } from "../../controller/resources/index.ts";
import type { LedgerRow, MigrationFile } from "../../controller/resources/migration/model.ts";
import { orderInVersion, phaseInName, withoutPhase } from "../../controller/resources/migration/phases/names.ts";
import { orderOf } from "../../controller/resources/migration/version.ts";

describe("the version after the last one", () => {
  const now = new Date("2026-11-20T05:29:13.123Z");
  const versions = (...all: readonly string[]) =>
    all.map((text) => {
      const version = withoutPhase(text);
      return { version, order: orderInVersion(orderOf(version), phaseInName(text)) };
    });
  test.each<[string, readonly string[], boolean, string]>([
    ["the first of a folder", [], false, "001"],
    ["keeps its width", ["0001", "0002"], false, "0003"],
    ["grows where it must", ["9"], false, "10"],
    ["a timestamp when asked for", [], true, "20261120052913"],
    ["a timestamp after numbers", ["001"], true, "20261120052913"],
    ["the folder's timestamps without asking", ["20250101000000"], false, "20261120052913"],
    ["with hyphens", ["2025-01-01-000000"], false, "2026-11-20-052913"],
    ["with a counter", ["2026-05-27-120000-0000"], false, "2026-11-20-052913-0000"],
    ["down to the minute", ["202501010000"], false, "202611200529"],
    ["as milliseconds", ["1700000000000"], false, "1795152553123"],
    ["not the same second twice", ["20261120052913"], false, "20261120052914"],
    ["nor the same minute", ["202611200529"], false, "202611200530"],
    ["a counter without hyphens", ["202605271200000001"], false, "202611200529130000"],
    ["behind every phase of a change", ["001", "001.expand", "001.contract"], false, "002"],
    ["behind a phase of this second", ["20261120052913.contract"], false, "20261120052914"],
    ["one more behind the last dot", ["1.9", "1.10"], false, "1.11"],
    ["which keeps its width", ["2.0.09"], false, "2.0.10"],
    ["behind a phase of a version with dots", ["1.10.backfill"], false, "1.11"],
    ["the second of one timestamp", ["20250101000000.2"], false, "20261120052913"],
  ])("%s", (_what, existing, timestamp, expected) => {
    expect(nextVersion(versions(...existing), now, timestamp)).toBe(expected);
  });

  test("nothing comes after the far future", () => {
    expect(() => nextVersion(versions("20990101000000"), now, false)).toThrow(/comes after the present moment/);
  });
});

describe("the folder and the ledger side by side", () => {
  const file = (version: string, checksum = "a"): MigrationFile =>
    ({
      id: resourceId("migration", version),
      version,
      order: orderOf(version),
      name: `${version}_x`,
      file: `migrations/${version}_x.sql`,
      checksum,
      transactional: true,
      hazards: [],
    }) as MigrationFile;
  const row = (version: string, checksum = "a", state: LedgerRow["state"] = "applied"): LedgerRow => ({
    version,
    order: orderOf(version),
    name: `${version}_x`,
    checksum,
    state,
    hasRollback: true,
  });
  test.each<[string, readonly MigrationFile[], readonly LedgerRow[] | undefined | "unknown", string]>([
    ["nothing", [], undefined, ""],
    ["no ledger yet", [file("1"), file("2")], undefined, "1 pending, 2 pending"],
    ["applied and pending", [file("1"), file("2")], [row("1")], "1 applied, 2 pending"],
    ["one version, written in two ways", [file("001")], [row("1")], "001 applied"],
    ["edited", [file("1", "b")], [row("1")], "1 edited"],
    ["gone", [file("2")], [row("1"), row("2")], "1 missing, 2 applied"],
    ["not finished", [file("1")], [row("1", "a", "started")], "1 started"],
    ["its rollback not finished", [file("1")], [row("1", "a", "reverting")], "1 reverting"],
    ["not finished, and gone", [], [row("1", "a", "started"), row("2", "a", "reverting")], "1 started, 2 reverting"],
    ["older than the newest", [file("1"), file("2")], [row("2")], "1 late, 2 applied"],
    ["sorted as numbers", [file("10"), file("9")], [row("11")], "9 late, 10 late, 11 missing"],
    ["the server is down", [file("1")], "unknown", "1 unknown"],
  ])("%s", (_what, files, rows, expected) => {
    const ledger = rows === undefined || rows === "unknown" ? rows : { rows };
    const list = migrationList(files, ledger, []);
    expect(list.map(({ version, state }) => `${version} ${state}`).join(", ")).toBe(expected);
  });

  test("a contract that waited is not late", () => {
    const contract: MigrationFile = { ...file("1"), phase: "contract" };
    expect(migrationList([contract, file("2")], { rows: [row("2")] }, []).map(({ state }) => state)).toEqual([
      "pending",
      "applied",
    ]);
  });

  test("a contract that waits is held, and says for whom", () => {
    const contract: MigrationFile = { ...file("1"), phase: "contract" };
    const held = new Map([[contract.id, "process web still runs release 1"]]);
    const list = (rows: readonly LedgerRow[]) => migrationList([contract], { rows }, [], false, held);
    expect(list([])).toMatchObject([{ state: "held", reason: "process web still runs release 1" }]);
    expect(list([row("1")])).toEqual([{ version: "1", name: contract.name, state: "applied", file: contract.file }]);
  });

  test("what comes late is pending where the environment allows it", () => {
    const states = (outOfOrder: boolean) =>
      migrationList([file("1"), file("2")], { rows: [row("2")] }, [], outOfOrder).map(({ state }) => state);
    expect([states(false), states(true)]).toEqual([
      ["late", "applied"],
      ["pending", "applied"],
    ]);
  });
});

describe("a plan as markdown", () => {
  const action = (facts: Partial<Action>): Action =>
    ({
      kind: "role",
      verb: "create",
      id: resourceId("role", "app"),
      dependsOn: [],
      reason: "not found",
      hazards: [],
      ...facts,
    }) as Action;
  const plan = (...actions: readonly Action[]): Plan<Action> => ({
    project: "shop",
    environment: "dev",
    actions,
    deferred: [],
    fingerprint: "0123456789abcdef0123",
  });

  test("says so when there is nothing to do", () => {
    expect(renderMarkdown(plan())).toBe(
      "### Plan for `dev` of `shop`\n\nNothing to do: everything is as the files say.",
    );
  });

  test("shows places, folds the list and leaves hazards and refusals open", () => {
    const drop = action({ verb: "drop", hazards: ["deletes-data"], place: { file: "a.yml", line: 1, column: 2 } });
    const error = { code: "NAME_TAKEN", what: "taken", next: "rename it" } as const;
    const text = renderMarkdown(plan(action({}), drop, action({ verb: "refuse", error })));
    expect(text).toBe(
      [
        "### Plan for `dev` of `shop`",
        "**Plan: 1 to create, 1 to take away, 1 refused.**",
        "⚠️ **Hazards**",
        "- `-` drop `role:app`: not found **[deletes-data]** (`a.yml:1:2`)",
        "⛔ **Refused**",
        "- `role:app` NAME_TAKEN: taken. Next: rename it",
        "<details><summary>All 3 lines</summary>",
        "- `+` create `role:app`: not found\n- `-` drop `role:app`: not found **[deletes-data]** (`a.yml:1:2`)\n- `!` refuse `role:app`: not found",
        "</details>",
        "<sub>Fingerprint `0123456789abcdef`</sub>",
      ].join("\n\n"),
    );
  });

  test.each([
    ["HTML", "</details><script>alert(1)</script>"],
    ["markup", "**bold** [link](http://x) `code` | # ~~x~~ ![i](y) @team"],
    ["lines", "one\n\n# two\n- three"],
  ])("%s in a reason is text", (_what, reason) => {
    const line =
      renderMarkdown(plan(action({ reason })))
        .split("\n")
        .find((one) => one.startsWith("- `+`")) ?? "";
    const said = line.replace("- `+` create `role:app`: ", "");
    expect(said.replaceAll(/&#\d+;/g, "")).not.toMatch(/[\\`*_[\]<>&#|~!@\n]/);
    const decoded = said.replaceAll(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)));
    expect(decoded).toBe(reason.replaceAll(/\s+/g, " "));
  });

  test("a backtick in an id does not end its code", () => {
    expect(renderMarkdown(plan(action({ id: resourceId("role", "a``b") })))).toContain("``` role:a``b ```");
  });

  test("a thousand lines fit into a comment of GitHub", () => {
    const many = Array.from({ length: 5_000 }, (_, index) =>
      action({ id: resourceId("migration", `${index}_${"x".repeat(40)}`), hazards: ["lock"], reason: "y".repeat(500) }),
    );
    const text = renderMarkdown(plan(...many));
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain("… and 4800 more");
    expect(text).toContain("… and 4980 more");
  });
});

describe("logs", () => {
  const log = (category: LogFile["category"], name: string, more: Partial<LogFile> = {}): LogFile => ({
    category,
    name,
    path: `/${category}/${name}/${more.run ?? more.rotation ?? ""}`,
    sizeBytes: 0,
    writtenAt: new Date(0),
    ...more,
  });

  test("rotated parts and older runs are not current", () => {
    const all = [
      log("process", "web"),
      log("process", "web", { rotation: 1 }),
      log("job", "a", { run: "2" }),
      log("job", "a", { run: "1" }),
    ];
    expect(currentLogs(all)).toEqual([all[0], all[2]]);
  });

  const services = ["web", "web.1", "web.2", "web-x", "web.x.1"];

  test.each<[string, readonly string[]]>([
    ["web", ["web", "web.1", "web.2"]],
    ["web.1", ["web.1"]],
    ["web.x", ["web.x.1"]],
  ])("%s means %j", (service, expected) => {
    expect(services.filter((name) => isOf(name, service))).toEqual(expected);
  });

  test("the beginning of a name is not a name", () => {
    expect(services.filter((name) => isOf(name, "we"))).toEqual([]);
  });

  test("names stand in line", () => {
    expect([...prefixes(["web.1", "postgres"], plain).values()]).toEqual(["web.1    | ", "postgres | "]);
  });
});

test.each<[number, string]>([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1536 * 1024, "1.5 MiB"],
  [5 * 1024 ** 5, "5120.0 TiB"],
])("%d bytes are %s", (bytes, expected) => {
  expect(renderBytes(bytes)).toBe(expected);
});

test.each<[number, string]>([
  [-5_000, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [3 * 3_600_000, "3 h"],
  [100 * 86_400_000, "100 d"],
])("%d ms ago is %s", (ms, expected) => {
  expect(renderAge(new Date(1_000_000_000_000 - ms), new Date(1_000_000_000_000))).toBe(expected);
});

describe("a table", () => {
  const red = (text: string): string => `\u001b[31m${text}\u001b[39m`;
  test.each<[string, readonly (readonly string[])[], readonly string[]]>([
    [
      "keeps columns in line",
      [
        ["ab", "x"],
        ["a", "y"],
      ],
      ["A   B", "ab  x", "a   y"],
    ],
    [
      "counts colours as nothing",
      [
        [red("ab"), "x"],
        ["a", "y"],
      ],
      ["A   B", `${red("ab")}  x`, "a   y"],
    ],
    [
      "counts our marks as one",
      [
        ["✔ a", "x"],
        ["· →", "y"],
      ],
      ["A    B", "✔ a  x", "· →  y"],
    ],
    [
      "counts wide characters as two",
      [
        ["日本", "x"],
        [red("ab"), "y"],
      ],
      ["A     B", "日本  x", `${red("ab")}    y`],
    ],
    ["gives a cell of two lines two lines", [["a\nb", "x"]], ["A  B", "a  x", "b"]],
  ])("%s", async (_what, rows, expected) => {
    expect((await renderTable(["A", "B"], rows, plain)).split("\n")).toEqual(expected);
  });

  test("without a head begins with its first row", async () => {
    expect(await renderTable([], [["a", "b"]], plain)).toBe("a  b");
  });
});

test.each<[string, boolean]>([
  ["API_KEY", true],
  ["GITHUB_TOKEN", true],
  ["DB_PASSWORD", true],
  ["SESSION_SECRET", true],
  ["SENTRY_DSN", true],
  ["DATABASE_URL", true],
  ["MONKEY", false],
  ["KEYBOARD", false],
  ["LOG_LEVEL", false],
  ["PASSENGERS", false],
])("%s looks secret: %s", (name, expected) => {
  expect(looksSecret(name)).toBe(expected);
});

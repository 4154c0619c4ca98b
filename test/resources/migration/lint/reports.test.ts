import sarif from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { renderReport } from "../../../../controller/cli/commands/db/lint-report.ts";
import { plain } from "../../../../controller/core/render.ts";
import { judge, type Finding } from "../../../../controller/resources/migration/lint/judge.ts";
import { plainPolicy } from "../../../../controller/resources/migration/lint/level.ts";
import { ruleNames } from "../../../../controller/resources/migration/lint/rules.ts";
import { suspicionsIn } from "./kit.ts";

const nasty: Finding = {
  rule: "drop-table",
  level: "warning",
  place: { file: "migrations/2, a: b%&.sql", line: 3, column: 7 },
  what: `"a" & 'b' <c> ]]> 100 %\u0001`,
  locks: [],
  recipe: ["one\r\ntwo"],
  statement: "drop table a",
};

async function report(format: string): Promise<string> {
  const found = (await suspicionsIn(["select 1", "create index i on orders (a)"])).flat();
  const findings = [...judge(found, { policy: plainPolicy, unknown: "error" }), nasty];
  const files = ["001.sql", "002.sql", nasty.place.file];
  return renderReport({ environment: "dev", files, findings }, format, { paint: plain, version: "1.2.3" });
}

test("as text: what happens, the lock, the recipe, and a count", async () => {
  expect(await report("text")).toContain(`\
error index-not-concurrent  002.sql:1:1
  create index i on orders (a)
  building index i on orders makes every INSERT, UPDATE and DELETE wait until it is built
  lock: SHARE on orders while the index is built: writes wait, reads go on
  instead:
    -- poststack: no-transaction
    create INDEX CONCURRENTLY i on orders (a);
`);
  expect(await report("text")).toMatch(/\n3 migrations: 1 error, 1 warning\.$/);
});

test("as JSON it says how many there are", async () => {
  expect(JSON.parse(await report("json"))).toMatchObject({ version: 1, errors: 1, warnings: 1, notes: 0 });
});

test("as SARIF 2.1.0, which its schema accepts", async () => {
  // The standard's schema is written in draft 4, of which only the names differ from what ajv knows.
  const { $schema: _draft, id: _id, ...schema } = sarif;
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  const told = JSON.parse(await report("sarif")) as { runs: { results: { level: string }[] }[] };
  void validate(told);
  expect(validate.errors).toBeNull();
  // It would have noticed.
  const [first] = told.runs[0]?.results ?? [];
  if (first !== undefined) first.level = "grave";
  expect(validate(told)).toBe(false);
});

test("as SARIF 2.1.0, with every rule and paths that are URIs", async () => {
  const { $schema, version, runs } = JSON.parse(await report("sarif")) as Record<string, unknown>;
  expect([$schema, version]).toEqual(["https://json.schemastore.org/sarif-2.1.0.json", "2.1.0"]);
  const [run] = runs as readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly Record<string, unknown>[];
  }[];
  expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual(ruleNames);
  for (const result of run?.results ?? []) {
    expect(Object.keys(result).sort()).toEqual(["level", "locations", "message", "ruleId", "ruleIndex"]);
    expect(run?.tool.driver.rules[Number(result["ruleIndex"])]?.id).toBe(result["ruleId"]);
  }
  expect(run?.results[1]).toMatchObject({
    level: "warning",
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: "migrations/2%2C%20a%3A%20b%25%26.sql", uriBaseId: "%SRCROOT%" },
          region: { startLine: 3, startColumn: 7 },
        },
      },
    ],
  });
});

/** What readers of JUnit's XML know (the schema of Jenkins' xunit plugin, junit-10.xsd), as far as it is written here. */
const junitShape: Readonly<Record<string, { readonly within: string; readonly attributes: readonly string[] }>> = {
  testsuites: { within: "", attributes: ["name", "tests", "failures"] },
  testsuite: { within: "testsuites", attributes: ["name", "tests", "failures"] },
  testcase: { within: "testsuite", attributes: ["name", "classname"] },
  failure: { within: "testcase", attributes: ["type", "message"] },
  "system-out": { within: "testcase", attributes: [] },
};

describe("as JUnit", () => {
  test("nothing but what its readers know, at its place, counted rightly", async () => {
    const text = await report("junit");
    expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites /);
    const open: { name: string; tests: number; failures: number; children: number; failed: number }[] = [];
    const tags = text.matchAll(/<(\/?)([\w-]+)((?:\s+\w+="[^"<]*")*)\s*(\/?)>/g);
    for (const [, close, name = "", written = "", selfClosing] of tags) {
      if (close !== "/") {
        const attributes = new Map(
          [...written.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
        );
        expect([name, open.at(-1)?.name ?? "", [...attributes.keys()]]).toEqual([
          name,
          junitShape[name]?.within,
          junitShape[name]?.attributes,
        ]);
        for (const one of open) {
          if (name === "testcase") one.children++;
          if (name === "failure") one.failed++;
        }
        const [tests, failures] = [Number(attributes.get("tests")), Number(attributes.get("failures"))];
        open.push({ name, tests, failures, children: 0, failed: 0 });
      }
      if (close !== "/" && selfClosing !== "/") continue;
      const ended = open.pop();
      if (ended?.name !== "testsuite" && ended?.name !== "testsuites") continue;
      expect([ended.tests, ended.failures]).toEqual([ended.children, ended.failed]);
    }
    expect(open).toEqual([]);
  });

  test("a suite for each migration, a failure for each error", async () => {
    const text = await report("junit");
    expect(text.match(/<testsuite /g)).toHaveLength(3);
    expect(text.match(/<failure /g)).toHaveLength(1);
    expect(text).toContain('<testsuite name="001.sql" tests="1" failures="0">');
    expect(text).toContain('<testsuite name="002.sql" tests="1" failures="1">');
  });

  test("well-formed, whatever a statement holds", async () => {
    const text = await report("junit");
    expect(text).toContain("&quot;a&quot; &amp; &apos;b&apos; &lt;c&gt; ]]&gt; 100 %.");
    expect(text).not.toContain("\u0001");
    expect(text).not.toMatch(/&(?!(?:amp|lt|gt|quot|apos);)/);
    const open: string[] = [];
    for (const [, close, name = "", selfClosing] of text.matchAll(/<(\/?)(\w+)(?:\s+\w+="[^"<]*")*\s*(\/?)>/g)) {
      if (close === "/") expect(open.pop()).toBe(name);
      else if (selfClosing !== "/") open.push(name);
    }
    expect(open).toEqual([]);
  });
});

test("as workflow commands of GitHub, each on one line", async () => {
  const lines = (await report("github")).split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatch(/^::error file=002\.sql,line=1,col=1,title=index-not-concurrent::building index i/);
  expect(lines[1]).toMatch(/^::warning file=migrations\/2%2C a%3A b%25&\.sql,line=3,col=7,title=drop-table::/);
  expect(lines[1]).toContain("%0AInstead:%0Aone%0D%0Atwo");
});

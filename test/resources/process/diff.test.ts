import { assert, property, shuffledSubarray } from "fast-check";
import { expect, test } from "vitest";
import { shellCommand } from "../../../controller/config/procfile.ts";
import { takesAway } from "../../../controller/core/action.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { diff } from "../../../controller/resources/process/diff.ts";
import { fieldsOf } from "../../../controller/resources/process/fields.ts";
import type { DesiredProcess, ObservedProcess } from "../../../controller/resources/process/model.ts";
import { desired, observed, rendered } from "./stage.ts";

const at = (time: string): Date => new Date(`2026-01-01T${time}Z`);
const fields = (more: Partial<DesiredProcess>): ReadonlyMap<string, string> =>
  fieldsOf(desired(more), (secret) => `hash of ${secretNames.get(secret)}`);
const [first, second] = [new Secret("one"), new Secret("two")];
const secretNames = new Map([
  [first, "first"],
  [second, "second"],
]);
const changed = (
  before: Partial<DesiredProcess>,
  after: Partial<DesiredProcess>,
): [DesiredProcess[], ObservedProcess[]] => [
  [desired({ ...after, fields: fields(after), configHash: "b" })],
  [observed({ fields: fields(before), configHash: "a" })],
];
const shell = (line: string): Partial<DesiredProcess> => ({ command: shellCommand(line) });
const variables = (name: string, value: string | Secret): Partial<DesiredProcess> => ({
  environment: new Map([[name, value]]),
});
const ready = { type: "tcp", host: "127.0.0.1", port: 3000 } as const;
const foreign = { pid: 4711, text: "nginx (pid 4711)" };
const old = { pid: 99, text: "node (pid 99)", resource: "process:old" };

test.each<[string, readonly DesiredProcess[], readonly ObservedProcess[], string]>([
  ["one that runs as it should needs nothing", [desired()], [observed()], ""],
  ["one that is not there is started", [desired()], [], "start process:web  not running: node web.mjs"],
  ["one that died is started again", [desired()], [observed({ running: false })], "start process:web  exited"],
  [
    "one that nobody saw become ready is started again",
    [desired()],
    [observed({ accepted: false })],
    "start process:web  its last start was interrupted",
  ],
  [
    "a changed command",
    ...changed({ command: ["node", "a.mjs"] }, { command: ["node", "a.mjs", "two words"] }),
    'replace process:web  command node a.mjs → node a.mjs "two words"  [downtime]',
  ],
  [
    "the first part of its command, in a last line without a line end",
    ...changed(shell("node web.mjs --port 1"), { ...shell("node web.mjs"), isOpenLine: true }),
    'replace process:web  command /bin/sh -c "exec node web.mjs --port 1" → /bin/sh -c "exec node web.mjs"; may be cut off: the Procfile has no line end there  [downtime]',
  ],
  ["a changed folder", ...changed({ cwd: "/a" }, { cwd: "/b" }), "replace process:web  cwd /a → /b  [downtime]"],
  [
    "a changed stop signal",
    ...changed({}, { stopSignal: "SIGINT" }),
    "replace process:web  stop_signal SIGTERM → SIGINT  [downtime]",
  ],
  [
    "a changed variable",
    ...changed(variables("LOG_LEVEL", "debug"), variables("LOG_LEVEL", "info")),
    "replace process:web  LOG_LEVEL debug → info  [downtime]",
  ],
  ["a new variable, empty", ...changed({}, variables("DEBUG", "")), 'replace process:web  DEBUG none → ""  [downtime]'],
  [
    "a variable called as a field is",
    ...changed(variables("cwd", "a"), variables("cwd", "b")),
    "replace process:web  cwd a → b  [downtime]",
  ],
  [
    "a variable called __proto__",
    ...changed(variables("__proto__", "a"), variables("__proto__", "b")),
    "replace process:web  __proto__ a → b  [downtime]",
  ],
  [
    "a changed secret is not shown, nor its hash",
    ...changed(variables("DB_PASSWORD", first), variables("DB_PASSWORD", second)),
    "replace process:web  DB_PASSWORD changed  [downtime]",
  ],
  [
    "a secret that is gone",
    ...changed(variables("DB_PASSWORD", first), {}),
    "replace process:web  DB_PASSWORD «secret» → none  [downtime]",
  ],
  [
    "a variable that becomes a secret",
    ...changed(variables("TOKEN", "public"), variables("TOKEN", first)),
    "replace process:web  TOKEN public → «secret»  [downtime]",
  ],
  [
    "several lines and much text fit on one line",
    ...changed({}, variables("TEXT", `a\n${"b".repeat(100)}`)),
    `replace process:web  TEXT none → "a\\n${"b".repeat(56)}…  [downtime]`,
  ],
  [
    "a difference that no field shows",
    [desired({ configHash: "b" })],
    [observed()],
    "replace process:web  configuration changed  [downtime]",
  ],
  [
    "a restart asked for after it was started",
    [desired({ startedAfter: at("12:00:01") })],
    [observed({ startedAt: at("12:00:00") })],
    "replace process:web  restart requested  [downtime]",
  ],
  [
    "a restart that has happened",
    [desired({ startedAfter: at("12:00:01") })],
    [observed({ startedAt: at("12:00:01") })],
    "",
  ],
  ["no longer in the files", [], [observed()], "delete process:web  no longer in the files  [downtime]"],
  [
    "no longer in the files and not running either",
    [],
    [observed({ running: false })],
    "delete process:web  no longer in the files",
  ],
  ["stopped and gone", [desired({ to: "stopped" })], [], ""],
  ["to be stopped", [desired({ to: "stopped" })], [observed()], "stop process:web  stop requested  [downtime]"],
  [
    "to be stopped, already ended",
    [desired({ to: "stopped" })],
    [observed({ running: false })],
    "stop process:web  exited; its record is left",
  ],
  ["to be absent", [desired({ to: "absent" })], [observed()], "delete process:web  stop requested  [downtime]"],
  [
    "what depends on it stops first, and what it depends on does not matter",
    [
      desired({ to: "stopped", dependsOn: [resourceId("instance", "postgres")] }),
      desired({ name: "worker", to: "stopped", dependsOn: [resourceId("process", "web")] }),
    ],
    [observed(), observed({ resource: "process:worker" })],
    "stop process:web  stop requested  [downtime]  after process:worker\nstop process:worker  stop requested  [downtime]",
  ],
  [
    "a start waits for what it depends on",
    [desired({ dependsOn: [resourceId("process", "api")] })],
    [],
    "start process:web  not running: node web.mjs  after process:api",
  ],
  [
    "a port in foreign hands",
    [desired({ ready })],
    [{ id: resourceId("process", "web"), portHolder: foreign }],
    'refuse process:web  port 3000 of process "web" is taken by nginx (pid 4711)',
  ],
  [
    "a port in foreign hands, and the process would move there",
    [desired({ ready, configHash: "b" })],
    [observed({}, foreign)],
    'refuse process:web  port 3000 of process "web" is taken by nginx (pid 4711)',
  ],
  [
    "a port in nameless hands while ours runs is most likely its own",
    [desired({ ready, configHash: "b" })],
    [observed({}, { text: "another program" })],
    "replace process:web  configuration changed  [downtime]",
  ],
  [
    "a variable PORT is no promise to listen there",
    [desired({ environment: new Map([["PORT", "3000"]]) })],
    [{ id: resourceId("process", "web"), portHolder: foreign }],
    "start process:web  not running: node web.mjs",
  ],
  [
    "a renamed process gives its port to the new one before it starts",
    [desired({ ready })],
    [{ id: resourceId("process", "web"), portHolder: old }, observed({ resource: "process:old" })],
    "start process:web  not running: node web.mjs  after process:old\nstop process:old  no longer in the files, and process:web wants its port  [downtime]",
  ],
  [
    "a port that a process of ours holds and will leave is not refused",
    [desired({ ready }), desired({ name: "old", configHash: "b" })],
    [{ id: resourceId("process", "web"), portHolder: old }, observed({ resource: "process:old" })],
    "start process:web  not running: node web.mjs\nreplace process:old  configuration changed  [downtime]",
  ],
])("%s", (_name, wanted, seen, expected) => {
  expect(rendered(diff(wanted, seen))).toBe(expected);
});

test.each([
  ["node web.mjs", "node web.m", true],
  ["cd app && node web.mjs", "cd app", true],
  ["rm -rf /tmp/shop", "rm -rf /tmp", true],
  ["node -e 'a()'", "node -e 'a(", true],
  ['echo "a b" c', 'echo "a b', true],
  ["node web.mjs", "node app.mjs", false],
  ["node web.mjs", "node web.mjs --quiet", false],
])("`%s`, without a line end now `%s`: is it perhaps cut off? %s", (before, after, isCut) => {
  for (const isOpen of [true, false]) {
    const [wanted, seen] = changed(shell(before), { ...shell(after), ...(isOpen ? { isOpenLine: true } : {}) });
    expect(diff(wanted, seen).map(takesAway)).toEqual([isCut && isOpen]);
  }
});

test("the same facts in any order give the same actions", () => {
  const wanted = [desired({ ready }), desired({ name: "b" }), desired({ name: "c", to: "stopped" })];
  const seen = [
    { id: resourceId("process", "web"), portHolder: old },
    observed({ resource: "process:old" }),
    observed({ resource: "process:c" }),
    observed({ resource: "process:d", running: false }),
  ];
  const expected = lines(wanted, seen);
  assert(
    property(shuffledSubarray(wanted, { minLength: 3 }), shuffledSubarray(seen, { minLength: 4 }), (a, b) => {
      expect(lines(a, b)).toEqual(expected);
    }),
  );
});

const lines = (wanted: readonly DesiredProcess[], seen: readonly ObservedProcess[]): readonly string[] =>
  rendered(diff(wanted, seen)).split("\n").sort();

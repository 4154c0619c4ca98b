import { describe, expect, test } from "vitest";
import type { AnyAction } from "../../controller/core/action.ts";
import { resourceId } from "../../controller/core/id.ts";
import { renderActions } from "../../controller/core/render.ts";
import { withBackup } from "../../controller/engine/backup-gate.ts";
import type { Observation } from "../../controller/engine/observe.ts";
import type { DesiredBackup, ObservedBackup } from "../../controller/resources/backup/model.ts";
import type { Action, Desired } from "../../controller/resources/index.ts";
import { desiredBackup, observedBackup } from "../resources/backup/kit.ts";

type Shape = readonly [id: string, verb: string, hazards?: AnyAction["hazards"], dependsOn?: readonly string[]];

const actionsOf = (shapes: readonly Shape[]): readonly Action[] =>
  shapes.map(([id, verb, hazards = [], dependsOn = []]) => {
    const [kind = "", name = ""] = id.split(":");
    return { id: resourceId(kind, name), kind, verb, reason: "", hazards, dependsOn } as unknown as Action;
  });

const cluster = { databases: ["postgres"], roles: ["postgres"], sessions: [] } as const;

const gate = (
  shapes: readonly Shape[],
  desired: Partial<DesiredBackup> = { gate: "destructive" },
  observed: readonly ObservedBackup[] | undefined = [observedBackup()],
): readonly Action[] => {
  const wanted = { resources: { backup: [desiredBackup(desired)] }, scope: new Set(["backup"]) } as unknown as Desired;
  const seen = { observed: observed === undefined ? {} : { backup: observed }, deferred: [] } as Observation;
  return withBackup(wanted, seen, actionsOf(shapes));
};

const migrations: readonly Shape[] = [
  ["migration:001", "apply"],
  ["migration:002", "apply", ["drop"], ["migration:001"]],
  ["migration:003", "apply", [], ["migration:002"]],
];

describe("a backup before what endangers data", () => {
  test.each<[string, readonly Shape[], Partial<DesiredBackup>, string]>([
    ["a migration that drops", migrations, { gate: "destructive" }, "before apply migration:002; with pg_dump 15"],
    ["no gate", migrations, { gate: "never" }, ""],
    ["nothing that drops", migrations.slice(0, 1), { gate: "destructive" }, ""],
    ["always", migrations.slice(0, 1), { gate: "always" }, "before apply migration:001; with pg_dump 15"],
    ["always, and nothing in the database", [["process:web", "start"]], { gate: "always" }, ""],
    [
      "a rollback",
      [["migration:001", "rollback"]],
      { gate: "destructive" },
      "before rollback migration:001; with pg_dump 15",
    ],
    [
      "a volume and a database that go",
      [
        ["volume:data", "delete", ["deletes-data"]],
        ["database:shop_dev", "drop", ["deletes-data"]],
      ],
      { gate: "destructive" },
      "before delete volume:data and 1 more; with pg_dump 15",
    ],
    ["a refusal changes nothing", [["migration:001", "refuse", ["drop"]]], { gate: "destructive" }, ""],
    [
      "a backup that goes is none of the data",
      [["backup:a.dump", "prune", ["deletes-data"]]],
      { gate: "destructive" },
      "",
    ],
    [
      "the database that a restore deletes",
      [["backup:a.dump", "restore", ["downtime", "deletes-data"]]],
      { gate: "destructive" },
      "before restore backup:a.dump; with pg_dump 15",
    ],
  ])("%s", (_name, shapes, desired, expected) => {
    const added = gate(shapes, desired).filter(({ verb }) => verb === "take");
    expect(added.map(({ reason }) => reason).join()).toBe(expected);
  });

  test("nothing in the database is changed beside it, and what waits for one action waits once", () => {
    const all: readonly Shape[] = [
      ...migrations,
      ["process:web", "stop"],
      ["process:api", "start"],
      ["instance:postgres", "restart"],
    ];
    const waits = new Map<string, readonly string[]>(gate(all).map(({ id, dependsOn }) => [id, dependsOn]));
    expect(Object.fromEntries(waits)).toEqual({
      "backup:shop_dev": ["instance:postgres", "process:web"],
      "migration:001": ["backup:shop_dev"],
      "migration:002": ["migration:001"],
      "migration:003": ["migration:002"],
      "process:web": [],
      "process:api": [],
      "instance:postgres": [],
    });
  });

  test("a server that goes is not waited for", () => {
    const [taken, gone] = gate([["instance:postgres", "delete", ["deletes-data"]]]);
    expect([taken?.dependsOn, gone?.dependsOn]).toEqual([[], ["backup:shop_dev"]]);
  });

  test.each<[string, readonly ObservedBackup[] | undefined, string]>([
    [
      "no programs",
      [observedBackup({ tools: undefined })],
      "refuse backup:shop_dev  no backup can be taken before apply migration:002: no pg_dump and pg_restore of version 15 or newer were found on this machine",
    ],
    [
      "no programs, but a server that can be copied",
      [observedBackup({ tools: undefined, cluster })],
      "take backup:shop_dev  before apply migration:002; a copy of the whole server, since there is no pg_dump 15",
    ],
    [
      "no programs, and a server that cannot be copied",
      [observedBackup({ tools: undefined, cluster: { ...cluster, obstacle: "its wal_level is minimal" } })],
      "refuse backup:shop_dev  no backup can be taken before apply migration:002: no pg_dump and pg_restore of version 15 or newer were found on this machine, and the server's data cannot be copied instead: its wal_level is minimal",
    ],
    ["no server with data", [], ""],
    ["no database yet", [observedBackup({ database: "absent" })], ""],
    ["a database that is not ours", [observedBackup({ database: "foreign" })], ""],
  ])("%s", (_name, observed, expected) => {
    const added = gate(migrations, { gate: "destructive" }, observed).filter(({ kind }) => kind === "backup");
    expect(renderActions(added)).toBe(expected);
  });

  test("a server that does not answer: nothing is deleted", () => {
    const wanted = { resources: { backup: [desiredBackup({ gate: "destructive" })] }, scope: new Set(["backup"]) };
    const seen: Observation = { observed: {}, deferred: [] };
    const added = withBackup(
      wanted as unknown as Desired,
      seen,
      actionsOf([["volume:data", "delete", ["deletes-data"]]]),
    );
    expect(renderActions(added)).toBe(
      "refuse backup:shop_dev  no backup can be taken before delete volume:data: the server does not run, or does not answer\ndelete volume:data    [deletes-data]",
    );
    expect(added[1]?.dependsOn).toEqual(["backup:shop_dev"]);
  });
});

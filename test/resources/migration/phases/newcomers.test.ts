import { expect } from "vitest";
import { contractsField } from "../../../../controller/core/known-contracts.ts";
import { resourceId } from "../../../../controller/core/id.ts";
import type { ProcessRecord } from "../../../../controller/core/ports/host.ts";
import { test } from "../../../support/postgres.ts";
import { carryOut, failureOf, migrations, planOf, render, world } from "../kit.ts";

const web = resourceId("process", "web");

const release = (configHash: string): ProcessRecord =>
  ({ resource: web, configHash, fields: new Map([[contractsField, "1 2"]]), running: true, accepted: true }) as never;

test("an older release that comes up between the plan and the contract: nothing of it runs, and the next plan holds it", async ({
  database,
}) => {
  await database.createLedger();
  const it = world(
    database,
    migrations({
      "001_slow.sql": "create table a (n int);",
      "002_drop.sql": "-- poststack: phase contract\ncreate table dropped (n int);",
    }),
  );
  let looks = 0;
  // The plan sees the new one alone; when 001 has run, the old one is there, too.
  const processes = async (): Promise<readonly ProcessRecord[]> => {
    const isDone = (await database.column("select to_regclass('a') is not null"))[0] === true;
    looks++;
    return isDone ? [release("new"), release("old")] : [release("new")];
  };
  Object.assign(it.ports, { host: { processes } });
  const deployment = { hasContainers: false, parts: [{ id: web, service: "web", config: "new" }] };
  const plan = await planOf(it, { deployment });
  expect(render(plan)).toEqual(["apply migration:001_slow", "apply migration:002_drop"]);
  expect(looks).toBe(1);

  const error = await failureOf(carryOut(it, plan));
  expect(error.facts).toMatchObject({
    code: "MIGRATION_HELD",
    where: { file: "migrations/002_drop.sql" },
    details: ["process web runs release old by now"],
  });
  expect(error.errorClass).toBe("retryable");
  expect(looks).toBe(2);
  expect(await database.column("select name from poststack.schema_migrations")).toEqual(["001_slow"]);
  expect(await database.column("select to_regclass('dropped')::text")).toEqual([null]);
  expect(render(await planOf(it, { deployment }))).toEqual(["hold migration:002_drop"]);
});

import { afterAll, expect, test } from "vitest";
import type { EngineBox } from "../../engine/box.ts";
import { describeEngines, type TestedEngine } from "../../engine/engines.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { killAt, moments, randomNumbers } from "../../support/scenario-faults.ts";
import { planAnswer } from "../../support/scenario.ts";
import { eventually, exampleStage, type Stage } from "./stage.ts";

// RELIABILITY, "How the rules are held": kill at every effect, then apply: the same end as without the kill. The plan
// itself says which actions there are.

type Part = "server" | "schema" | "deployment";

const partOf = (id: string): Part => {
  const [kind = ""] = id.split(":");
  if (["network", "volume", "instance"].includes(kind)) return "server";
  return ["image", "container"].includes(kind) ? "deployment" : "schema";
};

/** As it was before the first apply came to this part: a schema that is gone, or a server that is new. */
async function takeAway(part: Part, { project, remove, removeImages, name }: Stage): Promise<void> {
  if (part === "server") await project.ok("destroy", "dev", "--delete-data", "--confirm", "dev", "--yes");
  else await remove((container) => container !== "dev-postgres");
  if (part === "deployment") await removeImages();
  if (part !== "schema") return;
  const database = "postgres";
  await project.sql(`drop database if exists ${name}_dev with (force)`, { database });
  await project.sql(`drop role if exists ${name}_dev, webapp_reports`, { database });
}

/**
 * What somebody else has, under names that could be ours: a container that runs, a network, a volume.
 *
 * @returns what of it is there now, by the engine's ids
 */
async function makeForeign({ name }: Stage, box: EngineBox): Promise<() => Promise<object>> {
  const { engine, labels, signal } = box;
  const foreign = `${name}-dev-foreign`;
  const network = { mode: "networks", attachments: new Map([[foreign, { aliases: [] }]]) } as const;
  await engine.createNetwork(foreign, { labels }, signal);
  await engine.createVolume(foreign, { labels }, signal);
  const mounts = [{ type: "volume", name: foreign, target: "/data", readOnly: false }] as const;
  const image = await ensureBusybox(box);
  const spec = { ...{ image, labels, network, mounts, command: ["sleep", "100000"] }, ...{ ports: [], expose: [] } };
  const { id } = await engine.createContainer(foreign, { ...spec, environment: new Map() }, signal);
  await engine.startContainer(id, signal);
  return async () => {
    const found = await engine.inspectContainer(foreign, signal);
    const network = (await engine.networks(signal)).find((one) => one.name === foreign);
    const volume = (await engine.volumes(signal)).find((one) => one.name === foreign);
    return {
      container: [found?.id, found?.state, found?.startedAt],
      network: network?.id,
      volume: volume?.createdAt,
    };
  };
}

/** Everything once, as the files say, and each order that was ever taken. */
async function expectWhole({ project, containers, objects }: Stage, ordered: number): Promise<void> {
  await project.ok("apply", "--yes", "--no-wait");
  const [found] = await project.sql(`select
    (select array_agg(name || ' ' || price_cents order by sku) from products) as products,
    (select count(*)::int from orders) as orders,
    (select array_agg(name || ' ' || state order by "order") from poststack.schema_migrations) as migrations,
    (select state from poststack.job_runs order by id desc limit 1) as job,
    (select count(*)::int from (select from poststack.job_runs where state = 'succeeded' group by key having count(*) > 1) r) as twice,
    (select array_agg(rolname::text order by rolname) from pg_roles where rolname !~ '^pg_|^postgres$') as roles`);
  expect({ ...found, containers: await containers(), objects: await objects(), plan: await project.plan() }).toEqual({
    products: ["Blue cup 1290", "Black tea 420", "Green tea 450"],
    orders: ordered,
    migrations: ["001_products applied", "002_orders applied"],
    job: "succeeded",
    twice: 0,
    roles: [expect.stringMatching(/_dev$/), "webapp_reports"],
    containers: ["dev-cache-1 running", "dev-postgres running", "dev-web-1 running", "dev-worker-1 running"],
    objects: ["image app:dev", "image dev-cache:latest", "network dev_default", "volume dev-postgres"],
    plan: [],
  });
}

const killed = async ({ box }: TestedEngine): Promise<void> => {
  const app = await exampleStage(box, "webapp", [5435, 8000]);
  const actions = (await planAnswer(app.project)).actions.map(({ id }) => id);
  const rows = actions.map((id, index) => [id, moments[index % moments.length] ?? "at its start"] as const);
  const durations = new Map<string, number>();
  const random = randomNumbers(20_260_102);
  /** Orders that were taken since the database was made. */
  let ordered = 0;
  const foreign = await makeForeign(app, box);
  const before = await foreign();
  afterAll(async () => {
    await box.empty();
    await app.dispose();
  }, 60_000);

  test("has the actions that are killed here", async () => {
    const { lines } = await app.project.ok("apply", "--yes", "--json", "--no-wait");
    for (const { type, id, durationMs } of lines) if (type === "end") durations.set(id ?? "", Number(durationMs));
    expect([...durations.keys()].sort()).toEqual([...actions].sort());
    expect(new Set(actions.map(partOf)).size).toBe(3);
    await expectWhole(app, ordered);
    expect(before).toMatchObject({ container: [expect.any(String), "running", expect.any(Date)] });
  });

  /** Of a server that is still starting nothing is known: what waits for it is left, too. */
  const left = async (): Promise<readonly string[]> => {
    const plan = await planAnswer(app.project);
    const waiting = plan.deferred.map(({ id }) => id).filter((id) => actions.includes(id));
    return [...plan.actions.map(({ id }) => id), ...waiting];
  };

  // Each apply goes on from where the one before was killed: what a kill leaves stands in the way of the next one, or shows
  // in the end.
  test("at each of them, one apply after the other: the last one ends in the same place", async () => {
    await takeAway("server", app);
    ordered = 0;
    let rest: readonly string[] = actions;
    for (const [id, moment] of rows) {
      // It ran beside the one that was killed before, and is done.
      if (!rest.includes(id)) {
        await takeAway(partOf(id), app);
        if (partOf(id) !== "deployment") ordered = 0;
      }
      await killAt(
        app.project.start("apply", "--yes", "--json", "--no-wait"),
        id,
        moment,
        random() * (durations.get(id) ?? 0),
      );
      rest = await left();
      expect(actions, `${id} ${moment}`).toEqual(expect.arrayContaining([...rest]));
      if (rest.some((one) => partOf(one) !== "deployment")) continue;
      await app.project.sql("insert into orders (sku) values ('tea-green')");
      ordered++;
    }
    await expectWhole(app, ordered);
    expect(await foreign()).toEqual(before);
  }, 300_000);

  test("and at the end each order is shipped, once", async () => {
    const counts = async (): Promise<string> => {
      const [row] = await app.project.sql(
        "select (select count(*) from orders where shipped_at is not null) || ' ' || (select sum(sold) from products) as c",
      );
      return String(row?.["c"]);
    };
    expect(ordered).toBeGreaterThan(1);
    const all = `${ordered} ${ordered}`;
    expect(await eventually(counts, (answer) => answer === all)).toBe(all);
  });
};

describeEngines({ name: "the first apply of examples/webapp, killed", isExtra: true }, killed);

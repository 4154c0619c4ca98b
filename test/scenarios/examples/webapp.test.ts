import { afterAll, beforeAll, expect, test } from "vitest";
import { describeEngines } from "../../engine/engines.ts";
import { buildMs } from "../../images/kit.ts";
import { eventually, exampleStage, type Stage } from "./stage.ts";

// examples/webapp as a newcomer runs it, one step after the other.

const dev = ["dev-cache-1 running", "dev-postgres running", "dev-web-1 running", "dev-worker-1 running"];

describeEngines("examples/webapp", ({ isFull, box }) => {
  let app: Stage;
  beforeAll(async () => {
    app = await exampleStage(box, "webapp", [5435, 8000, 5436, 8100]);
  }, buildMs);
  afterAll(() => app?.dispose(), 60_000);

  /** What the page of an environment says, once it says this. */
  const page = (port: number | undefined, wanted: string): Promise<string> =>
    eventually(
      async () => (await fetch(`http://127.0.0.1:${port}/`)).text(),
      (text) => text.includes(wanted),
    );

  test("is there after one apply: schema, seed, page and worker; and then there is nothing to do", async () => {
    const { text } = await app.project.ok("apply", "--yes");
    expect(text).toContain("init-seed (exit code: 0");
    expect(await app.project.plan()).toEqual([]);
    expect(await app.containers()).toEqual(dev);
    const [, web] = app.project.ports;
    expect(await page(web, "Green tea")).toContain("Green tea: 4.50, 0 sold");
    const ordered = await fetch(`http://127.0.0.1:${web}/orders`, { method: "POST", body: "sku=tea-green" });
    expect(ordered.status).toBe(202);
    expect(await page(web, "1 sold")).toContain("Green tea: 4.50, 1 sold");
  });

  test("says why it changes what: a line of the seed, a greeting", async () => {
    app.project.edit("seed/products.csv", "Blue cup,1290", "Blue cup,1190");
    app.project.edit(".poststack.yml", "Hello from dev", "Good morning");
    expect(await app.project.plan()).toEqual([
      "run job:init-seed  inputs/seed/products.csv changed",
      "replace container:web  GREETING Hello from dev → Good morning  [downtime]",
    ]);
    await app.project.ok("apply", "--yes");
    const text = await page(app.project.ports[1], "11.90");
    expect(text).toContain("Good morning");
    expect(text).toContain("Green tea: 4.50, 1 sold");
  });

  test("heals what was killed by hand, the server too, with its data", async () => {
    await app.kill("dev-worker-1");
    expect(await app.project.plan()).toEqual(["start container:worker  exited with code 137"]);
    await app.kill("dev-postgres");
    const [first, ...others] = await app.project.plan();
    expect(first).toBe("start instance:postgres  exited with code 137");
    // What is in it cannot be seen meanwhile, and what needs it waits.
    expect(others.filter((line) => !line.startsWith("deferred "))).toEqual([]);
    await app.project.ok("apply", "--yes");
    expect(await app.project.plan()).toEqual([]);
    expect(await app.containers()).toEqual(dev);
    expect(await page(app.project.ports[1], "1 sold")).toContain("Green tea: 4.50, 1 sold");
  });

  test("goes a migration back and forth again", async () => {
    await app.project.ok("db", "rollback", "--yes");
    expect(await app.project.plan()).toEqual([expect.stringMatching(/^apply migration:002_orders {2}/)]);
    await app.project.ok("apply", "--yes");
    expect(await app.project.plan()).toEqual([]);
  });

  test.runIf(isFull)("runs in production beside it, from other files, and neither minds the other", async () => {
    await app.project.ok("apply", "production", "--yes", "--confirm", "production");
    expect(await app.project.plan("production")).toEqual([]);
    expect(await app.project.plan()).toEqual([]);
    const own = (await app.containers()).filter((line) => line.startsWith("production-"));
    expect(own.map((line) => line.replace("production-", ""))).toEqual([
      ...["cache-1 running", "postgres running", "web-1 running", "worker-1 running", "worker-2 running"],
    ]);
    expect(await page(app.project.ports[3], "Welcome")).toContain("Green tea: 4.50, 0 sold");
    const { engine, signal } = box;
    const { id } = await app.container("production-web-1");
    const { spec } = (await engine.inspectContainer(id, signal)) ?? {};
    expect(spec).toMatchObject({ restart: { name: "unless-stopped" }, security: { readOnly: true } });
    // `cap_drop: [ALL]`, which Podman tells in other words.
    const capabilities = { command: ["grep", "CapBnd", "/proc/1/status"], timeoutMs: 10_000 } as const;
    expect((await engine.exec(id, capabilities, signal)).output).toMatch(/^CapBnd:\s0+$/m);
  });

  test("goes, but for its volumes", async () => {
    if (isFull) await app.project.ok("destroy", "production", "--yes", "--confirm", "production");
    await app.project.ok("destroy", "dev", "--yes");
    expect(await app.containers()).toEqual([]);
    const left = (await app.objects()).filter((line) => !line.startsWith("image "));
    expect(left).toEqual(["volume dev-postgres", ...(isFull ? ["volume production-postgres"] : [])]);
  });
});

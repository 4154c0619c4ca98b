import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectRoot } from "../../support/build.ts";
import { describeEngines } from "../../engine/engines.ts";
import { buildMs } from "../../images/kit.ts";
import { eventually, exampleStage, type Stage } from "./stage.ts";

// examples/compose-app: a Compose file that knows nothing of Poststack, one step after the other.

const whole = ["dev-api-1 running", "dev-postgres running", "dev-schema-1 exited", "dev-site-1 running"];

describeEngines("examples/compose-app", ({ box }) => {
  let app: Stage;
  beforeAll(async () => {
    app = await exampleStage(box, "compose-app", [5437, 8200, 8300]);
  }, buildMs);
  afterAll(() => app?.dispose(), 60_000);

  const notes = (...wanted: readonly string[]): Promise<string> =>
    eventually(
      async () => (await fetch(`http://127.0.0.1:${app.project.ports[1]}/`)).text(),
      (text) => wanted.every((line) => text.includes(line)),
    );

  test("has nothing of Poststack's in its Compose file", () => {
    expect(readFileSync(join(projectRoot, "examples/compose-app/compose.yaml"), "utf8")).not.toMatch(/POSTSTACK_|DB_/);
  });

  test("is there after one apply, without the profile that nobody asked for; and then there is nothing to do", async () => {
    await app.project.ok("apply", "--yes");
    expect(await app.project.plan()).toEqual([]);
    expect(await app.containers()).toEqual(whole);
    await fetch(`http://127.0.0.1:${app.project.ports[1]}/`, { method: "POST", body: "milk, eggs" });
    expect(await notes("milk")).toBe("Notes, shared 1.4\nmilk, eggs\n");
    expect(await (await fetch(`http://127.0.0.1:${app.project.ports[2]}/`)).text()).toContain("<h1>Notes</h1>");
  });

  test("says why it changes what: a line of the env file is shown by its name alone, a profile brings its service", async () => {
    app.project.edit("notes.env", "Notes, shared", "Our notes");
    app.project.edit(".poststack.yml", "compose: compose.yaml", "{ compose: compose.yaml, profiles: [backup] }");
    expect(await app.project.plan()).toEqual([
      "create volume:backups  not found",
      "replace container:schema  TITLE changed",
      "replace container:api  TITLE changed  [downtime]",
      "create container:backup  not found",
      "restart container:site  container:api is made anew  [downtime]",
    ]);
    await app.project.ok("apply", "--yes");
    expect(await app.project.plan()).toEqual([]);
    expect(await notes("Our notes", "milk")).toBe("Our notes 1.4\nmilk, eggs\n");
  });

  test("heals what was killed or removed by hand, with its data", async () => {
    const { engine, signal } = box;
    await app.kill("dev-backup-1");
    await engine.removeContainer(
      (await app.container("dev-api-1")).id,
      { force: true, anonymousVolumes: true },
      signal,
    );
    expect(await app.project.plan()).toEqual([
      "create container:api  not found",
      "start container:backup  exited with code 137",
      "restart container:site  container:api is made anew  [downtime]",
    ]);
    await app.project.ok("apply", "--yes");
    expect(await app.project.plan()).toEqual([]);
    expect(await notes("milk")).toContain("milk, eggs");
    const { id } = await app.container("dev-api-1");
    const read = await engine.exec(id, { command: ["cat", "/data/last"], timeoutMs: 10_000 }, signal);
    expect(read.output).toBe("milk, eggs");
  });

  test("goes, but for its volumes", async () => {
    await app.project.ok("destroy", "dev", "--yes");
    expect(await app.containers()).toEqual([]);
    const left = (await app.objects()).filter((line) => !line.startsWith("image "));
    expect(left).toEqual(["volume dev-postgres", "volume dev_attachments", "volume dev_backups"]);
  });
});

import { expect, test } from "vitest";
import { killAt, moments } from "../../support/scenario-faults.ts";
import { describeServers, notes, stageOn, type Stage } from "./stage.ts";

// A kill at any instant, of the server or of the command: the next apply comes to the same end, with one of each.

async function expectWhole(app: Stage): Promise<void> {
  await app.ok("apply", "--yes");
  expect(await app.plan()).toEqual([]);
  expect(await app.containers()).toEqual([`${app.server} running`]);
  const { engine, signal } = app.box;
  const listed = await engine.exec(
    (await app.container()).id,
    { command: ["ls", "/var/lib/postgresql/data"], timeoutMs: 10_000 },
    signal,
  );
  expect(listed.output.trim()).toBe("pgdata");
}

/**
 * Milliseconds after the container's start: before initdb, in it, and about its end. Every instant of the image's own,
 * exactly: test/images/postgres-first-start.test.ts.
 */
const instants = [20, 500, 1_400];

describeServers("a kill", stageOn, ({ isFull, stage }) => {
  test.each(isFull ? instants : [500])("of the container %i ms into its first start loses nothing", async (delayMs) => {
    const app = await stage();
    const command = app.start("apply", "--yes", "--json");
    const isUp = async (): Promise<boolean> => (await app.containers())[0] === `${app.server} running`;
    while (!(await isUp())) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await app.call("POST", `/containers/${app.server}/kill`);
    await command.ended;
    await expectWhole(app);
  });

  test.runIf(isFull).each(moments)(
    "of the first apply, %s of the server's action: the next one finishes it",
    async (moment) => {
      const app = await stage();
      await killAt(app.start("apply", "--yes", "--json"), "instance:postgres", moment, 400);
      await expectWhole(app);
    },
  );

  test.runIf(isFull)(
    "of a replacement, at several instants: the next apply finishes it, and one server has the data",
    async () => {
      const app = await stage(", bind: 127.0.0.1, host: 127.0.0.1");
      await app.ok("apply", "--yes");
      await app.project.sql("insert into notes values (1)");
      for (const delayMs of [0, 150, 300, 600, 1_000, 1_500]) {
        app.project.edit(".poststack.yml", "bind: 127.0.0.1, host: 127.0.0.1", "bind: 127.0.0.2, host: 127.0.0.2");
        const command = app.start("apply", "--yes", "--json");
        command.onLine((line) => {
          if (line.type === "start") setTimeout(() => command.kill("SIGKILL"), delayMs);
        });
        await command.ended;
        app.project.edit(".poststack.yml", "bind: 127.0.0.2, host: 127.0.0.2", "bind: 127.0.0.1, host: 127.0.0.1");
        await expectWhole(app);
        expect(await notes(app), `${delayMs} ms`).toEqual([1]);
      }
    },
    // One that is stopped in the first moments of its entrypoint takes no signal, and has a minute to end.
    240_000,
  );
});

import { expect, test } from "vitest";
import { ownExtension } from "./image.ts";
import { answerOf, type Ended, type Running } from "../../support/command.ts";
import { planLines } from "../../support/scenario.ts";
import { describeServers, stageOn, type Stage } from "./stage.ts";

// A rehearsal on a server of its own, where the environment's is a container: one of the same image, and nothing of it stays.

interface Answer {
  readonly rehearsal: { readonly because: string; readonly image?: string; readonly migrations: readonly object[] };
}

/** Of the containers of temporary servers. */
const temporaries = async ({ box }: Stage): Promise<readonly string[]> =>
  (await box.engine.containers(box.signal))
    .flatMap(({ names }) => names)
    .filter((name) => name.startsWith("poststack-temporary-"));

/** Whether what runs there is at the statement that takes for ever. */
async function isAsleep({ box }: Stage, name: string): Promise<boolean> {
  const query = "select 'asleep' from pg_stat_activity where wait_event = 'PgSleep'";
  const command = ["psql", "-U", "postgres", "-Atc", query] as const;
  const ended = await box.engine.exec(name, { command, timeoutMs: 60_000 }, box.signal).catch(() => undefined);
  return ended?.output.includes("asleep") === true;
}

const rehearse = (app: Stage): Promise<Ended> => app.ok("plan", "--rehearse", "--json");
const rehearsalOf = (ended: Ended): Answer["rehearsal"] => (answerOf(ended) as Answer).rehearsal;

describeServers("a rehearsal for a server on a container", stageOn, ({ isFull, stage }) => {
  test("is on a container of the same image; it goes, a killed one with the next, and a running one stays", async () => {
    const app = await stage(`, extensions: [${ownExtension}]`);
    const { image } = app;
    const role = app.server.replace(/-postgres$/, "").replace("-", "_");
    const limit = `alter role ${role} set statement_timeout = '1min';\n`;
    /** One that goes on for ever. */
    const endless = async (): Promise<Running> => {
      app.project.write("migrations/002_limit.sql", `select of_the_image(), pg_sleep(600);\n${limit}`);
      const running = app.start("plan", "--rehearse");
      const isThere = async (): Promise<boolean> => {
        const [one] = await temporaries(app);
        return one !== undefined && isAsleep(app, one);
      };
      await expect.poll(isThere, { timeout: 60_000 }).toBe(true);
      app.project.write("migrations/002_limit.sql", limit);
      return running;
    };

    // With nothing there yet: no network, no volume, no state.
    const fromNothing = {
      image,
      because: "the environment's server is not there yet",
      migrations: [{ rollback: "missing" }, { rollback: "missing" }],
    };
    const killed = await endless();
    const left = await temporaries(app);
    if (isFull) {
      expect(rehearsalOf(await rehearse(app))).toMatchObject(fromNothing);
      expect(await temporaries(app)).toEqual(left);
    }
    killed.kill("SIGKILL");
    await killed.ended;
    if (!isFull) {
      expect(rehearsalOf(await rehearse(app))).toMatchObject(fromNothing);
      expect(await temporaries(app)).toEqual([]);
      return;
    }

    await app.ok("apply", "--yes");
    expect(await temporaries(app)).toEqual(left);
    expect(await app.containers()).toEqual([`${app.server} running`]);
    expect((await app.run("doctor", "dev")).text).toContain(`${left[0] ?? ""}: left by a rehearsal that was killed`);
    app.project.write("migrations/003_limit.sql", limit);
    const planned = await rehearse(app);
    expect(rehearsalOf(planned)).toMatchObject({
      image,
      because: "migrations/003_limit.sql speaks of roles or of the whole server",
      migrations: [{ rollback: "missing" }],
    });
    expect(await temporaries(app)).toEqual([]);
    // What was left there is no drift of anything.
    expect(planLines(planned)).toEqual([expect.stringMatching(/^apply migration:003_limit /)]);

    app.project.edit("migrations/003_limit.sql", "alter", "select pg_sleep(600);\nalter");
    const interrupted = app.start("plan", "--rehearse");
    await expect.poll(async () => (await temporaries(app)).length, { timeout: 60_000 }).toBe(1);
    interrupted.kill("SIGINT");
    await interrupted.ended;
    expect(await temporaries(app)).toEqual([]);
  }, 300_000);
});

import { expect, test } from "vitest";
import { answerOf } from "../../support/command.ts";
import { misfits } from "../../support/schemas.ts";
import { describeStages } from "../../engine/engines.ts";
import { stageOn, type Stage } from "./stage.ts";

const sleeper = `command: [sleep, "100000"], init: true, stop_grace_period: 0s`;
const files = {
  "compose.yml": `services:\n  web: { build: app, ${sleeper} }\n  cache: { image: IMAGE, ${sleeper} }\n`,
  "app/Dockerfile": "FROM IMAGE\nCOPY release.txt /\n",
  "app/release.txt": "1",
  "migrations/001_users.sql": "create table users (id int, a int, b int, c int);\n",
};
const contract = (column: string): string => `-- poststack: phase contract\nalter table users drop ${column};\n`;

interface Answer {
  readonly actions: readonly { readonly verb: string; readonly id: string }[];
  readonly held?: readonly { readonly id: string; readonly reason: string }[];
}

/** What is done to migrations and to web, and what waits; without digests. */
async function planned(app: Stage): Promise<readonly string[]> {
  const answer = answerOf(await app.run("plan", "--json")) as Answer;
  expect(misfits("plan", answer)).toEqual([]);
  return [
    ...answer.actions.map(({ verb, id }) => `${verb} ${id.replace(app.name, "NAME")}`),
    ...(answer.held ?? []).map(({ id, reason }) =>
      `${id} held: ${reason}`.replace(app.name, "NAME").replace(/release [0-9a-f]{8}/, "release …"),
    ),
  ];
}

const columns = async (app: Stage): Promise<unknown> =>
  (
    await app.project.sql(
      "select attname from pg_attribute where attrelid = 'users'::regclass and attnum > 1 and not attisdropped order by 1",
    )
  ).map(({ attname }) => attname);

describeStages({ name: "a contract beside containers", isExtra: true }, stageOn, ({ stage }) => {
  test("waits for those of an older image, and for those that came back", async () => {
    const app = await stage(files);
    await app.ok("apply", "--yes");

    // One deploy has the new release and the contract: the second plan of the apply runs it.
    app.project.write("migrations/002_a.sql", contract("a"));
    app.project.write("app/release.txt", "2");
    const deploy = ["hold migration:002_a", "build image:NAME-dev-web", "replace container:web"];
    expect([...(await planned(app))].sort()).toEqual([...deploy].sort());
    await app.ok("apply", "--yes");
    expect([await columns(app), await planned(app)]).toEqual([["b", "c"], []]);

    // The contract alone, beside the release that it was written for.
    app.project.write("migrations/003_b.sql", contract("b"));
    expect(await planned(app)).toEqual(["hold migration:003_b"]);
    await app.ok("apply", "--yes");
    expect([await columns(app), await planned(app)]).toEqual([["c"], []]);

    // A deploy that is killed before it has changed anything, and taken back: its contract stays in the folder.
    app.project.write("migrations/004_c.sql", contract("c"));
    app.project.write("app/release.txt", "3");
    const command = app.start("apply", "--yes", "--json");
    command.onLine(({ type, id }) => {
      if (type === "end" && id === "migration:004_c") command.kill("SIGKILL");
    });
    expect((await command.ended).signal).toBe("SIGKILL");
    app.project.write("app/release.txt", "2");
    await app.ok("apply", "--yes");
    expect(await planned(app)).toEqual([
      "migration:004_c held: container NAME-dev-web-1 runs release … again, which is older than this",
    ]);
    expect(await columns(app)).toEqual(["c"]);

    app.project.write("app/release.txt", "3");
    await app.ok("apply", "--yes");
    expect([await columns(app), await planned(app)]).toEqual([[], []]);
  }, 180_000);
});

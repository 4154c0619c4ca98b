import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { answerOf, errorsOf } from "../../support/command.ts";
import { describeServers, notes, stageOn } from "./stage.ts";

// Backups of a server on a container: with the programs of its own image, whatever this machine has.

describeServers("a backup of a server on a container", stageOn, ({ stage }) => {
  test("is copied out whole, restored from the copy, and leaves nothing in the container", async () => {
    const app = await stage(", backup: { gate: destructive }");
    await app.ok("apply", "--yes");
    // More than one frame, one chunk and one block of an archive hold.
    await app.project.sql(
      "insert into notes select n from generate_series(1, 50) n; create table big (t text); insert into big select md5(n::text) || md5((n + 1)::text) from generate_series(1, 60000) n; alter table big owner to current_user",
    );
    const own = `alter table big owner to "${app.project.read(".poststack.yml").match(/pst\w+/)?.[0] ?? ""}_dev"`;
    await app.project.sql(own);
    await app.ok("backup", "take", "--yes");
    const listed = answerOf(await app.ok("backup", "list", "--json")) as {
      readonly backups: readonly { file: string }[];
    };
    expect(listed).toMatchObject({ backups: [{ toolMajor: 15, schemaHead: "001", because: "asked for" }] });
    const [{ file } = { file: "" }] = listed.backups;

    await app.project.sql("delete from notes; drop table big");
    await app.ok("db", "restore", "dev", file, "--delete-data", "--confirm", "dev");
    expect((await notes(app)).length).toBe(50);
    expect(await app.project.sql("select count(*)::int as n from big")).toEqual([{ n: 60_000 }]);
    expect(await app.plan()).toEqual([]);
    const { id } = await app.container();
    const left = { command: ["ls", "/tmp"], timeoutMs: 10_000 } as const;
    expect((await app.box.engine.exec(id, left, app.box.signal)).output).toBe("");

    // The gate: the leave for the data was given, so there was a backup before.
    expect(
      readdirSync(app.project.path(".poststack/dev/backups")).filter((name) => name.endsWith(".dump")),
    ).toHaveLength(2);
    await app.ok("env", "stop", "dev", "--yes");
    const refused = await app.run("destroy", "dev", "--delete-data", "--confirm", "dev", "--json");
    expect(errorsOf(refused)).toMatchObject([{ code: "BACKUP_IMPOSSIBLE" }]);
  }, 120_000);
});

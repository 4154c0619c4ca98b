import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { answerOf, errorsOf } from "../../support/command.ts";
import { describeServers, notes, stageOn, type Stage } from "./stage.ts";

// Backups of a server on a container: with the programs of its own image, whatever this machine has.

const leftSessions = "from pg_stat_activity where application_name = 'poststack backup'";

/**
 * What a backup leaves that nobody waits for any more: a session, and a part of a file. Postgres, to whom the process falls as
 * the container's first, takes another exit code than 0 and 1 of any child for a crash: psql's is 2.
 */
async function leave({ box }: Stage, id: string, database: string): Promise<void> {
  const file = `/tmp/poststack-dump-${Buffer.from(database).toString("hex")}-0123.dump`;
  const script = `echo part > ${file}
    (PGAPPNAME='poststack backup' psql -U postgres -d '${database}' -c 'select pg_sleep(600)' || true) > ${file}.list 2>&1 &
    until psql -U postgres -d '${database}' -Atc "select 'there' ${leftSessions}" | grep -q there; do sleep 0.1; done`;
  const ended = await box.engine.exec(id, { command: ["sh", "-c", script], timeoutMs: 60_000 }, box.signal);
  expect(ended).toEqual({ exitCode: 0, output: "" });
}

describeServers("a backup of a server on a container", stageOn, ({ stage }) => {
  test("is copied out whole, restored from the copy, and leaves nothing in the container", async () => {
    const app = await stage(", backup: { gate: destructive }");
    await app.ok("apply", "--yes");
    // More than one frame, one chunk and one block of an archive hold.
    await app.project.sql(
      "insert into notes select n from generate_series(1, 50) n; create table big (t text); insert into big select md5(n::text) || md5((n + 1)::text) from generate_series(1, 60000) n; alter table big owner to current_user",
    );
    const database = `${app.project.read(".poststack.yml").match(/pst\w+/)?.[0] ?? ""}_dev`;
    await app.project.sql(`alter table big owner to "${database}"`);
    const { id } = await app.container();
    await leave(app, id, database);
    await app.ok("backup", "take", "--yes");
    expect(await app.project.sql(`select count(*)::int as n ${leftSessions}`)).toEqual([{ n: 0 }]);
    const listed = answerOf(await app.ok("backup", "list", "--json")) as {
      readonly backups: readonly { file: string }[];
    };
    expect(listed).toMatchObject({ backups: [{ toolMajor: 15, schemaHead: "001", because: "asked for" }] });
    const [{ file } = { file: "" }] = listed.backups;

    app.project.write("mine.dump.json", "precious");
    const occupied = await app.run("backup", "take", "--output", "mine.dump", "--yes", "--json");
    expect(errorsOf(occupied)).toMatchObject([{ code: "FILE_EXISTS" }]);
    expect(app.project.read("mine.dump.json")).toBe("precious");

    await app.project.sql("delete from notes; drop table big");
    await app.ok("db", "restore", "dev", file, "--delete-data", "--confirm", "dev");
    expect((await notes(app)).length).toBe(50);
    expect(await app.project.sql("select count(*)::int as n from big")).toEqual([{ n: 60_000 }]);
    expect(await app.plan()).toEqual([]);
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

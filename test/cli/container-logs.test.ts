import { expect, test } from "vitest";
import { describeStages } from "../engine/engines.ts";
import { answerOf } from "../support/command.ts";
import { misfits } from "../support/schemas.ts";
import { stageOn } from "../scenarios/containers/stage.ts";

// Logs of containers, of a real engine.

const compose = `services:
  web:
    image: IMAGE
    command: [sh, -c, 'i=0; while true; do i=$$((i+1)); echo "$$(hostname) line $$i"; sleep 0.3; done']
    init: true
    scale: 2
  once:
    image: IMAGE
    command: [sh, -c, "echo out; sleep 0.2; echo err >&2; sleep 0.2; echo last"]
`;

interface Line {
  readonly name: string;
  readonly category: string;
  readonly at: string;
  readonly line: string;
}

describeStages("logs of containers", stageOn, ({ isFull, stage }) => {
  test("are shown by time, with a name before each line when there are several", async () => {
    const app = await stage({ "compose.yml": compose });
    await app.ok("apply", "--yes");
    expect((await app.ok("env", "logs", "dev", "once")).stdout).toBe("out\nerr\nlast\n");
    expect((await app.ok("logs", "show", "once", "--tail", "1")).stdout).toBe("last\n");

    const several = (await app.ok("env", "logs", "dev", "web", "once", "-n", "2", "-t")).stdout.trim().split("\n");
    const form = /^(once |web {2}|web\.2) \| (\S+Z) (.*)$/;
    expect(several.filter((line) => !form.test(line))).toEqual([]);
    const times = several.map((line) => form.exec(line)?.[2] ?? "");
    expect(times).toEqual(times.toSorted());
    expect(several).toHaveLength(6);

    const all = answerOf(await app.ok("env", "logs", "dev", "--json"));
    expect(misfits("answers/env logs", all)).toEqual([]);
    expect(all).toMatchObject({
      logs: expect.arrayContaining([
        expect.objectContaining({ name: "once", category: "container", path: null, lines: ["out", "err", "last"] }),
        expect.objectContaining({ name: "postgres", category: "postgres", container: null }),
      ]) as unknown,
    });
    expect((await app.ok("env", "logs", "dev", "once", "--since", "2026-01-01T00:00:00Z")).stdout).toContain("last");
    expect((await app.ok("env", "logs", "dev", "once", "--since", "2099-01-01T00:00:00Z")).stdout).toBe("");
    const unknown = await app.run("env", "logs", "dev", "wbe");
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('did you mean "web"?')]);
    expect((await app.run("env", "logs", "dev", "--since", "soon")).stderr).toContain("error USAGE: --since soon");
  });

  test.runIf(isFull)(
    "are followed through a restart and a replacement, and no line comes twice",
    { timeout: 120_000 },
    async () => {
      const app = await stage({ "compose.yml": compose });
      await app.ok("apply", "--yes");
      const following = app.start("env", "logs", "dev", "web", "--follow", "-n", "1", "--json");
      const until = (matches: (line: Line) => boolean) => following.until((line) => matches(line as unknown as Line));
      const first = (await until(({ name }) => name === "web")) as unknown as Line;
      expect(misfits("answers/env logs --follow", first)).toEqual([]);

      const { engine, signal } = app.box;
      const host = first.line.split(" ")[0];
      await engine.stopContainer((await app.container("web-1")).id, { graceMs: 0 }, signal);
      await app.ok("apply", "--yes", "--no-wait");
      // The count begins again with each start of the same container.
      await until(({ name, line, at }) => name === "web" && line === `${host} line 1` && at > first.at);
      await engine.removeContainer((await app.container("web-2")).id, { force: true, anonymousVolumes: true }, signal);
      const before = following.said().split("\n").length;
      await app.ok("apply", "--yes", "--no-wait");
      const made = (await app.container("web-2")).id.slice(0, 12);
      await until(({ name, line }) => name === "web.2" && line === `${made} line 1`);
      expect(following.said().split("\n").length).toBeGreaterThan(before);

      following.kill("SIGINT");
      const ended = await following.ended;
      expect(ended.code).toBe(130);
      const seen = ended.lines.map((line) => `${String(line["name"])} ${String(line["at"])} ${String(line["line"])}`);
      expect(seen).toEqual([...new Set(seen)]);
    },
  );
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startSsh } from "../../engine/ssh-server.ts";
import { errorsOf, type Ended } from "../../support/command.ts";
import { planLines } from "../../support/scenario.ts";
import { engineBox } from "../../engine/box.ts";
import { stageOn } from "../containers/stage.ts";
import { box, stage } from "./stage.ts";

// An engine on a machine that is reached by ssh: a server of our own, and the real ssh and docker programs.

const folder = mkdtempSync(join(tmpdir(), "poststack-ssh-"));
const started = box === undefined ? "no engine" : await startSsh(join(folder, "keys"), box.socket).catch(String);
if (typeof started === "string" && process.env["CI"] === "true") throw new Error(started);
if (typeof started === "string") console.warn(`SKIPPED: an engine behind ssh: ${started}`);
const far = typeof started === "string" ? undefined : started;
afterAll(async () => {
  await far?.stop();
  await box?.close();
  rmSync(folder, { recursive: true });
});

const variables = (path: string | undefined, host = far?.host): Readonly<Record<string, string>> => ({
  DOCKER_HOST: host ?? "",
  PATH: `${path ?? ""}:${process.env["PATH"] ?? ""}`,
});

const built = `services:
  web: { build: { context: ., dockerfile_inline: "FROM IMAGE\\nRUN --mount=type=secret,id=word test -s /run/secrets/word\\n", secrets: [word] }, init: true, stop_grace_period: 0s, configs: [{ source: page, target: /page }], volumes: ["./word:/word:ro"] }
configs: { page: { content: one } }
secrets: { word: { file: ./word } }
`;

describe.skipIf(far === undefined)("an engine behind ssh", () => {
  test("runs an environment: builds with a secret, starts, finds nothing to do, and takes it away", async () => {
    const app = await stage({ "compose.yml": built, word: "hidden" });
    const run = (...args: readonly string[]): Promise<Ended> => app.runWith(variables(far?.path), ...args);
    const applied = await run("apply", "--yes", "--no-wait");
    expect(applied.code, applied.text).toBe(0);
    expect(await app.containers()).toEqual(["web-1 running"]);
    const where = `${app.project.path("word")} of the engine's machine (${far?.host}), not of this one`;
    expect(applied.stderr).toContain(`warning: container:web mounts ${where}\n  at compose.yml:2:3`);
    expect(planLines(await run("plan", "--json"))).toEqual([]);
    const { code, text } = await run("reset", "--delete-data", "--confirm", "dev", "--yes");
    expect(code, text).toBe(0);
    expect([await app.containers(), await app.objects()]).toEqual([[], []]);
  });

  test("which is Podman's, as CONTAINER_HOST names it, with its socket", async () => {
    const podman = await engineBox("podman");
    if (podman === undefined) return;
    const app = await stageOn(podman);
    const given = { ...variables(far?.path, ""), CONTAINER_HOST: `${far?.host}${podman.socket}` };
    expect(planLines(await app.runWith(given, "plan", "--json"))).toContain("create container:web  not found");
    await podman.close();
  });

  const nowhere = "ssh://me@127.0.0.1:1";
  test.each<readonly [string, () => Readonly<Record<string, string>>, string, RegExp]>([
    [
      "a key that is not let in",
      () => variables(far?.without("key")),
      "ENGINE_LOGIN",
      /^ssh:\/\/\S+ is not reached: .*Permission denied/,
    ],
    [
      "a host that is not known",
      () => variables(far?.without("known host")),
      "ENGINE_LOGIN",
      /Host key verification failed/,
    ],
    [
      "a machine that does not listen",
      () => variables(far?.path, nowhere),
      "ENGINE_UNREACHABLE",
      /nothing answers at ssh:\/\/me@127.0.0.1:1: ssh: connect to host .* refused/,
    ],
    [
      "an engine that is not there",
      () => variables(far?.path, `${far?.host}/nowhere.sock`),
      "ENGINE_UNREACHABLE",
      /nothing answers at ssh:\S+\/nowhere\.sock: ssh: .*nowhere\.sock/s,
    ],
    [
      "no ssh on this machine",
      () => ({ ...variables(undefined), PATH: folder }),
      "COMMAND_MISSING",
      /there is no ssh on this machine/,
    ],
  ])("%s is an error with what ssh said", async (_, given, code, what) => {
    const app = await stage();
    const ended = await app.runWith(given(), "plan", "--json");
    expect(ended.code, ended.text).toBe(code === "ENGINE_UNREACHABLE" ? 3 : 1);
    const [error, ...others] = errorsOf(ended);
    expect([error?.code, others]).toEqual([code, []]);
    expect(error?.what).toMatch(what);
    expect(error?.next).not.toBe("");
  });
});

import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { shortCommand } from "../../../controller/core/action.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { Secret, type Text } from "../../../controller/core/secret.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import { apply } from "../../../controller/resources/process/apply.ts";
import { diff } from "../../../controller/resources/process/diff.ts";
import type { DesiredProcess } from "../../../controller/resources/process/model.ts";
import { observe } from "../../../controller/resources/process/observe.ts";
import { stage as hostStage, isAlive, type Stage } from "../../adapters/host/stage.ts";
import { desired, portsOver, rendered } from "./stage.ts";

const { signal } = new AbortController();

function stage(): Stage & { readonly ports: Ports } {
  const one = hostStage();
  return { ...one, ports: portsOver(one.directory, one.host, one.log) };
}

const script = ({ directory }: Stage, text: string, more: Partial<DesiredProcess> = {}): DesiredProcess =>
  desired({
    command: ["sh", "-c", text],
    cwd: directory,
    configHash: text,
    environment: new Map([["PATH", process.env["PATH"] ?? ""]]),
    fields: new Map([["command", text]]),
    ...more,
  });

/** One pass: what it planned. Throws what the first failing action throws. */
async function pass(wanted: readonly DesiredProcess[], ports: Ports, on = signal): Promise<string> {
  const actions = diff(wanted, await observe(wanted, ports, on));
  for (const action of actions) await apply(action, ports, on);
  return rendered(actions);
}

const failure = async (promise: Promise<unknown>): Promise<PoststackError> => {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(PoststackError);
  return thrown as PoststackError;
};

test("an applied plan leaves nothing to plan, from the first start to the end", async () => {
  const one = stage();
  const web = script(one, "exec sleep 1000");
  expect(await pass([web], one.ports)).toMatch(/^start process:web {2}not running: /);
  expect(await pass([web], one.ports)).toBe("");
  const [first] = one.alive();

  process.kill(first ?? 0, "SIGKILL");
  await expect.poll(() => isAlive(first ?? 0)).toBe(false);
  expect(await pass([web], one.ports)).toBe("start process:web  exited");
  expect(await pass([web], one.ports)).toBe("");

  const changed = script(one, "exec sleep 2000");
  expect(await pass([changed], one.ports)).toBe(
    "replace process:web  command exec sleep 1000 → exec sleep 2000  [downtime]",
  );
  expect(await pass([changed], one.ports)).toBe("");

  const restart = { ...changed, startedAfter: new Date() };
  expect(await pass([restart], one.ports)).toBe("replace process:web  restart requested  [downtime]");
  expect(await pass([restart], one.ports)).toBe("");

  expect(await pass([{ ...changed, to: "stopped" }], one.ports)).toBe("stop process:web  stop requested  [downtime]");
  expect(await pass([{ ...changed, to: "stopped" }], one.ports)).toBe("");
  expect(one.alive()).toEqual([]);
});

test("what the files no longer have is ended", async () => {
  const one = stage();
  await pass([script(one, "exec sleep 1000")], one.ports);
  expect(await pass([], one.ports)).toBe("delete process:web  no longer in the files  [downtime]");
  expect([one.alive(), await pass([], one.ports)]).toEqual([[], ""]);
});

test("each action twice in a row, and twice at once, ends in the same place", async () => {
  const one = stage();
  const web = script(one, "exec sleep 1000");
  const changed = script(one, "exec sleep 2000");
  for (const wanted of [[web], [changed], []]) {
    const actions = diff(wanted, await observe(wanted, one.ports, signal));
    expect(actions.length).toBe(1);
    for (const action of actions) {
      await Promise.all([apply(action, one.ports, signal), apply(action, one.ports, signal)]);
      await apply(action, one.ports, signal);
    }
    expect(one.alive().length).toBe(wanted.length);
    expect(await pass(wanted, one.ports)).toBe("");
  }
});

test("with a probe it is ready when that passes", async () => {
  const one = stage();
  const web = script(one, "sleep 0.2; echo up > ready; exec sleep 1000", {
    ready: { type: "command", command: ["test", "-e", "ready"] },
  });
  await pass([web], one.ports);
  expect(readFileSync(join(one.directory, "ready"), "utf8")).toBe("up\n");
});

test("one that ends at once is PROCESS_EXITED with its exit code and its last words", async () => {
  const one = stage();
  await pass([script(one, "echo said before; exec sleep 1000")], one.ports);
  await pass([], one.ports);
  const error = await failure(pass([script(one, "echo no database >&2; exit 3")], one.ports));
  expect(error.facts).toMatchObject({
    code: "PROCESS_EXITED",
    what: expect.stringMatching(/^process "web" ended with exit code 3 \d\.\d s after its start$/) as string,
    where: { file: "Procfile", line: 1, column: 1 },
    details: ["no database"],
    next: `read its log: ${join(one.directory, "logs", "processes", "web.log")}`,
  });
  expect(await pass([{ ...script(one, ""), to: "stopped" }], one.ports)).toBe("");
});

test("one that answers too late is PROCESS_NOT_READY, is ended, and leaves its log", async () => {
  const one = stage();
  const web = script(one, "echo starting; exec sleep 1000", {
    ready: { type: "tcp", host: "127.0.0.1", port: 1 },
    readyTimeoutMs: 100,
  });
  const error = await failure(pass([web], one.ports));
  expect(error.facts).toMatchObject({ code: "PROCESS_NOT_READY", details: ["starting"] });
  expect(error.message).toBe(
    'process "web" runs, but within 0.1 s it was not seen that 127.0.0.1:1 accepts connections',
  );
  expect(one.alive()).toEqual([]);
});

test("a passing probe does not help a process that has ended", async () => {
  const one = stage();
  const web = script(one, "exit 0", { ready: { type: "command", command: ["true"] } });
  const slow = { ...web, ready: { type: "command", command: ["sh", "-c", "sleep 0.3"] } as const };
  expect((await failure(pass([slow], one.ports))).code).toBe("PROCESS_EXITED");
});

test("when the new one fails, the old one comes back with the secrets that it had, and the plan still shows the wish", async () => {
  const one = stage();
  const environment = new Map<string, Text>([
    ["PATH", process.env["PATH"] ?? ""],
    ["DB_PASSWORD", new Secret("canary-4711")],
  ]);
  const good = script(one, "exec sleep 1000", { environment });
  await pass([good], one.ports);
  const bad = script(one, "exit 1", { environment });
  const error = await failure(pass([bad], one.ports));
  expect(error.message).toMatch(/ended with exit code 1 .*; the one before it was started again$/);
  const [pid = 0, ...others] = one.alive();
  expect(others).toEqual([]);
  expect(readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")).toContain("DB_PASSWORD=canary-4711");
  expect(await pass([good], one.ports)).toBe("");
  expect(rendered(diff([bad], await observe([bad], one.ports, signal)))).toBe(
    "replace process:web  command exec sleep 1000 → exit 1  [downtime]",
  );
});

test("a new command that does not exist leaves the old one running", async () => {
  const one = stage();
  await pass([script(one, "exec sleep 1000")], one.ports);
  const before = one.alive();
  const error = await failure(pass([script(one, "", { command: ["no-such-program"] })], one.ports));
  expect([error.code, one.alive()]).toEqual(["COMMAND_MISSING", before]);
});

test("an interrupted wait is begun again by the next pass", async () => {
  const one = stage();
  const controller = new AbortController();
  const web = script(one, "exec sleep 1000", { ready: { type: "command", command: ["test", "-e", "ready"] } });
  const starting = pass([web], one.ports, controller.signal);
  await expect.poll(() => one.alive("process:web").length, { timeout: 10_000 }).toBeGreaterThan(0);
  controller.abort(new Error("Ctrl-C"));
  await expect(starting).rejects.toThrow("Ctrl-C");
  writeFileSync(join(one.directory, "ready"), "");
  expect(await pass([web], one.ports)).toBe("start process:web  its last start was interrupted");
  expect([await pass([web], one.ports), one.alive().length]).toEqual(["", 1]);
});

test("a port in foreign hands is refused before anything starts, and free again it is used", async () => {
  const one = stage();
  const server = createServer();
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const program = `require("node:net").createServer().listen(${port}, "127.0.0.1")`;
  const web = script(one, "", {
    command: [process.execPath, "-e", program],
    ready: { type: "tcp", host: "127.0.0.1", port },
  });
  const error = await failure(pass([web], one.ports));
  expect(error.code).toBe("PORT_TAKEN");
  expect(error.message).toContain(`(pid ${process.pid})`);
  expect(one.alive()).toEqual([]);
  server.close();
  await once(server, "close");
  expect(await pass([web], one.ports)).toMatch(/^start process:web {2}not running: /);
  expect(await pass([web], one.ports)).toBe("");

  // Its own port is not in foreign hands, also when the record that said so is lost.
  rmSync(join(one.directory, "processes", "web.json"));
  expect(await pass([web], one.ports)).toMatch(/^start process:web {2}not running: /);

  // Renamed: the old one gives up the port first.
  const site = { ...web, id: resourceId("process", "site"), name: "site" };
  const actions = diff([site], await observe([site], one.ports, signal));
  expect(rendered(actions)).toBe(
    `start process:site  not running: ${shortCommand(site.command)}  after process:web\nstop process:web  no longer in the files, and process:site wants its port  [downtime]`,
  );
  for (const action of actions.toReversed()) await apply(action, one.ports, signal);
  expect(await pass([site], one.ports)).toBe("");
});

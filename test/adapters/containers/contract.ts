import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import type { LogChunk } from "../../../controller/core/ports/containers.ts";
import type { TestedEngine } from "./tested.ts";
import { bare } from "./fields.ts";

const codeOf = (error: unknown): unknown => (error instanceof PoststackError ? error.code : error);
const outcome = (work: Promise<unknown>): Promise<unknown> => work.then(() => "done", codeOf);

/** Makes containers of the image, and starts them. */
function makers({ engine, labels, name: nameOf, signal }: TestedEngine, image: string) {
  const spec = (part: Partial<ContainerSpec> = {}): ContainerSpec => ({ ...bare(image, labels), ...part });
  const create = async (part?: Partial<ContainerSpec>, name = nameOf("c")): Promise<string> =>
    (await engine.createContainer(name, spec(part), signal)).id;
  const run = async (part?: Partial<ContainerSpec>, name?: string): Promise<string> => {
    const id = await create(part, name);
    await engine.startContainer(id, signal);
    return id;
  };
  return { create, run };
}

/** What every engine does alike, real or not: each call twice in a row, twice at once, and when its object is gone. */
export function contract(box: TestedEngine, image: string): void {
  containerContract(box, image);
  insideContract(box, image);
}

/** Without what only a real process can do. */
export function containerContract(box: TestedEngine, image: string): void {
  const { engine, signal, labels } = box;

  const { create, run } = makers(box, image);
  const summary = async (id: string) => (await engine.containers(signal)).find((entry) => entry.id === id);
  const twice = (work: () => Promise<unknown>): Promise<readonly unknown[]> =>
    Promise.all([outcome(work()), outcome(work())]);

  describe("containers", () => {
    test("a name belongs to one", async () => {
      const name = box.name("c");
      expect(await outcome(create({}, name))).toBe("done");
      expect(await outcome(create({}, name))).toBe("NAME_TAKEN");
    });

    test("of two that are made at once under a name, one is made", async () => {
      const outcomes = await twice(() => create());
      // The other is perhaps still being made, and nobody has the name yet.
      expect(outcomes.filter((one) => one === "done")).toHaveLength(1);
      expect(["NAME_TAKEN", "ENGINE_BUSY"]).toContain(outcomes.find((one) => one !== "done"));
      const names = (await engine.containers(signal)).flatMap((entry) => entry.names);
      expect(names.filter((name) => name === box.name("c"))).toHaveLength(1);
    });

    test.each<[string, (id: string) => Promise<unknown>]>([
      ["start", (id) => engine.startContainer(id, signal)],
      ["stop", (id) => engine.stopContainer(id, { graceMs: 0 }, signal)],
      ["unpause", (id) => engine.unpauseContainer(id, signal)],
      ["remove", (id) => engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal)],
      ["rename to its own name", (id) => engine.renameContainer(id, box.name("c"), signal)],
    ])("%s may be repeated, in a row and at once", async (_, act) => {
      const id = await run();
      expect(await outcome(act(id))).toBe("done");
      expect(await outcome(act(id))).toBe("done");
      await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
      const other = await create();
      expect(await twice(() => act(other))).toEqual(["done", "done"]);
    });

    test("of two removals at once, the first that says so has freed the name, or it will be free by itself", async () => {
      const id = await run();
      const remove = (): Promise<void> => engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
      const both = [remove(), remove()];
      await Promise.race(both);
      const made = await outcome(create());
      expect(["done", "ENGINE_BUSY"]).toContain(made);
      await Promise.all(both);
      if (made !== "done") expect(await outcome(create())).toBe("done");
    });

    test("one that is gone", async () => {
      const id = await create();
      await engine.removeContainer(id, { force: false, anonymousVolumes: true }, signal);
      const gone = "ENGINE_OBJECT_GONE";
      expect(await engine.inspectContainer(id, signal)).toBeUndefined();
      expect(await outcome(engine.startContainer(id, signal))).toBe(gone);
      expect(await outcome(engine.renameContainer(id, box.name("x"), signal))).toBe(gone);
      expect(await outcome(engine.waitContainer(id, signal))).toBe(gone);
      expect(await outcome(engine.exec(id, { command: ["true"], timeoutMs: 5_000 }, signal))).toBe(gone);
      expect(await outcome(engine.stopContainer(id, {}, signal))).toBe("done");
      expect(await outcome(engine.unpauseContainer(id, signal))).toBe("done");
      expect(await outcome(engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal))).toBe("done");
      expect(await collect(engine.logs(id, {}, signal))).toEqual([]);
    });

    test("an image that is not there", async () => {
      expect(await outcome(create({ image: "poststack-test/none:1" }))).toBe("IMAGE_MISSING");
    });

    test("a network that is not there is told at the latest when it starts", async () => {
      await engine.createNetwork(box.name("n"), { labels }, signal);
      const attachments = new Map([box.name("n"), box.name("none")].map((name) => [name, { aliases: [] }]));
      expect(await outcome(run({ network: { mode: "networks", attachments } }))).toBe("ENGINE_OBJECT_GONE");
    });

    test("a program that the image does not have", async () => {
      expect(await outcome(run({ command: ["no-such-program"] }))).toBe("COMMAND_MISSING");
    });

    test("a port that another container has", async () => {
      const ports = [
        { containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1", hostPort: await box.freePort() },
      ] as const;
      await run({ ports });
      expect(await outcome(run({ ports }, box.name("other")))).toBe("PORT_TAKEN");
    });

    test("one that runs is removed by force only", async () => {
      const id = await run();
      const remove = (force: boolean) => outcome(engine.removeContainer(id, { force, anonymousVolumes: true }, signal));
      expect(await remove(false)).toBe("ENGINE_OBJECT_IN_USE");
      expect(await remove(true)).toBe("done");
    });

    test("the list tells what it is and how it stands", async () => {
      const port = await box.freePort();
      const ports = [{ containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1", hostPort: port }] as const;
      const id = await create({ ports, command: ["sh", "-c", "sleep 1000"] });
      expect(await summary(id)).toMatchObject({
        names: [box.name("c")],
        state: "created",
        health: undefined,
        upMs: undefined,
      });
      await engine.startContainer(id, signal);
      const running = await summary(id);
      expect(running).toMatchObject({ state: "running", ports, imageReference: image });
      expect(running?.labels).toEqual(expect.objectContaining(labels));
      expect(running?.upMs).toBeGreaterThanOrEqual(0);
      await engine.stopContainer(id, { graceMs: 0 }, signal);
      expect(await summary(id)).toMatchObject({ state: "exited", exitCode: 137, ports: [] });
    });

    test("its end is waited for, and its exit code told", async () => {
      const id = await run({ command: ["sh", "-c", "exit 7"] });
      expect(await engine.waitContainer(id, signal)).toEqual({ exitCode: 7 });
      expect(await engine.waitContainer(id, signal)).toEqual({ exitCode: 7 });
      expect(await engine.inspectContainer(id, signal)).toMatchObject({ state: "exited", exitCode: 7 });
    });

    test("a wait ends with its signal", async () => {
      const id = await run();
      const given = new AbortController();
      const waiting = engine.waitContainer(id, given.signal);
      given.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow("enough");
    });

    test("a stop sends the signal that is asked for", async () => {
      const script = "trap 'exit 9' USR1; touch /ready; while true; do sleep 0.1; done";
      const id = await run({ command: ["sh", "-c", script] });
      // Sent before that, it would be lost: what runs as the first process is spared signals that it does not handle.
      const isReady = ["sh", "-c", "until [ -e /ready ]; do sleep 0.1; done"] as const;
      await engine.exec(id, { command: isReady, timeoutMs: 30_000 }, signal);
      await engine.stopContainer(id, { signal: "SIGUSR1", graceMs: 20_000 }, signal);
      expect(await engine.inspectContainer(id, signal)).toMatchObject({ state: "exited", exitCode: 9 });
    });

    test.each([
      ["true", "healthy"],
      ["false", "unhealthy"],
    ])("a healthcheck that says %s is seen in the list and when inspected", async (program, expected) => {
      const healthcheck = { test: ["CMD", program], intervalMs: 200, timeoutMs: 5_000, retries: 2 };
      const id = await run({ healthcheck });
      await vi.waitFor(async () => expect((await summary(id))?.health).toBe(expected), {
        timeout: 30_000,
        interval: 100,
      });
      expect(await engine.inspectContainer(id, signal)).toMatchObject({ health: expected });
    });

    test("a rename frees the old name", async () => {
      const id = await create();
      await engine.renameContainer(id, box.name("new"), signal);
      expect((await summary(id))?.names).toEqual([box.name("new")]);
      await create();
      expect(await outcome(engine.renameContainer(id, box.name("c"), signal))).toBe("NAME_TAKEN");
    });
  });
}

/** What a real process does. */
function insideContract(box: TestedEngine, image: string): void {
  const { engine, signal } = box;
  const { create, run } = makers(box, image);
  const summary = async (id: string) => (await engine.containers(signal)).find((entry) => entry.id === id);

  describe("inside a container", () => {
    test("a command runs in it, with what it is given", async () => {
      const id = await run();
      const command = ["sh", "-c", 'echo "$A" "$(pwd)"; echo problem >&2; exit 3'] as const;
      const given = { environment: new Map([["A", "one two"]]), workingDirectory: "/tmp", timeoutMs: 20_000 };
      const { exitCode, output } = await engine.exec(id, { command, ...given }, signal);
      expect(exitCode).toBe(3);
      expect(output.split("\n").sort().join("|")).toBe("|one two /tmp|problem");
      expect(await outcome(engine.exec(id, { command: ["no-such"], timeoutMs: 5_000 }, signal))).toBe(
        "COMMAND_MISSING",
      );
      expect(await outcome(engine.exec(id, { command: ["sleep", "9"], timeoutMs: 50 }, signal))).toBe("TIMEOUT");
      await engine.stopContainer(id, { graceMs: 0 }, signal);
      expect(await outcome(engine.exec(id, { command: ["true"], timeoutMs: 5_000 }, signal))).toBe("ENGINE_REFUSED");
    });

    test("its output is told by lines, streams apart, also the last without an end", async () => {
      const id = await run({ command: ["sh", "-c", "echo first; echo problem >&2; printf last"] });
      await engine.waitContainer(id, signal);
      const chunks = await collect(engine.logs(id, {}, signal));
      expect(lines(chunks, "stdout")).toEqual(["first", "last"]);
      expect(lines(chunks, "stderr")).toEqual(["problem"]);
      for (const { at } of chunks) expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);
    });

    test("only the last lines are told when that is asked for", async () => {
      const id = await run({ command: ["sh", "-c", "echo one; echo two; echo three"] });
      await engine.waitContainer(id, signal);
      expect(lines(await collect(engine.logs(id, { tail: 2 }, signal)), "stdout")).toEqual(["two", "three"]);
    });

    test("a line longer than the engine's buffer is one line", async () => {
      const id = await run({ command: ["sh", "-c", "head -c 50000 /dev/zero | tr '\\0' x; echo; echo next"] });
      await engine.waitContainer(id, signal);
      const chunks = await collect(engine.logs(id, {}, signal));
      expect(chunks.map(({ line }) => line.length)).toEqual([50_000, 4]);
    });

    test("with a terminal there is one stream", async () => {
      const id = await run({ tty: true, command: ["sh", "-c", "echo out; echo err >&2"] });
      await engine.waitContainer(id, signal);
      expect(lines(await collect(engine.logs(id, {}, signal)), "stdout")).toEqual(["out", "err"]);
    });

    test("followed output ends with the container", async () => {
      const id = await run({ command: ["sh", "-c", "echo one; sleep 1; echo two"] });
      expect(lines(await collect(engine.logs(id, { follow: true }, signal)), "stdout")).toEqual(["one", "two"]);
    });

    test("files are put into one that never ran; folders that are there stay as they are", async () => {
      const id = await create();
      const files = [
        { path: "/run/secrets/deep/token", content: "sesame", mode: 0o400, uid: 1000, gid: 1000 },
        { path: "/tmp/config", content: Buffer.from([0, 255]), mode: 0o444, uid: 0, gid: 0 },
      ];
      await engine.putFiles(id, files, signal);
      await engine.startContainer(id, signal);
      const command = [
        "sh",
        "-c",
        "stat -c '%a %u %n' /run/secrets/deep /run/secrets/deep/token /tmp /tmp/config; cat /run/secrets/deep/token",
      ] as const;
      const { output } = await engine.exec(id, { command, timeoutMs: 20_000 }, signal);
      expect(output.split("\n")).toEqual([
        "755 0 /run/secrets/deep",
        "400 1000 /run/secrets/deep/token",
        "1777 0 /tmp",
        "444 0 /tmp/config",
        "sesame",
      ]);
    });

    test("a file of any size is streamed in, and what a command writes comes out whole", async () => {
      const id = await run();
      const part = Buffer.alloc(300_000, "poststack");
      const whole = Buffer.concat([part, part, part]);
      const file = { path: "/tmp/streamed", mode: 0o600, uid: 0, gid: 0, sizeBytes: whole.length };
      await engine.putStream(id, { ...file, chunks: Readable.from([part, part, part]) }, signal);
      const taken: Buffer[] = [];
      const command = ["sh", "-c", "cat /tmp/streamed; echo told >&2"] as const;
      const onOutput = (bytes: Buffer): void => void taken.push(bytes);
      const ended = await engine.exec(id, { command, timeoutMs: 20_000, onOutput }, signal);
      expect(ended).toEqual({ exitCode: 0, output: "told\n" });
      expect(Buffer.concat(taken).equals(whole)).toBe(true);
      const short = engine.putStream(id, { ...file, chunks: Readable.from([part]) }, signal);
      expect(await outcome(short)).not.toBe("done");
    });

    test("removed by force it is killed and not asked to end; a volume without a name goes where that is wanted", async () => {
      const host = mkdtempSync(join(tmpdir(), "poststack-removed-"));
      onTestFinished(() => rmSync(host, { recursive: true }));
      const mounts = [
        { type: "bind", source: host, target: "/host", readOnly: false, createHostPath: false },
        { type: "volume", target: "/data", readOnly: false },
      ] as const;
      const script = "trap 'touch /host/asked' TERM; touch /host/ready; while true; do sleep 0.1; done";
      const id = await run({ mounts, command: ["sh", "-c", script], stopGraceMs: 60_000 });
      const made = (await summary(id))?.mounts.find(({ target }) => target === "/data")?.name;
      await expect.poll(() => readdirSync(host)).toEqual(["ready"]);
      expect(await outcome(engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal))).toBe("done");
      expect(readdirSync(host)).toEqual(["ready"]);
      expect((await engine.volumes(signal)).filter(({ name }) => name === made)).toEqual([]);
    });

    test("what happens is told as it happens", async () => {
      const stop = new AbortController();
      const seen: string[] = [];
      const id = await create();
      const following = (async () => {
        for await (const { kind, id: of, action } of engine.events(stop.signal)) {
          if (of === id) seen.push(`${kind} ${action}`);
          if (of === id && (action === "die" || action === "died")) return;
        }
      })();
      await box.eventsAreFollowed();
      await engine.startContainer(id, signal);
      await engine.stopContainer(id, { graceMs: 0 }, signal);
      await following;
      stop.abort();
      expect(seen).toContain("container start");
    });
  });
}

const lines = (chunks: readonly LogChunk[], stream: LogChunk["stream"]): readonly string[] =>
  chunks.filter((chunk) => chunk.stream === stream).map(({ line }) => line);

async function collect<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const entry of source) all.push(entry);
  return all;
}

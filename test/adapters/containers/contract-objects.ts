import { mkdtempSync, rmSync, writeFileSync, mkdirSync, utimesSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import { bare } from "./fields.ts";
import type { TestedEngine } from "./tested.ts";

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof PoststackError ? error.code : error),
  );

/** Networks, volumes and images: what every engine does alike, real or not. */
export function objectContract(box: TestedEngine, image: string): void {
  const { engine, signal, labels } = box;

  describe("networks", () => {
    test("a name belongs to one, and its facts are told", async () => {
      const name = box.name("n");
      const { id } = await engine.createNetwork(name, { labels, internal: true }, signal);
      expect(await outcome(engine.createNetwork(name, { labels }, signal))).toBe("NAME_TAKEN");
      const found = (await engine.networks(signal)).find((network) => network.id === id);
      expect(found).toMatchObject({ name, driver: "bridge", isInternal: true, hasIpv6: false, labels });
      expect(found?.pools).toHaveLength(1);
    });

    test("addresses are those that were asked for", async () => {
      const name = box.name("n");
      const pools = [{ subnet: "10.251.7.0/24", gateway: "10.251.7.9" }];
      await engine.createNetwork(name, { labels, addresses: { pools } }, signal);
      expect((await engine.networks(signal)).find((network) => network.name === name)?.pools).toMatchObject(pools);
    });

    test("removing may be repeated; one that is in use stays", async () => {
      const name = box.name("n");
      const { id } = await engine.createNetwork(name, { labels }, signal);
      const attachments = new Map([[name, { aliases: [] }]]);
      const spec = { ...bare(image, labels), network: { mode: "networks", attachments } } as const;
      const container = await engine.createContainer(box.name("c"), spec, signal);
      await engine.startContainer(container.id, signal);
      expect(await outcome(engine.removeNetwork(id, signal))).toBe("ENGINE_OBJECT_IN_USE");
      await engine.removeContainer(container.id, { force: true, anonymousVolumes: true }, signal);
      expect(await outcome(engine.removeNetwork(id, signal))).toBe("done");
      expect(await outcome(engine.removeNetwork(id, signal))).toBe("done");
    });

    test("connecting and disconnecting may be repeated, and are seen", async () => {
      const [first, second] = [box.name("n1"), box.name("n2")];
      for (const name of [first, second]) await engine.createNetwork(name, { labels }, signal);
      const attachments = new Map([[first, { aliases: [] }]]);
      const spec = { ...bare(image, labels), network: { mode: "networks", attachments } } as const;
      const { id } = await engine.createContainer(box.name("c"), spec, signal);
      await engine.startContainer(id, signal);
      const seen = async () => (await engine.inspectContainer(id, signal))?.attachments;
      for (const _ of [1, 2]) await engine.connectNetwork(second, id, { aliases: ["web"] }, signal);
      expect(await seen()).toEqual(
        new Map([
          [first, { aliases: [] }],
          [second, { aliases: ["web"] }],
        ]),
      );
      for (const _ of [1, 2]) await engine.disconnectNetwork(second, id, signal);
      expect([...((await seen())?.keys() ?? [])]).toEqual([first]);
      await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
      expect(await outcome(engine.disconnectNetwork(first, id, signal))).toBe("done");
    });
  });

  describe("volumes", () => {
    test("making one that is there gives what is there, another's labels too", async () => {
      const name = box.name("v");
      const foreign = new Map([...labels, ["owner", "somebody"]]);
      expect((await engine.createVolume(name, { labels: foreign }, signal)).labels).toEqual(foreign);
      const again = await engine.createVolume(name, { labels: new Map([...labels, ["owner", "us"]]) }, signal);
      expect(again).toMatchObject({ name, driver: "local", labels: foreign });
    });

    test("removing may be repeated; one that is in use stays", async () => {
      const name = box.name("v");
      await engine.createVolume(name, { labels }, signal);
      const mounts = [{ type: "volume", name, target: "/data", readOnly: false }] as const;
      const { id } = await engine.createContainer(box.name("c"), { ...bare(image, labels), mounts }, signal);
      expect((await engine.containers(signal)).find((entry) => entry.id === id)?.mounts).toMatchObject([
        { type: "volume", name, target: "/data", isReadOnly: false },
      ]);
      expect(await outcome(engine.removeVolume(name, signal))).toBe("ENGINE_OBJECT_IN_USE");
      await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
      expect((await engine.volumes(signal)).map((volume) => volume.name)).toContain(name);
      expect((await engine.volumeSizes(signal)).get(name)).toBeGreaterThanOrEqual(0);
      for (const _ of [1, 2]) expect(await outcome(engine.removeVolume(name, signal))).toBe("done");
    });
  });

  describe("images", () => {
    test("one that is not there", async () => {
      expect(await engine.inspectImage("poststack-test/none:1", signal)).toBeUndefined();
      expect(await outcome(engine.removeImage("poststack-test/none:1", signal))).toBe("done");
      // Nothing listens there: not the image's fault.
      expect(await outcome(engine.pullImage("127.0.0.1:9/none:1", {}, signal))).toBe("PULL_FAILED");
    });

    test("has names, and goes with the last of them, unless a container is made from it", async () => {
      const details = await engine.inspectImage(image, signal);
      expect(details?.config.command).toEqual(["sleep", "100000"]);
      const name = "poststack-test/named:2";
      await engine.tagImage(details?.id ?? "", name, signal);
      expect((await engine.images(signal)).find(({ id }) => id === details?.id)?.references).toEqual(
        expect.arrayContaining([image, name]),
      );
      await engine.removeImage(name, signal);
      expect(await engine.inspectImage(name, signal)).toBeUndefined();
      await engine.createContainer(box.name("c"), bare(image, labels), signal);
      expect(await outcome(engine.removeImage(image, signal))).toBe("ENGINE_OBJECT_IN_USE");
    });
  });
}

/** Builds, which only a real engine can do. */
export function buildContract(box: TestedEngine, image: string): void {
  const { engine, signal, labels } = box;

  describe("builds", () => {
    const folders: string[] = [];
    afterEach(() => {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
    });
    const context = (files: Readonly<Record<string, string>>): string => {
      const folder = mkdtempSync(join(tmpdir(), "poststack-context-"));
      folders.push(folder);
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(join(folder, path, ".."), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      return folder;
    };
    const reference = "poststack-test/built:1";

    test("what a build makes is there under its name, with its labels", async () => {
      const files = { Dockerfile: `FROM ${image}\nARG WHO=nobody\nRUN echo "hello $WHO" > /said\n` };
      const told: string[] = [];
      const { id } = await engine.buildImage(
        {
          references: [reference],
          context: context(files),
          labels,
          arguments: new Map([["WHO", "world"]]),
          onOutput: (line) => told.push(line),
        },
        signal,
      );
      expect(await engine.inspectImage(reference, signal)).toMatchObject({
        id,
        labels: expect.objectContaining(labels) as unknown,
      });
      expect(told.join("\n")).toMatch(/RUN echo/);
      const container = await engine.createContainer(box.name("c"), bare(reference, labels), signal);
      await engine.startContainer(container.id, signal);
      expect((await engine.exec(container.id, { command: ["cat", "/said"], timeoutMs: 20_000 }, signal)).output).toBe(
        "hello world\n",
      );
    });

    test("a step that fails is told with its last lines", async () => {
      const folder = context({ Dockerfile: `FROM ${image}\nRUN echo so far; exit 3\n` });
      const failed = await engine
        .buildImage({ references: [reference], context: folder, labels }, signal)
        .catch((error: unknown) => error);
      expect(failed).toMatchObject({
        facts: { code: "BUILD_FAILED", details: expect.arrayContaining(["so far"]) as unknown },
      });
    });

    test("a Dockerfile that is not there, or makes no sense", async () => {
      expect(await outcome(engine.buildImage({ references: [reference], context: context({}) }, signal))).toBe(
        "FILE_MISSING",
      );
      const folder = context({ Dockerfile: "WAT?\n" });
      expect(await outcome(engine.buildImage({ references: [reference], context: folder }, signal))).toBe(
        "BUILD_FAILED",
      );
    });

    test("what .dockerignore leaves out is not sent, and what it brings back is", async () => {
      const files = {
        Dockerfile: `FROM ${image}\nCOPY . /sent\n`,
        ".dockerignore": "# comment\nnode_modules\nlogs\n!logs/keep\n**/*.tmp\n",
        "node_modules/a/index.js": "",
        "logs/drop": "",
        "logs/keep": "",
        "deep/er/x.tmp": "",
        "deep/er/x": "",
        // The state with its passwords goes into no image, whatever stands in .dockerignore.
        ".poststack/dev/state.json": "",
      };
      await engine.buildImage({ references: [reference], context: context(files), labels }, signal);
      const { id } = await engine.createContainer(box.name("c"), bare(reference, labels), signal);
      await engine.startContainer(id, signal);
      const command = ["sh", "-c", "cd /sent && find . -type f | sort"] as const;
      const { output } = await engine.exec(id, { command, timeoutMs: 20_000 }, signal);
      expect(output.trim().split("\n")).toEqual(["./.dockerignore", "./Dockerfile", "./deep/er/x", "./logs/keep"]);
    });

    test("what is copied keeps its time, and a new time alone makes no other image", async () => {
      const folder = context({ Dockerfile: `FROM ${image}\nCOPY a /sent/a\n`, a: "1" });
      const lines: string[] = [];
      const more = new Map([...labels, ...[1, 2, 3, 4, 5, 6].map((at): [string, string] => [`label-${at}`, `${at}`])]);
      const onOutput = (line: string): unknown => lines.push(line);
      const spec = { references: [reference], context: folder, labels: more, onOutput };
      utimesSync(join(folder, "a"), 1_000_000_000, 1_000_000_000.9);
      const built = await engine.buildImage(spec, signal);
      const { id } = await engine.createContainer(box.name("c"), bare(reference, labels), signal);
      await engine.startContainer(id, signal);
      const command = ["stat", "-c", "%Y", "/sent/a"] as const;
      const { output } = await engine.exec(id, { command, timeoutMs: 20_000 }, signal);
      expect(output.trim()).toBe("1000000000");
      utimesSync(join(folder, "a"), 2_000_000_000, 2_000_000_000);
      lines.length = 0;
      expect(await engine.buildImage(spec, signal)).toEqual(built);
      expect(lines.join("\n")).toMatch(/cache/i);
    });

    test("the inputs of a build are names, modes and contents, and no times", async () => {
      const folder = context({
        Dockerfile: `ARG TAG=1\nFROM poststack-test/busybox:$TAG AS base\nFROM base\n`,
        a: "1",
      });
      const spec = { context: folder };
      const digest = async () => (await engine.buildContext(spec, signal)).digest;
      const first = await engine.buildContext(spec, signal);
      expect(first.bases(undefined)).toEqual(["poststack-test/busybox:1"]);
      expect(first.bases(new Map([["TAG", "2"]]))).toEqual(["poststack-test/busybox:2"]);
      utimesSync(join(folder, "a"), 1, 1);
      mkdirSync(join(folder, ".poststack"));
      writeFileSync(join(folder, ".poststack", "state.json"), "{}");
      expect(await digest()).toBe(first.digest);
      chmodSync(join(folder, "a"), 0o755);
      const withMode = await digest();
      expect(withMode).not.toBe(first.digest);
      writeFileSync(join(folder, "a"), "2");
      expect(await digest()).not.toBe(withMode);
    });
  });
}

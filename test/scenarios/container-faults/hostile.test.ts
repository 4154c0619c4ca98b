import { expect, onTestFinished, test } from "vitest";
import type { EngineBox } from "../../engine/box.ts";
import { describeStages } from "../../engine/engines.ts";
import { errorsOf } from "../../support/command.ts";
import { stageOn, type Stage } from "../containers/stage.ts";
import { faultProxy, type Fault, type FaultProxy } from "./fault-proxy.ts";

// An engine whose calls fail: RELIABILITY 12, 13 and 31, with the whole program, and the real engine behind. Every call
// with every fault is the business of test/adapters/containers/fault-matrix.test.ts; here each call of an apply has two.

const compose = `services:
  web: { image: IMAGE, init: true, stop_grace_period: 0s, configs: [{ source: page, target: /page }], volumes: ["data:/data"] }
volumes: { data: {} }
configs: { page: { content: one } }
`;
const whole = [["web-1 running"], ["network default", "volume data"]] as const;

const kinds: readonly Fault[] = [
  "no answer",
  { status: 500, message: "something inside went wrong" },
  "half an answer",
  { status: 409, message: "removal of container 0123 is already in progress" },
  { status: 503, message: "the daemon is shutting down" },
  "cut",
  "a garbled answer",
];
/** Where each round begins in the list: no call has one fault twice. */
const offsets = [0, 3] as const;
const named = (fault: Fault | undefined): string => (typeof fault === "object" ? JSON.stringify(fault) : `${fault}`);

interface FaultyStage extends Stage {
  readonly proxy: FaultProxy;
}

async function faultyStageOn(box: EngineBox): Promise<FaultyStage> {
  const proxy = await faultProxy(box.socket);
  onTestFinished(() => proxy.close());
  return { ...(await stageOn(box, { "compose.yml": compose }, proxy.host)), proxy };
}

describeStages({ name: "an engine", isExtra: true }, faultyStageOn, ({ stage }) => {
  test("one of whose calls fails, whichever and however: the same apply ends well, with one of each", async () => {
    const app = await stage();
    await app.ok("apply", "--yes", "--target", `database:${app.name}_dev`);
    const rounds = offsets.map((offset) => ({ offset, seen: new Set<string>() }));
    for (;;) {
      // In one apply two calls fail, each of which has not yet had its fault of that round, as they first come.
      const failed = new Map<string, Fault | undefined>();
      const open = [...rounds];
      app.proxy.decide((call) => {
        const round = failed.has(call) ? undefined : open.find(({ seen }) => !seen.has(call));
        if (round === undefined) return undefined;
        open.splice(open.indexOf(round), 1);
        const fault = kinds[(round.seen.size + round.offset) % kinds.length];
        round.seen.add(call);
        failed.set(call, fault);
        return fault;
      });
      const ended = await app.run("apply", "--yes", "--no-wait");
      app.proxy.decide(() => undefined);
      if (failed.size === 0) break;
      const what = Array.from(failed, ([call, fault]) => `${call}: ${named(fault)}`).join(", ");
      expect(ended.code, `${what}\n${ended.text}`).toBe(0);
      expect([await app.containers(), await app.objects()], what).toEqual(whole);
      await app.clear();
    }
    // What an apply asks, and the calls that make, fill and start.
    for (const { seen } of rounds) {
      expect([...seen]).toEqual(
        expect.arrayContaining(["GET /containers/json", "POST /containers/create", "POST /containers/ID/start"]),
      );
      expect(seen.size).toBeGreaterThanOrEqual(9);
    }
  }, 300_000);

  test("that is slow in everything, but answers, is waited for", async () => {
    const app = await stage();
    app.proxy.decide(() => ({ lateMs: 400 }));
    const { lines } = await app.ok("apply", "--yes", "--no-wait", "--json");
    expect(lines.filter(({ type }) => type === "retry")).toEqual([]);
    expect([await app.containers(), await app.objects()]).toEqual(whole);
    expect(await app.plan()).toEqual([]);
  }, 120_000);

  test("that takes longer than anybody waits is an error with the time that it had", async () => {
    const app = await stage();
    app.proxy.decide((call) => (call === "GET /networks" ? "silence" : undefined));
    const ended = await app.run("plan", "--json");
    expect(ended.code, ended.text).toBe(3);
    expect(errorsOf(ended)).toEqual([
      {
        code: "ENGINE_UNREACHABLE",
        what: "listing networks: no answer within 10 s",
        next: "see whether the engine is overloaded: docker info, its log",
      },
    ]);
  });

  test("whose object is gone between the look and the deed: what is there then is looked at afresh", async () => {
    const app = await stage();
    await app.ok("apply", "--yes", "--no-wait");
    const { engine, signal } = app.box;
    const { id } = await app.container("web-1");
    await engine.stopContainer(id, { graceMs: 0 }, signal);
    let removed: Promise<unknown> | undefined;
    // The one write of a start: whoever removes the container just before it is first.
    app.proxy.decide((call) => {
      if (call !== "POST /containers/ID/start" || removed !== undefined) return undefined;
      removed = engine.removeContainer(id, { force: true, anonymousVolumes: false }, signal);
      return removed;
    });
    const ended = await app.ok("apply", "--yes", "--no-wait", "--json");
    expect(removed).toBeDefined();
    expect(ended.lines.some(({ type }) => type === "retry")).toBe(true);
    expect([await app.containers(), await app.objects()]).toEqual(whole);
    expect((await app.container("web-1")).id).not.toBe(id);
    expect(await app.plan()).toEqual([]);
  }, 120_000);
});

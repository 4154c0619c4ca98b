import { expect, test } from "vitest";
import { resourceId } from "../../controller/core/id.ts";
import type { Link, Result } from "../../controller/core/resource.ts";
import { chain } from "../../controller/engine/chain.ts";
import type { Action } from "../../controller/resources/index.ts";

const migration = (name: string, dependsOn: readonly string[], transactional = true): Action =>
  ({
    kind: "migration",
    verb: "apply",
    id: resourceId("migration", name),
    dependsOn: dependsOn.map((one) => resourceId("migration", one)),
    migration: { name, transactional },
  }) as unknown as Action;

interface Sent {
  readonly link: Link<Action>;
  readonly answer: (failure?: Error) => Promise<void>;
}

/** Resolves, or rejects with an error, when `settle` is called; that resolves when all who waited have heard. */
function settleable(): { readonly promise: Promise<void>; readonly settle: (failure?: Error) => Promise<void> } {
  let end = (_error?: Error): void => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  const settle = async (failure?: Error): Promise<void> => {
    end(failure);
    await Promise.allSettled([promise]);
  };
  return { promise, settle };
}

/** A kind that says at once that an action is on its way, and is answered by the test. */
function stage(actions: readonly Action[]) {
  const sent = new Map<string, Sent>();
  const options = { mayBegin: true };
  const carryOut = async (action: Action, link: Link<Action>): Promise<Result> => {
    const { promise: answer, settle } = settleable();
    sent.set(action.id.slice("migration:".length), { link, answer: settle });
    link.sent(answer);
    await answer;
    return { note: action.id };
  };
  return { sent, options, chain: chain(actions, carryOut, () => options.mayBegin) };
}

const [a, b, c] = [migration("a", []), migration("b", ["a"]), migration("c", ["b"])];

test("one action is sent behind the running one, the next when it is that one's turn", async () => {
  const { sent, chain: it } = stage([a, b, c]);
  const first = it.run(a);
  expect([...sent.keys()]).toEqual(["a", "b"]);
  expect([await it.hasBegun(b.id), await it.hasBegun(c.id)]).toEqual([true, false]);
  await sent.get("a")?.answer();
  expect(await first).toEqual({ note: "migration:a" });
  expect([...sent.keys()]).toEqual(["a", "b"]);
  const second = it.run(b);
  expect([...sent.keys()]).toEqual(["a", "b", "c"]);
  await sent.get("b")?.answer();
  expect(await second).toEqual({ note: "migration:b" });
});

test("what was sent behind a failure has never been begun", async () => {
  const { sent, chain: it } = stage([a, b]);
  const first = it.run(a);
  const before = sent.get("b")?.link.before;
  expect(before?.isOver()).toBe(false);
  await sent.get("a")?.answer(new Error("refused"));
  await expect(first).rejects.toThrow("refused");
  expect([before?.isOver(), await it.hasBegun(b.id)]).toEqual([true, false]);
});

test("a kind that tries once more sends what follows once more", async () => {
  const { sent, chain: it } = stage([a, b]);
  it.run(a).catch(() => undefined);
  const { link, answer } = sent.get("a") ?? expect.fail("a is sent");
  await answer(new Error("a lock"));
  sent.delete("b");
  link.sent(Promise.resolve());
  expect([await it.hasBegun(b.id), sent.get("b")?.link.before?.isOver()]).toEqual([true, false]);
});

test("a stop begins nothing: what has not been sent by then must not be", async () => {
  const { sent, options, chain: it } = stage([a, b, c]);
  void it.run(a);
  options.mayBegin = false;
  expect([await it.hasBegun(b.id), sent.get("b")?.link.before?.isOver()]).toEqual([true, true]);
  void it.run(b);
  expect(await it.hasBegun(c.id)).toBe(false);
});

test("what is not ready when its turn comes is sent all the same, also after a stop", async () => {
  const { sent, options, chain: it } = stage([a, b]);
  void it.run(a);
  void it.run(b);
  options.mayBegin = false;
  expect(sent.get("b")?.link.before?.isOver()).toBe(false);
});

test.each<[name: string, withdrawn: boolean]>([
  ["has begun, and is waited for", false],
  ["has not begun, and never does", true],
])("what is taken back %s", async (_name, withdrawn) => {
  const { sent, chain: it } = stage([a, b]);
  void it.run(a);
  let asked = 0;
  sent.get("b")?.link.sent(Promise.resolve(), () => {
    asked++;
    return Promise.resolve(withdrawn);
  });
  it.withdraw();
  expect(asked).toBe(1);
  expect(await it.hasBegun(b.id)).toBe(!withdrawn);
  expect(asked).toBe(1);
});

test.each<[name: string, actions: readonly [Action, Action]]>([
  ["waits for others too", [a, migration("b", ["a", "z"])]],
  ["waits for another", [a, migration("b", ["z"])]],
  ["does not run in a transaction", [a, migration("b", ["a"], false)]],
  ["comes after one that does not", [migration("a", [], false), b]],
  ["is of a kind that cannot", [a, { ...b, kind: "job" } as unknown as Action]],
])("an action is not sent ahead that %s", (_name, actions) => {
  const { sent, chain: it } = stage(actions);
  void it.run(actions[0]);
  expect([...sent.keys()]).toEqual(["a"]);
});

import { expect, test } from "vitest";
import { withheldFrom } from "../../controller/engine/unattended.ts";
import { diff } from "../../controller/resources/container/diff.ts";
import { inDependencyOrder } from "../../controller/core/order.ts";
import { resourceId } from "../../controller/core/id.ts";
import { desired, need, observed } from "../resources/container/kit.ts";

const wish = (name: string, ...mounts: readonly string[]) =>
  desired({
    id: resourceId("container", name),
    spec: { mounts: mounts.map((source) => ({ type: "volume", name: source, target: "/data", readOnly: false })) },
  });
const seen = (name: string, ...volumes: readonly string[]) =>
  observed(wish(name, ...volumes), {
    mounts: volumes.map((source) => ({
      ...{ type: "volume", name: source, source: "", target: "/data", isReadOnly: false },
    })),
  });

const withheld = (wishes: Parameters<typeof diff>[0], found: Parameters<typeof diff>[1], isProtected = false) => {
  const actions = inDependencyOrder(diff(wishes, found), (a, b) => (a.id < b.id ? -1 : 1));
  const held = withheldFrom(actions, isProtected);
  return actions.map(({ verb, id }) => `${held.has(id) ? "withheld" : "done"}: ${verb} ${id}`);
};

test("a server that is renamed on its volume waits for somebody who has read it, and so does what needs it", () => {
  const web = desired({ needs: [need("database")], dependsOn: [resourceId("container", "database")] });
  expect(withheld([wish("database", "data"), web, wish("mail")], [seen("db", "data")])).toEqual([
    "withheld: stop container:db",
    "withheld: create container:database",
    "done: create container:mail",
    "withheld: create container:web",
  ]);
});

test("two that exchange their volumes stop and go on: nothing is lost by it", () => {
  const found = [seen("one", "a"), seen("two", "b")];
  const wishes = [wish("one", "b"), wish("two", "a")];
  const shown = withheld(wishes, found);
  expect(shown.map((line) => line.replace(/@.*/, ""))).toEqual([
    "done: stop container:one",
    "done: stop container:two",
    "done: replace container:one",
    "done: replace container:two",
  ]);
  // Where somebody has to agree that anything stops, nothing begins before.
  expect(withheld(wishes, found, true).every((line) => line.startsWith("withheld: "))).toBe(true);
});

test("what goes away for good is withheld, and nothing waits for it", () => {
  expect(withheld([wish("web")], [seen("old", "data")])).toEqual([
    "withheld: delete container:old",
    "done: create container:web",
  ]);
});

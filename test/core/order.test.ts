import fc from "fast-check";
import { expect, test } from "vitest";
import type { ResourceId } from "../../controller/core/id.ts";
import { inDependencyOrder } from "../../controller/core/order.ts";

interface Node {
  readonly id: ResourceId;
  readonly dependsOn: readonly ResourceId[];
}
const node = (id: string, ...dependsOn: string[]): Node => ({
  id: id as ResourceId,
  dependsOn: dependsOn as ResourceId[],
});
const byId = (a: Node, b: Node): number => (a.id < b.id ? -1 : 1);
const ids = (nodes: readonly Node[]): string => nodes.map(({ id }) => id).join(" ");

test.each<[string, readonly Node[], string]>([
  ["without dependencies the comparison decides", [node("c"), node("a"), node("b")], "a b c"],
  ["a dependency comes first", [node("a", "b"), node("b")], "b a"],
  ["ids that are not there are ignored", [node("a", "gone"), node("b")], "a b"],
  ["a diamond", [node("a", "b", "c"), node("b", "d"), node("c", "d"), node("d")], "d b c a"],
])("%s", (_name, nodes, expected) => {
  expect(ids(inDependencyOrder(nodes, byId))).toBe(expected);
});

test("a cycle is named", () => {
  const nodes = [node("a", "b"), node("b", "c"), node("c", "a"), node("d", "a")];
  expect(() => inDependencyOrder(nodes, byId)).toThrow("a → b → c → a is a cycle");
});

test("a chain of twenty thousand is no problem", () => {
  const nodes = Array.from({ length: 20_000 }, (_, index) =>
    node(String(index), ...(index === 19_999 ? [] : [String(index + 1)])),
  );
  expect(inDependencyOrder(nodes, byId)[0]?.id).toBe("19999");
});

/** Each node depends on earlier ones only, so there is no cycle. */
const graph = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 30 })
  .map((edges) =>
    edges.map((to, index) => node(`n${index}`, ...(index === 0 ? [] : to.map((target) => `n${target % index}`)))),
  );

test("any order of the same nodes gives the same result, with every dependency before its dependent", () => {
  fc.assert(
    fc.property(graph, fc.infiniteStream(fc.nat()), (nodes, random) => {
      const ordered = inDependencyOrder(nodes, byId);
      const shuffled = nodes
        .map((one) => ({ one, key: random.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ one }) => one);
      expect(ids(inDependencyOrder(shuffled, byId))).toBe(ids(ordered));
      const position = new Map(ordered.map(({ id }, index) => [id, index]));
      for (const { id, dependsOn } of ordered) {
        for (const dependency of dependsOn) expect(position.get(dependency)).toBeLessThan(position.get(id) ?? -1);
      }
    }),
  );
});

import { PoststackError } from "./errors.ts";
import type { ResourceId } from "./id.ts";

interface Node {
  readonly id: ResourceId;
  readonly dependsOn: readonly ResourceId[];
  readonly after?: readonly ResourceId[];
}

interface Frame<N> {
  readonly node: N;
  readonly dependencies: readonly N[];
  next: number;
}

/**
 * Nodes sorted so that dependencies come first. Among nodes that are free to go, `compare` decides, so the same nodes in
 * any order give the same result. Ids that are not among the nodes are ignored.
 *
 * @throws PoststackError `DEPENDENCY_CYCLE`, naming the cycle
 */
export function inDependencyOrder<N extends Node>(nodes: readonly N[], compare: (a: N, b: N) => number): readonly N[] {
  const sorted = [...nodes].sort(compare);
  const byId = new Map(sorted.map((node) => [node.id, node]));
  const state = new Map<ResourceId, "open" | "done">();
  const result: N[] = [];

  // A stack of our own: a chain of ten thousand migrations is deeper than the call stack allows.
  const stack: Frame<N>[] = [];
  const enter = (node: N): void => {
    state.set(node.id, "open");
    const before = node.after === undefined ? node.dependsOn : [...node.dependsOn, ...node.after];
    const dependencies = [...new Set(before)].flatMap((id) => byId.get(id) ?? []);
    stack.push({ node, dependencies: dependencies.length > 1 ? dependencies.sort(compare) : dependencies, next: 0 });
  };

  for (const root of sorted) {
    if (!state.has(root.id)) enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const dependency = top.dependencies[top.next++];
      if (dependency === undefined) {
        state.set(top.node.id, "done");
        result.push(top.node);
        stack.pop();
      } else if (!state.has(dependency.id)) {
        enter(dependency);
      } else if (state.get(dependency.id) === "open") {
        const path = stack.map(({ node }) => node.id);
        throw cycle([...path.slice(path.indexOf(dependency.id)), dependency.id]);
      }
    }
  }
  return result;
}

const cycle = (path: readonly ResourceId[]): PoststackError =>
  new PoststackError("DEPENDENCY_CYCLE", {
    what: `${path.join(" → ")} is a cycle`,
    next: "remove one of these dependencies",
  });

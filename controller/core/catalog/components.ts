/**
 * Strongly connected components (Tarjan): nodes that lead to each other. Without recursion, since a chain of ten thousand
 * views is a schema, too.
 */
export function components(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const numbers = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  for (const root of edges.keys()) {
    if (numbers.has(root)) continue;
    const path: { readonly node: string; readonly next: Iterator<string> }[] = [];
    const enter = (node: string): void => {
      numbers.set(node, numbers.size);
      lowest.set(node, numbers.size - 1);
      stack.push(node);
      onStack.add(node);
      path.push({ node, next: (edges.get(node) ?? new Set<string>())[Symbol.iterator]() });
    };
    const lower = (node: string, to: number | undefined): void => {
      lowest.set(node, Math.min(lowest.get(node) ?? 0, to ?? 0));
    };
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { value, done } = top.next.next() as IteratorResult<string, undefined>;
      if (done !== true) {
        if (!numbers.has(value)) enter(value);
        else if (onStack.has(value)) lower(top.node, numbers.get(value));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) lower(parent.node, lowest.get(top.node));
      if (lowest.get(top.node) !== numbers.get(top.node)) continue;
      const members = stack.splice(stack.indexOf(top.node));
      for (const member of members) onStack.delete(member);
      found.push(members);
    }
  }
  return found;
}

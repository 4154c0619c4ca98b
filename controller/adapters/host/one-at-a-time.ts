/** One call at a time for each resource, in the order in which they came: two starts at once are one process. */
export function oneAtATime(): <T>(resource: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (resource, work) => {
    const turn = (last.get(resource) ?? Promise.resolve()).then(work, work);
    last.set(
      resource,
      turn.catch(() => undefined),
    );
    return turn;
  };
}

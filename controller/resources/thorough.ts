interface Inspected {
  readonly container: readonly object[];
  readonly instance: readonly object[];
}

/** The same wishes, looking also for what only an inspect call shows, for which each container is asked about. */
export const thorough = <R extends Inspected>(resources: R): R => ({
  ...resources,
  container: resources.container.map(deep),
  instance: resources.instance.map(deep),
});

const deep = (one: object): object => ({ ...one, isThorough: true });

/** `host:address`, one for each address, by name (compose-go, types: HostsList.AsList). */
export const hostsOf = (hosts: ReadonlyMap<string, readonly string[]>): readonly string[] =>
  [...hosts].flatMap(([host, addresses]) => addresses.map((address) => `${host}:${address}`)).sort();

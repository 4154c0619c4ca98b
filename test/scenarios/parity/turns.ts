import type { Case } from "./cases.ts";

/** What two projects on one engine cannot have both: they run one after the other. */
export const claimsOf = ({ services, networks, volumes }: Case): readonly string[] => [
  ...Object.values(services).flatMap(({ container_name: name }) => (name === undefined ? [] : [`container ${name}`])),
  // The project's own names begin with its name, which is another one here.
  ...Object.entries({ ...networks, ...volumes }).flatMap(([key, { name = "" }]) =>
    name.endsWith(`_${key}`) ? [] : [`name ${name}`],
  ),
  ...Object.values(networks).flatMap(({ ipam }) => (ipam?.config ?? []).map(({ subnet = "" }) => `subnet ${subnet}`)),
];

/** Lets work that claims the same run one after the other, and all other work at once. */
export function turns(): <T>(claims: readonly string[], work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (claims, work) => {
    const before = claims.map((claim) => last.get(claim) ?? Promise.resolve());
    // All are claimed at once, so nobody waits for one who waits for him.
    const ended = Promise.allSettled(before).then(work);
    for (const claim of claims) last.set(claim, ended);
    return ended;
  };
}

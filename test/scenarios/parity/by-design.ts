/** Where the two differ although the file is the same, by the lines of `differences`, and why. */
const byDesign: readonly (readonly [line: RegExp, reason: string])[] = [
  [/ Config\.AttachStd(?:out|err) /, "how the program that made it listened: it says nothing about the container"],
  [/ Labels\.io\.poststack\./, "ours: whose it is, and from what it was made"],
  [
    / Labels\.com\.docker\.compose\.(?:version|config-hash|image) /,
    "by what it was made, which is known by our own labels",
  ],
  [
    / Config\.MacAddress {2}\(none\) → /,
    "Docker before 25 takes a hardware address for the container alone; the reference then forgets that of a network",
  ],
  [/\.DriverOpts\.\S+ {2}\(none\) → /, "this release of the reference forgets options of a service's networks"],
];

const byDesignOnPodman: typeof byDesign = [
  [
    / Config\.StopTimeout {2}\(none\) → 10$/,
    "behind its compatible API one without a grace is killed at once; with us it has Docker's",
  ],
];

export const isByDesign = (line: string, engine: "docker" | "podman"): boolean =>
  [...byDesign, ...(engine === "podman" ? byDesignOnPodman : [])].some(([one]) => one.test(line));

/**
 * Podman writes the labels of a build as steps behind those of the Dockerfile, one each (Buildah, imagebuildah). They are
 * nobody's steps: what a build says is told without them.
 *
 * @returns whether a line is of the Dockerfile; it is asked for each in turn
 */
export function stepsOfFile(labels: ReadonlyMap<string, string>): (line: string) => boolean {
  const added = [...labels.keys()].map((name) => `LABEL ${JSON.stringify(name)}=`);
  let isAdded = false;
  return (line) => {
    const step = /^STEP \d+\/\d+: (.*)$/.exec(line)?.[1];
    if (step !== undefined) isAdded = added.some((one) => step.startsWith(one));
    // `--> Using cache 0123…` belongs to the step before it.
    else if (!line.startsWith("-->")) isAdded = false;
    return !isAdded;
  };
}

/**
 * As a list they keep their order. Of an object it takes them in any (a map of Go), and since each is a step, an unchanged
 * build would find none of them in the cache and make another image.
 */
export const buildLabels = (labels: ReadonlyMap<string, string>): string =>
  JSON.stringify([...labels].map(([name, value]) => `${name}=${value}`).sort());

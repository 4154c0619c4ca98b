import { expect, test } from "vitest";
import { labelNames, ownerMark } from "../../controller/core/engine-labels.ts";
import { claimsAmong } from "../../controller/core/ownership.ts";
import type { Ports } from "../../controller/core/ports.ts";
import type { ContainerSummary } from "../../controller/core/ports/container-facts.ts";
import type { ImageFacts } from "../../controller/core/ports/container-images.ts";

const token = "0123456789abcdef";
const { signal } = new AbortController();

type Labels = ReadonlyMap<string, string>;

const labelled = (resource: string, name?: string, owner = token): Labels =>
  new Map([
    [labelNames.owner, ownerMark(owner)],
    [labelNames.resource, resource],
    ...(name === undefined ? [] : [[labelNames.name, name] as const]),
  ]);

const id = "abcdef012345".padEnd(64, "0");
const inherited = labelled("container:web", "app-web");
const plain: Labels = new Map();

/** @param imageLabels undefined: the image is not here any more */
async function claimed(
  name: string,
  labels: Labels,
  imageLabels: Labels | undefined,
  owner: string | undefined = token,
) {
  const summary = { id, names: [name], imageId: "sha256:1", labels } as unknown as ContainerSummary;
  const image = { id: "1", labels: imageLabels } as unknown as ImageFacts;
  let calls = 0;
  const images = (): Promise<readonly ImageFacts[]> =>
    Promise.resolve((calls++, imageLabels === undefined ? [] : [image]));
  const ports = { containers: { images }, state: { read: () => owner && { owner } } } as unknown as Ports;
  const claims = await claimsAmong([summary], ports, signal);
  return { resource: claims[0]?.resource, calls };
}

test.each<[string, string, Labels, Labels | undefined, string | undefined]>([
  ["ours", "app-web", inherited, plain, "container:web"],
  ["ours that somebody renamed", "mine", inherited, plain, "container:web"],
  ["ours from before names were written on it", "app-web", labelled("container:web"), plain, "container:web"],
  ["one of an image that was made of ours", "debug", inherited, inherited, undefined],
  ["ours, of an image that was made of it", "app-web", inherited, inherited, "container:web"],
  ["ours, the next of its replacement", "app-web.next", inherited, inherited, "container:web"],
  ["ours, the one before", "app-web.previous", inherited, inherited, "container:web"],
  ["ours, whose name another one took", "app-web.abcdef012345", inherited, inherited, "container:web"],
  ["ours, whose image is gone", "app-web", inherited, undefined, "container:web"],
  ["under another name, and its image is gone", "debug", inherited, undefined, undefined],
  ["ours, of an image that was made of another one", "mine", labelled("job:seed"), inherited, "job:seed"],
  ["a server", "app-postgres", labelled("instance:postgres"), plain, "instance:postgres"],
  ["one of an image that we built", "shell", labelled("image:app-web"), labelled("image:app-web"), undefined],
  ["of another environment", "app-web", labelled("container:web", "app-web", "another"), plain, undefined],
  ["of nobody", "app-web", plain, plain, undefined],
])("%s", async (_name, name, labels, imageLabels, expected) => {
  expect((await claimed(name, labels, imageLabels)).resource).toBe(expected);
});

test("before the first apply nothing is ours", async () => {
  expect(await claimed("app-web", inherited, plain, "")).toEqual({ resource: undefined, calls: 0 });
});

test("images are listed only where a name leaves it open", async () => {
  expect((await claimed("app-web", inherited, plain)).calls).toBe(0);
  expect((await claimed("shell", labelled("image:app-web"), plain)).calls).toBe(0);
  expect((await claimed("mine", inherited, plain)).calls).toBe(1);
});

import { canonicalText, type Digest } from "../../core/canonical.ts";
import { labelNames } from "../../core/engine-labels.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import type { ContainerFile } from "../../core/ports/containers.ts";
import { Secret, type Text } from "../../core/secret.ts";
import { isLimit, limitsText } from "./limits.ts";
import type { ContainerConfig, DesiredContainer } from "./model.ts";

/** A file that a container gets, as far as a change of it makes a new one. */
export interface ComparedFile extends Omit<ContainerFile, "content"> {
  readonly content: ContainerFile["content"] | Digest;
}

/** Characters of a content's hash: enough to tell that it changed, too few to test a guess for sure. */
const shortHash = 12;

/**
 * What the labels of a container keep of its spec. Limits are left out of the hash: they change in place, and a label
 * never does.
 *
 * @param hash keyed with the owner token
 * @param hidden fields besides secret variables that no plan shows, as the drift of a spec calls them
 */
export function configOf(
  spec: ContainerSpec,
  files: readonly ComparedFile[],
  hash: (text: Text) => string,
  hidden: readonly string[] = [],
): ContainerConfig {
  const { resources = {}, restart: _restart, ...others } = spec;
  const { blkio = {}, ...plainResources } = resources;
  const fixedResources = Object.fromEntries(Object.entries(plainResources).filter(([name]) => !isLimit(name)));
  const { weight: _weight, ...fixedBlkio } = blkio;
  const short = (value: unknown): string => hash(canonicalText(value)).slice(0, shortHash);
  const secrets = [...spec.environment].filter(([, value]) => value instanceof Secret);
  return {
    fixed: hash(canonicalText([others, fixedResources, fixedBlkio, files])),
    limits: limitsText(spec),
    contents: new Map([
      ...files.map(({ path, content }) => [path, short(content)] as const),
      ...secrets.map(([name, value]) => [`environment/${name}`, short(value)] as const),
      // That they changed is known from the hash of all.
      ...hidden.map((field) => [field, ""] as const),
    ]),
  };
}

/**
 * Keyed hash of what is run inside after a start and before a stop; undefined: nothing. No container is made anew because
 * of it, but a plan that was agreed to is another one.
 */
export const hooksKey = (
  { postStart, preStop }: Pick<DesiredContainer, "postStart" | "preStop">,
  hash: (text: Text) => string,
): string | undefined =>
  postStart.length + preStop.length === 0 ? undefined : hash(canonicalText([postStart, preStop]));

export const limitsLabel = "io.poststack.limits";

/** The labels that keep it; the config label itself is written with those of the owner. */
export const configLabels = ({ limits, contents }: ContainerConfig): ReadonlyMap<string, string> =>
  new Map([
    [limitsLabel, limits],
    ...(contents.size === 0 ? [] : [[labelNames.contents, JSON.stringify([...contents])] as const]),
  ]);

import { commandLine } from "../../core/action.ts";
import { driftOf, type Drift } from "../../core/drift.ts";
import { userLabels } from "../../core/engine-labels.ts";
import type { ImageConfig } from "../../core/ports/container-images.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import { keyedHash, Secret, type Text } from "../../core/secret.ts";
import { composeName } from "./compose-names.ts";
import { withImageDefaults } from "./image-defaults.ts";
import { isLimit } from "./limits.ts";
import { networkFields } from "./network-fields.ts";
import { plainText } from "./plain-text.ts";

/** Characters of a value in the line of a plan. */
const longest = 60;

/**
 * What differs between a wish and a container that was made from another one, in the files' words: `LOG_LEVEL debug →
 * info; working_dir …`. It gives the reason; that they differ is known from the labels, so a field whose two spellings
 * an engine treats alike does no harm here. Limits are compared elsewhere.
 *
 * @param actual as it was observed, with what came from its image; a secret stands in it as plain text
 * @param isHidden whether no plan shows the field, since a secret is in it or was
 */
export function driftOfSpec(
  desired: ContainerSpec,
  actual: ContainerSpec,
  image: ImageConfig | undefined,
  isHidden: (field: string) => boolean,
): readonly Drift[] {
  const wanted = fieldsOf(withImageDefaults(desired, image), actual);
  const seen = fieldsOf(actual, desired);
  return driftOf(comparable(wanted), comparable(seen)).flatMap(({ field }): Drift[] => {
    const [from, to] = [seen.get(field), wanted.get(field)];
    // An engine fills in what nobody asked for: its own names, drivers and limits.
    if (to === undefined && (!isOfFiles(field) || ofEngine.has(field))) return [];
    const isSecret = to instanceof Secret || isHidden(field);
    return [{ field: composeName(field), from: isSecret ? "" : shown(from), to: isSecret ? "" : shown(to) }];
  });
}

type Fields = ReadonlyMap<string, Text>;

/** Fields that nothing but the files and the image gives a value: without one, it is to go. */
const ofFiles = new Set([
  "command",
  "entrypoint",
  "user",
  "workingDirectory",
  "ports",
  "mounts",
  "extraHosts",
  "dns",
  "tty",
  "init",
]);
const isOfFiles = (field: string): boolean =>
  ofFiles.has(field) || /^(?:environment|label|network|security)\//.test(field);

/** Variables that an engine sets by itself (Podman: `podman run`, "Environment"). */
const ofEngine = new Set(["HOME", "HOSTNAME", "PATH", "TERM", "container"].map((name) => `environment/${name}`));

/** One field for each thing that a person would name. The image is compared by its id as well. */
function fieldsOf(
  { environment, labels, command, entrypoint, resources, security, namespaces, network, ...others }: ContainerSpec,
  other: Pick<ContainerSpec, "network">,
): Fields {
  const { platform: _platform, removeWhenDone: _removeWhenDone, workingDirectory, ...simple } = others;
  const named = (group: string, values: object | undefined): [string, Text][] =>
    Object.entries(values ?? {}).flatMap(([name, value]: [string, unknown]): [string, Text][] =>
      isEmpty(value) || isLimit(name) ? [] : [[`${group}${name}`, plainText(name, value)]],
    );
  return new Map([
    ...[...environment].flatMap(([name, value]): [string, Text][] =>
      value === undefined ? [] : [[`environment/${name}`, value]],
    ),
    ...[...networkFields(network, other.network)].map(([name, value]): [string, Text] => [`network/${name}`, value]),
    ...[...userLabels(labels)].map(([name, value]): [string, Text] => [`label/${name}`, value]),
    ...(command === undefined ? [] : [["command", commandLine(command)] as const]),
    ...(isEmpty(entrypoint) ? [] : [["entrypoint", commandLine(entrypoint ?? [])] as const]),
    // Without a folder of its own a process works in the root.
    ...named("", { ...simple, workingDirectory: workingDirectory === "/" ? undefined : workingDirectory }),
    ...named("resources/", withoutWeight(resources)),
    ...named("security/", security),
    ...named("namespaces/", namespaces),
  ]);
}

/** The weight is a limit of its own. */
function withoutWeight(resources: ContainerSpec["resources"]): ContainerSpec["resources"] {
  const { blkio: { weight: _weight, ...blkio } = {}, ...others } = resources ?? {};
  return Object.keys(blkio).length === 0 ? others : { ...others, blkio };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === false ||
  value === "" ||
  (Array.isArray(value) && value.every((one) => one === "")) ||
  (value instanceof Map && value.size === 0);

/** A secret of the files and the same text in a container are equal, and neither is seen: hashes are compared. */
const comparable = (fields: Fields): ReadonlyMap<string, string> =>
  new Map([...fields].map(([name, value]) => [name, keyedHash("", value)]));

/** One line of the plan holds it, whatever it is. */
function shown(value: Text | undefined): string {
  if (value === undefined) return "none";
  if (value instanceof Secret) return "«secret»";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const line = value === "" || /[\u0000-\u001f\u007f]/.test(value) ? JSON.stringify(value) : value;
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

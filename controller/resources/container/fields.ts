import { commandLine } from "../../core/action.ts";
import { driftOf, type Drift } from "../../core/drift.ts";
import { userLabels } from "../../core/engine-labels.ts";
import type { ImageConfig } from "../../core/ports/container-images.ts";
import type { ContainerSpec } from "../../core/ports/container-spec.ts";
import { keyedHash, Secret, type Text } from "../../core/secret.ts";
import { composeName, isChosen } from "./compose-names.ts";
import { withImageDefaults } from "./image-defaults.ts";
import { isLimit } from "./limits.ts";
import { networkFields } from "./network-fields.ts";
import { healthcheckParts, mountOptionTexts, mountTexts, tmpfsTexts, written, type Written } from "./notation.ts";

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
  const withImage = withImageDefaults(desired, image);
  const wanted = fieldsOf(withImage, actual);
  const seen = fieldsOf(actual, withImage);
  return driftOf(comparable(wanted), comparable(seen)).flatMap(({ field }): Drift[] => {
    const [from, to] = [seen.get(field), wanted.get(field)];
    const whole = wholeOf(field);
    // An engine fills in what nobody asked for: its own names, drivers and limits.
    if (to === undefined && (!isOfFiles(whole) || ofEngine.has(field))) return [];
    if (isSameContainer(from, to)) return [];
    const isSecret = to instanceof Secret || isHidden(whole);
    const [shownFrom, shownTo] = isSecret ? ["", ""] : shownBoth(field, from, to);
    return [{ field: composeName(field), from: shownFrom, to: shownTo }];
  });
}

/** Of several texts a plan shows those that differ. */
type Field = Text | readonly string[];
type Fields = ReadonlyMap<string, Field>;

/** Fields that nothing but the files and the image gives a value: without one, it is to go. */
const ofFiles = new Set([
  "command",
  "entrypoint",
  "user",
  "workingDirectory",
  "healthcheck",
  "ports",
  "mounts",
  "mountOptions",
  "tmpfs",
  "extraHosts",
  "dns",
  "tty",
  "stdinOpen",
  "init",
]);
const isOfFiles = (field: string): boolean => ofFiles.has(field) || isChosen(field) || field.startsWith("security/");

/** The field that a part belongs to: `healthcheck` of `healthcheck.interval`. */
const wholeOf = (field: string): string => (isChosen(field) ? field : (field.split(".", 1)[0] ?? field));

/** Variables that an engine sets by itself (Podman: `podman run`, "Environment"). */
const ofEngine = new Set(["HOME", "HOSTNAME", "PATH", "TERM", "container"].map((name) => `environment/${name}`));

/** What counts where neither the files nor the image say anything (compose-spec, 05-services.md). */
const usual: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["tty", "stdinOpen", "init", "security/privileged", "security/readOnly", "resources/disableOomKill"].map(
      (flag) => [flag, "false"] as const,
    ),
  ),
  "healthcheck.disable": "false",
  stopGraceMs: "10s",
  stopSignal: "SIGTERM",
};

/** An engine keeps the id where a file has a name; one that is another container since is known by its age. */
const isSameContainer = (from: Field | undefined, to: Field | undefined): boolean =>
  typeof from === "string" && /^container:[0-9a-f]{64}$/.test(from) && String(to).startsWith("container:");

/** One field for each thing that a person would name. The image is compared by its id as well. */
function fieldsOf(
  { environment, labels, command, entrypoint, resources, security, namespaces, network, ...others }: ContainerSpec,
  other: Pick<ContainerSpec, "network" | "healthcheck">,
): Fields {
  const {
    platform: _platform,
    removeWhenDone: _removeWhenDone,
    workingDirectory,
    mounts,
    healthcheck,
    ...simple
  } = others;
  const named = (group: string, values: object | undefined): [string, Field][] =>
    Object.entries(values ?? {}).flatMap(([name, value]: [string, unknown]): [string, Field][] =>
      isEmpty(value) || isLimit(name) ? [] : parts(`${group}${name}`, written(`${group}${name}`, value)),
    );
  return new Map([
    ...[...environment].flatMap(([name, value]): [string, Field][] =>
      value === undefined ? [] : [[`environment/${name}`, value]],
    ),
    ...[...networkFields(network, other.network)].map(([name, value]): [string, Field] => [`network/${name}`, value]),
    ...[...userLabels(labels)].map(([name, value]): [string, Field] => [`label/${name}`, value]),
    ...(command === undefined ? [] : [["command", commandLine(command)] as const]),
    ...(isEmpty(entrypoint) ? [] : [["entrypoint", commandLine(entrypoint ?? [])] as const]),
    ...parts("healthcheck", healthcheckParts(healthcheck, other.healthcheck)),
    ...several("mounts", mountTexts(mounts)),
    ...several("mountOptions", mountOptionTexts(mounts)),
    ...several("tmpfs", tmpfsTexts(mounts)),
    // Without a folder of its own a process works in the root.
    ...named("", { ...simple, workingDirectory: workingDirectory === "/" ? undefined : workingDirectory }),
    ...named("resources/", withoutWeight(resources)),
    ...named("security/", security),
    ...named("namespaces/", namespaces),
  ]);
}

const parts = (field: string, value: Written): [string, Field][] =>
  typeof value === "string" || isList(value)
    ? [[field, value]]
    : [...value].map(([name, part]): [string, Field] => [`${field}.${name}`, part]);

const several = (field: string, texts: readonly string[]): [string, Field][] =>
  texts.length === 0 ? [] : [[field, texts]];

/** `Array.isArray` does not narrow a list that is read only. */
const isList = (value: Written | Field | undefined): value is readonly string[] => Array.isArray(value);

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

/** Their order means something: who is asked first. */
const ordered = new Set(["dns", "dnsSearch"]);

/** A secret of the files and the same text in a container are equal, and neither is seen: hashes are compared. */
const comparable = (fields: Fields): ReadonlyMap<string, string> =>
  new Map(
    [...fields].map(([name, value]) => {
      if (!isList(value)) return [name, keyedHash("", value)];
      return [name, keyedHash("", (ordered.has(name) ? value : value.toSorted()).join("\n"))];
    }),
  );

/** @returns from and to, each on one line of the plan whatever it is */
function shownBoth(field: string, from: Field | undefined, to: Field | undefined): readonly [string, string] {
  const [fromOnly, toOnly] = [without(from, to), without(to, from)];
  // Only their order differs.
  const isMoved = isList(fromOnly) && isList(toOnly) && fromOnly.length + toOnly.length === 0;
  return isMoved ? [shown(field, from), shown(field, to)] : [shown(field, fromOnly), shown(field, toOnly)];
}

const without = (field: Field | undefined, other: Field | undefined): Field | undefined =>
  isList(field) && isList(other) ? field.filter((one) => !other.includes(one)) : field;

function shown(field: string, value: Field | undefined): string {
  if (value === undefined || (isList(value) && value.length === 0)) return usual[field] ?? "none";
  if (value instanceof Secret) return "«secret»";
  const text = isList(value) ? (ordered.has(field) ? value : value.toSorted()).join(", ") : value;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const line = text === "" || /[\u0000-\u001f\u007f]/.test(text) ? JSON.stringify(text) : text;
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

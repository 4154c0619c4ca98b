import { canonicalText } from "../../core/canonical.ts";
import type { Place } from "../../core/place.ts";
import type { ContainerSpec, Mount } from "../../core/ports/container-spec.ts";
import type { ComparedFile } from "../../resources/container/config.ts";
import type { Files } from "../../core/ports/files.ts";
import { Secret } from "../../core/secret.ts";
import { composeName } from "../../resources/container/compose-names.ts";
import type { ComposeService } from "../compose/service-model.ts";
import { hashInputs } from "../inputs.ts";
import { atPlace } from "../problems.ts";
import type { ComposeWishes } from "./compose/wishes.ts";
import type { Scope } from "./environment.ts";
import type { Identity } from "./identity.ts";

// What the keys of jobs are made of: neither what Poststack injects nor what is made of a secret. A new port or a rotated
// password is no reason to seed a database again.

type Part = readonly [name: string, text: string];

/** What the user gives a command of this host. */
export const variableParts = ({ own }: Scope, { shortHash }: Identity): readonly Part[] =>
  [...own].flatMap(([name, { value, isPublic, isInjected }]): Part[] => {
    if (isInjected || value instanceof Secret) return [];
    return [[`variables/${name}`, isPublic ? value : shortHash(value)]];
  });

export function inputParts(files: Files, inputs: readonly string[], where: Place): readonly Part[] {
  const hashes = atPlace(where, () => hashInputs(files, inputs, where));
  return [...hashes].map(([input, hash]) => [`inputs/${input}`, hash]);
}

/** What does not change what a container does to the database: how it is named, watched, limited and reached. */
const besides: ReadonlySet<string> = new Set<keyof ContainerSpec>([
  "annotations",
  "expose",
  "healthcheck",
  "labels",
  "logging",
  "network",
  "ports",
  "resources",
  "restart",
  "stopGraceMs",
  "stopSignal",
]);

/** What has parts of its own; an image counts by its id, which the engine tells. */
const apart: ReadonlySet<string> = new Set<keyof ContainerSpec>(["environment", "image", "mounts"]);

/**
 * What the spec of a job's container says, field by field in the words of its file, and the files inside it.
 *
 * @param injected names of what Poststack injects
 */
export function specParts(
  name: string,
  service: ComposeService,
  spec: ContainerSpec,
  files: readonly ComparedFile[],
  wishes: ComposeWishes,
  injected: ReadonlySet<string>,
): readonly Part[] {
  const { shortHash } = wishes.identity;
  const { root } = wishes.engineProject;
  const fields = Object.entries(spec).filter(
    ([field, value]) => value !== undefined && !besides.has(field) && !apart.has(field),
  );
  const mounts = spec.mounts.map((mount) => fromProject(mount, root));
  return [
    ...fields.map(([field, value]): Part => [composeName(field), shortHash(canonicalText(value))]),
    ...(mounts.length === 0 ? [] : [[composeName("mounts"), shortHash(canonicalText(mounts))] as const]),
    ...environmentParts(name, service, wishes, injected),
    ...files.flatMap(({ path, content, mode, uid, gid }): Part[] =>
      content instanceof Secret ? [] : [[`files${path}`, shortHash(canonicalText([content, mode, uid, gid]))]],
    ),
  ].sort(([a], [b]) => (a < b ? -1 : 1));
}

function environmentParts(
  name: string,
  { environment = new Map() }: ComposeService,
  { loaded, placeholders: { lift }, identity }: ComposeWishes,
  injected: ReadonlySet<string>,
): readonly Part[] {
  return [...environment].flatMap(([variable, value]): Part[] => {
    if (value === null) return [];
    const path = ["services", name, "environment", variable];
    const isInjected = [...loaded.sourcesAt(path)].some((source) => injected.has(source));
    const text = lift(value);
    if (isInjected || text instanceof Secret) return [];
    return [[`variables/${variable}`, loaded.isPrivate(path) ? identity.shortHash(text) : text]];
  });
}

/** Moving the project changes nothing. */
const fromProject = (mount: Mount, root: string): Mount =>
  mount.type === "bind" && mount.source.startsWith(`${root}/`)
    ? { ...mount, source: mount.source.slice(root.length + 1) }
    : mount;

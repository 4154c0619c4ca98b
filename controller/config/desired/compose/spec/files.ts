import { Digest } from "../../../../core/canonical.ts";
import { PoststackError } from "../../../../core/errors.ts";
import type { Place } from "../../../../core/place.ts";
import type { BindMount } from "../../../../core/ports/container-spec.ts";
import type { ContainerFile } from "../../../../core/ports/containers.ts";
import type { Files } from "../../../../core/ports/files.ts";
import type { Text } from "../../../../core/secret.ts";
import { isFolder } from "../../../compose/documents.ts";
import type { ComposeConfig, ComposeProject, ComposeSecret } from "../../../compose/model.ts";
import type { ComposeMount } from "../../../compose/part-models.ts";
import type { ComposeService } from "../../../compose/service-model.ts";
import type { Path } from "../../../source.ts";

/** A config or a secret of a service, as a container gets it. */
export type Given =
  /** A file of this machine: mounted, as Compose does it. */
  | {
      readonly type: "mount";
      readonly mount: BindMount;
      /** Of its bytes; absent: a folder, outside of the project, or larger than what is read. */
      readonly content?: Digest;
    }
  /** A text: put into the container. */
  | { readonly type: "file"; readonly file: ContainerFile };

/** Read by everybody, written by nobody (spec, 05-services: configs, secrets). */
const defaultMode = 0o444;
/** MiB that are read in each look, to see whether they are the same: a fifth of a second. */
const limitMiB = 256;

export interface GivenWishes {
  readonly files: Files;
  readonly lift: (text: string) => Text;
  readonly variables: ReadonlyMap<string, Text>;
  readonly placeOf: (path: Path) => Place;
  readonly warn: (what: string, where: Place) => void;
}

/**
 * The configs and secrets of one service; where two, or a volume, have one target, the first stays.
 *
 * @throws PoststackError `FILE_MISSING`, `FILE_UNREADABLE`, `SECRET_UNREADABLE`, `CONFIG_TYPE`
 */
export function givenOf(
  name: string,
  service: ComposeService,
  project: ComposeProject,
  wishes: GivenWishes,
): readonly Given[] {
  const taken = new Set((service.volumes ?? []).map(({ target }) => target));
  const found: Given[] = [];
  for (const [section, folder] of [
    ["secrets", "/run/secrets/"],
    ["configs", "/"],
  ] as const) {
    for (const [index, mount] of (service[section] ?? []).entries()) {
      const where = wishes.placeOf(["services", name, section, index]);
      const target = targetOf(mount, folder);
      const source = project[section].get(mount.source);
      if (source === undefined || taken.has(target)) continue;
      taken.add(target);
      found.push(giveOne(source, mount, target, where, section, wishes));
    }
  }
  return found;
}

const targetOf = ({ source, target }: ComposeMount, folder: string): string =>
  target === undefined || target === "" ? `${folder}${source}` : target.startsWith("/") ? target : `${folder}${target}`;

function giveOne(
  source: ComposeConfig | ComposeSecret,
  mount: ComposeMount,
  target: string,
  where: Place,
  section: "configs" | "secrets",
  wishes: GivenWishes,
): Given {
  const { file } = source;
  if (file !== undefined) {
    const bind: BindMount = { type: "bind", source: file, target, readOnly: true, createHostPath: false };
    const from = wishes.placeOf([section, mount.source, "file"]);
    const asked = (["uid", "gid", "mode"] as const)
      .filter((key) => mount[key] !== undefined)
      .map((key) => `\`${key}\``);
    if (asked.length > 0) {
      const verb = asked.length === 1 ? "is" : "are";
      wishes.warn(`${asked.join(", ")} of a file that is mounted ${verb} ignored: its own owner and mode hold`, where);
    }
    const content = contentOf(file, from, wishes);
    return { type: "mount", mount: bind, ...(content === undefined ? {} : { content }) };
  }
  const content = textOf(source, mount.source, section, wishes);
  const owner = (id: string | undefined): number => ownerOf(id, where);
  return {
    type: "file",
    file: { path: target, content, mode: mount.mode ?? defaultMode, uid: owner(mount.uid), gid: owner(mount.gid) },
  };
}

/** What is compared, so that a changed file makes a new container. What lies outside of the project is not read. */
function contentOf(file: string, from: Place, { files, warn }: GivenWishes): Digest | undefined {
  if (isFolder(files, file)) return undefined;
  try {
    const digest = files.digest(file, { limitBytes: limitMiB * 1024 * 1024, from });
    if (digest !== undefined) return new Digest(digest);
    warn(`a file of more than ${limitMiB} MiB is mounted and not compared: a change makes no new container`, from);
    return undefined;
  } catch (error) {
    if (error instanceof PoststackError && error.code === "PATH_OUTSIDE") return undefined;
    throw error;
  }
}

function textOf(
  source: ComposeConfig | ComposeSecret,
  name: string,
  section: "configs" | "secrets",
  { lift, variables, placeOf }: GivenWishes,
): Text {
  if ("content" in source && source.content !== undefined) return lift(source.content);
  const { environment = "" } = source;
  const value = variables.get(environment);
  if (value !== undefined) return value;
  throw new PoststackError("SECRET_UNREADABLE", {
    what: `variable ${environment}, which \`${section}.${name}\` has its content from, is not set`,
    where: placeOf([section, name, "environment"]),
    next: `set ${environment} in \`variables:\`, in the shell or in the environment's env file`,
  });
}

/** A user of Linux has 32 bits, and all of them set is none (chown(2): -1 changes nothing). */
const highestOwner = 2 ** 32 - 2;

function ownerOf(id: string | undefined, where: Place): number {
  if (id === undefined || id === "") return 0;
  if (/^\d{1,10}$/.test(id) && Number(id) <= highestOwner) return Number(id);
  throw new PoststackError("CONFIG_TYPE", {
    what: `${JSON.stringify(id)} is no number of a user or group`,
    where,
    next: `write its number, at most ${highestOwner}: the engine does not look into the image for names`,
  });
}

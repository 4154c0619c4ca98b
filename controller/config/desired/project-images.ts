import { posix } from "node:path";
import { baseImages } from "../../core/dockerfile.ts";
import { PoststackError } from "../../core/errors.ts";
import { resourceId, type ResourceId } from "../../core/id.ts";
import { fullReference } from "../../core/image-reference.ts";
import { fileStart } from "../../core/place.ts";
import type { ShippedImage } from "../../core/ports/container-images.ts";
import type { Files } from "../../core/ports/files.ts";
import { configOf } from "../../resources/image/key.ts";
import type { DesiredImage } from "../../resources/image/model.ts";
import type { ProjectSource } from "../source.ts";
import type { Identity } from "./identity.ts";
import type { DesiredSource } from "./options.ts";

/** An image that is built from a folder, whatever the services say. */
interface FolderImage {
  readonly name: string;
  readonly references: readonly [string, ...string[]];
  /** Absolute. */
  readonly context: string;
  /** From the context. */
  readonly dockerfile: string;
  readonly text: string;
  readonly file: string;
}

const limitBytes = 1024 * 1024;

/** What becomes of a folder that no image can be built from: its name is none of an image's, or its file cannot be read. */
type Unfit = "refused" | "left out";

/** Each folder of `project.containers` with a Dockerfile is an image `{project}/{folder}`; its context is the project. */
function folderImages(project: ProjectSource, files: Files, unfit: Unfit): readonly FolderImage[] {
  return files.list(project.containers).flatMap((name): readonly FolderImage[] => {
    try {
      return folderImage(name, project, files);
    } catch (error) {
      if (unfit === "refused" || !(error instanceof PoststackError)) throw error;
      return [];
    }
  });
}

function folderImage(
  name: string,
  { name: project, root, containers }: ProjectSource,
  files: Files,
): readonly FolderImage[] {
  const dockerfile = posix.join(containers, name, "Dockerfile");
  if (!files.exists(dockerfile)) return [];
  if (!isImageName(name)) throw noImageName(name, dockerfile);
  const text = files.read(dockerfile, { limitBytes });
  return [{ name, references: [`${project}/${name}`], context: root, dockerfile, text, file: dockerfile }];
}

const isImageName = (name: string): boolean => /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/.test(name);

/**
 * What images of the project's folders are called, also of a Dockerfile that cannot be read now: its image is not one that
 * nobody asks for. A folder whose name is none of an image's never had one: the user is told, and all others are tidied.
 */
export const projectImages = (
  { name: project, containers }: ProjectSource,
  files: Files,
  warn: DesiredSource["warn"],
): readonly string[] =>
  files.list(containers).flatMap((name): readonly string[] => {
    const dockerfile = posix.join(containers, name, "Dockerfile");
    if (!files.exists(dockerfile)) return [];
    if (isImageName(name)) return [`${project}/${name}`];
    const { what, next } = noImageName(name, dockerfile).facts;
    warn(`${what}: ${next}`, fileStart(dockerfile));
    return [];
  });

export interface ImageWishes {
  readonly project: ProjectSource;
  readonly files: Files;
  readonly identity: Identity;
  readonly startedAt: Date;
}

/** The images that come with Poststack and those of the project's folders, each after the ones that it is made from. */
export function desiredProjectImages(
  { project, files, identity, startedAt }: ImageWishes,
  shipped: readonly ShippedImage[],
  unfit: Unfit,
): readonly DesiredImage[] {
  const all = [...shipped.map(ofShipped), ...folderImages(project, files, unfit)];
  const idOf = ({ references: [first] }: FolderImage): ResourceId => resourceId("image", first.replace(/:latest$/, ""));
  const byReference = new Map(all.flatMap((one) => one.references.map((name) => [fullReference(name), idOf(one)])));
  return all.map((one): DesiredImage => {
    const { references, context, dockerfile, text } = one;
    const build = { references, context, dockerfile };
    // As they are built here: with the defaults of their arguments.
    const bases = baseImages(text, () => undefined).flatMap((base) => byReference.get(fullReference(base)) ?? []);
    return {
      id: idOf(one),
      reference: references[0],
      source: {
        type: "build",
        build,
        config: configOf(build, identity.hash),
        when: "changed",
      },
      since: startedAt,
      project: { project: project.name },
      dependsOn: [...new Set(bases)].filter((id) => id !== idOf(one)),
      place: fileStart(one.file),
    };
  });
}

const ofShipped = ({ name, references, context, text }: ShippedImage): FolderImage => ({
  name,
  references,
  context,
  text,
  dockerfile: "Dockerfile",
  file: posix.join(context, "Dockerfile"),
});

const noImageName = (name: string, file: string): PoststackError =>
  new PoststackError("COMPOSE_NAME", {
    what: `the folder \`${name}\` has a Dockerfile, and an image cannot be called so`,
    where: fileStart(file),
    next: "name the folder with small letters, digits, `.`, `_` and `-`",
  });

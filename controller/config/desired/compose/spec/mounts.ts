import { PoststackError } from "../../../../core/errors.ts";
import type { Place } from "../../../../core/place.ts";
import type { BindMount, Mount, TmpfsMount } from "../../../../core/ports/container-spec.ts";
import { present } from "../../../compose/decode/fields.ts";
import type { ComposeProject } from "../../../compose/model.ts";
import type { ComposeServiceVolume } from "../../../compose/part-models.ts";

const propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"] as const;

/** @throws PoststackError `CONFIG_TYPE`, `COMPOSE_REFUSED` */
export function mountOf(volume: ComposeServiceVolume, project: ComposeProject, where: Place): Mount {
  const { type, source, target, read_only: readOnly = false } = volume;
  switch (type) {
    case "bind":
      return bindOf(volume, where);
    case "volume": {
      const { nocopy, subpath } = volume.volume ?? {};
      return {
        type,
        target,
        readOnly,
        ...present({
          name: source === undefined ? undefined : (project.volumes.get(source)?.name ?? source),
          noCopy: nocopy === true ? true : undefined,
          subpath: subpath === "" ? undefined : subpath,
        }),
      };
    }
    case "tmpfs": {
      const { size, mode } = volume.tmpfs ?? {};
      return {
        type,
        target,
        readOnly,
        ...present({ sizeBytes: size === 0 ? undefined : size, mode: mode === 0 ? undefined : mode }),
      };
    }
    case "image":
      return {
        type,
        target,
        image: source ?? missing("an image", where),
        ...present({ subpath: volume.image?.subpath }),
      };
    default:
      throw new PoststackError("COMPOSE_REFUSED", {
        what: `a volume of the type \`${type}\` is refused: ${type === "cluster" ? "it needs a Swarm" : "it needs Windows"}`,
        where,
        next: "use a volume, a bind mount or tmpfs",
      });
  }
}

function bindOf({ source, target, read_only: readOnly = false, bind = {} }: ComposeServiceVolume, where: Place): Mount {
  const { propagation, create_host_path: createHostPath = false, recursive, selinux } = bind;
  const mount: BindMount = {
    type: "bind",
    source: source ?? missing("a path", where),
    target,
    readOnly,
    createHostPath,
    ...present({
      propagation: propagation === undefined || propagation === "" ? undefined : propagationOf(propagation, where),
      selinux,
      recursive: recursive === "enabled" ? undefined : recursive,
    }),
  };
  return mount;
}

function propagationOf(word: string, where: Place): NonNullable<BindMount["propagation"]> {
  const known = propagations.find((one) => one === word);
  if (known !== undefined) return known;
  throw new PoststackError("CONFIG_TYPE", {
    what: `${JSON.stringify(word)} is no way in which mounts propagate`,
    where,
    next: `use one of ${propagations.join(", ")}`,
  });
}

function missing(what: string, where: Place): never {
  throw new PoststackError("CONFIG_TYPE", { what: `the mount has no source`, where, next: `name ${what}` });
}

/** `/run:size=64m,uid=1000`: a path, and options of mount(8) as the engine takes them. */
export function tmpfsOf(text: string): TmpfsMount {
  const colon = text.indexOf(":");
  const words = colon < 0 ? [] : text.slice(colon + 1).split(",");
  return {
    type: "tmpfs",
    target: colon < 0 ? text : text.slice(0, colon),
    readOnly: words.includes("ro"),
    // An empty list, too: it says that the mount is of the older form, which alone has options.
    options: words.filter((word) => word !== "ro" && word !== ""),
  };
}

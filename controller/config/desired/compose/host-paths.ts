import { isAbsolute, posix, relative } from "node:path";
import { isInside } from "../../../core/host-access.ts";
import type { BindMount, Mount, VolumeMount } from "../../../core/ports/container-spec.ts";
import type { Files } from "../../../core/ports/files.ts";
import type { ComposeProject, ComposeVolume } from "../../compose/model.ts";

export interface HostView {
  readonly volumes: ComposeProject["volumes"];
  readonly files: Pick<Files, "root" | "realPath">;
  /** Absolute: where passwords and data of the project are kept. */
  readonly stateRoot: string;
}

/**
 * Where mounts lead on the host although their sources do not say so (RELIABILITY 39): out of the project by a link or by
 * the device of a volume, or to what Poststack keeps. Folders and files outside of the project that a mount names are not
 * among it.
 */
export function hostPaths(mounts: readonly Mount[], view: HostView): readonly string[] {
  const { volumes, files } = view;
  const byName = new Map([...volumes.values()].map((volume) => [volume.name, volume]));
  return mounts.flatMap((mount) => {
    if (mount.type === "bind")
      return isInside(files.root, mount.source) ? reached(mount, mount.source, mounts, view) : [];
    if (mount.type !== "volume") return [];
    const volume = mount.name === undefined ? undefined : byName.get(mount.name);
    const paths = volume === undefined ? [] : devicesOf(volume);
    return paths.flatMap((path) =>
      isInside(files.root, path) ? reached(mount, path, mounts, view) : [`${path} (volume ${mount.name})`],
    );
  });
}

/** What a path inside of the project leads to. */
function reached(
  mount: BindMount | VolumeMount,
  path: string,
  mounts: readonly Mount[],
  { files, stateRoot }: HostView,
): readonly string[] {
  const real = files.realPath(path);
  if (!isInside(files.root, real)) return [`${path} → ${real}`];
  const state = files.realPath(stateRoot);
  const isReached = isInside(state, real) || (isInside(real, state) && !isHidden(mount, relative(real, state), mounts));
  return isReached ? [`${state} (passwords and data of Poststack)`] : [];
}

/** Whether something else is mounted over a path below a mount: `[".:/app", "/app/.poststack"]`. */
function isHidden({ target }: BindMount | VolumeMount, path: string, mounts: readonly Mount[]): boolean {
  const hidden = posix.join(target, path);
  return mounts.some(
    (other) =>
      (other.type === "tmpfs" || other.type === "volume") &&
      posix.relative(target, other.target) !== "" &&
      isInside(target, other.target) &&
      isInside(other.target, hidden),
  );
}

/** File systems of other machines: what looks like a path is one there. */
const remote = new Set(["nfs", "nfs4", "cifs", "smb3", "smbfs"]);

/**
 * Paths of the host in a volume of the engine's own driver, which hands its options to mount(2): the `device` of a bind
 * mount or of a disk, the folders of an overlay (mount(8), "bind mounts", "overlay").
 */
function devicesOf({ driver = "", driver_opts: options = new Map() }: ComposeVolume): readonly string[] {
  if (driver !== "" && driver !== "local") return [];
  const words = (options.get("o") ?? "").split(",");
  // A bind mount has no type: what is written there is ignored.
  const isBound = words.some((word) => word === "bind" || word === "rbind");
  if (!isBound && remote.has(options.get("type") ?? "")) return [];
  const folders = words.flatMap((word) => /^(?:lowerdir|upperdir|workdir)=(.*)$/.exec(word)?.[1]?.split(":") ?? []);
  return [options.get("device") ?? "", ...folders].filter((path) => isAbsolute(path));
}

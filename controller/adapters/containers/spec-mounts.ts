import { unreachable } from "../../core/unreachable.ts";
import type { BindMount, Mount, TmpfsMount, VolumeMount } from "../../core/ports/container-spec.ts";
import { flag, list, object, present, someNumber, someText, text, textMap, texts, type Json } from "./answer.ts";

type Propagation = NonNullable<BindMount["propagation"]>;

const propagations: ReadonlySet<string> = new Set(["private", "rprivate", "shared", "rshared", "slave", "rslave"]);
const isPropagation = (word: string | undefined): word is Propagation => word !== undefined && propagations.has(word);

/** Where each mount stands: in `Binds`, the older form that alone makes folders and labels, in `Mounts`, or in `Tmpfs`. */
export function writeMounts(mounts: readonly Mount[]): Json {
  const binds = mounts.filter((mount): mount is BindMount => mount.type === "bind" && isShort(mount));
  const tmpfs = mounts.filter((mount): mount is TmpfsMount => mount.type === "tmpfs" && mount.options !== undefined);
  const long = mounts.filter(
    (mount) => !(binds as readonly Mount[]).includes(mount) && !(tmpfs as readonly Mount[]).includes(mount),
  );
  return present({
    Binds: binds.length === 0 ? undefined : binds.map(writeBind),
    Tmpfs: tmpfs.length === 0 ? undefined : Object.fromEntries(tmpfs.map(writeTmpfs)),
    Mounts: long.length === 0 ? undefined : long.map(writeMount),
  });
}

/** In its text a colon separates; and the text has no word for what happens to mounts below. */
const isShort = ({ source, target, createHostPath, selinux, recursive }: BindMount): boolean =>
  (createHostPath || selinux !== undefined) &&
  recursive === undefined &&
  !source.includes(":") &&
  !target.includes(":");

function writeBind({ source, target, readOnly, selinux, propagation }: BindMount): string {
  const options = [readOnly ? "ro" : "rw", selinux, propagation].filter((option) => option !== undefined);
  return `${source}:${target}:${options.join(",")}`;
}

function writeTmpfs({ target, readOnly, sizeBytes, mode, options = [] }: TmpfsMount): readonly [string, string] {
  const all = [
    ...(readOnly ? ["ro"] : []),
    ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
    ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
    ...options,
  ];
  return [target, all.join(",")];
}

function writeMount(mount: Mount): Json {
  const { type, target } = mount;
  switch (mount.type) {
    case "bind": {
      const { source, readOnly, propagation, createHostPath, recursive } = mount;
      const below = {
        disabled: { NonRecursive: true },
        writable: { ReadOnlyNonRecursive: true },
        readonly: { ReadOnlyForceRecursive: true },
      };
      const options = present({
        Propagation: propagation,
        CreateMountpoint: createHostPath ? true : undefined,
        ...(recursive === undefined ? {} : below[recursive]),
      });
      return { Type: type, Source: source, Target: target, ReadOnly: readOnly, BindOptions: options };
    }
    case "volume": {
      const { name, readOnly, noCopy, subpath } = mount;
      const options = present({ NoCopy: noCopy, Subpath: subpath });
      return present({ Type: type, Source: name, Target: target, ReadOnly: readOnly, VolumeOptions: options });
    }
    case "tmpfs": {
      const options = present({ SizeBytes: mount.sizeBytes, Mode: mount.mode });
      return { Type: type, Target: target, ReadOnly: mount.readOnly, TmpfsOptions: options };
    }
    case "image": {
      const options = present({ Subpath: mount.subpath });
      return { Type: type, Source: mount.image, Target: target, ImageOptions: options };
    }
    default:
      return unreachable(mount);
  }
}

/** The same from an inspected `HostConfig`; what cannot be read is left out. */
export function readMounts(host: Json): readonly Mount[] {
  return [
    ...texts(host["Binds"]).flatMap(readBind),
    ...list(host["Mounts"]).flatMap((mount) => readMount(object(mount))),
    ...[...textMap(host["Tmpfs"])].map(readTmpfs),
  ];
}

/** `/host:/target:ro,z`, or `volume:/target` as other programs write it. */
function readBind(bind: string): readonly (BindMount | VolumeMount)[] {
  const [source = "", target = "", options = ""] = bind.split(":");
  if (target === "") return [];
  const words = options.split(",");
  const readOnly = words.includes("ro");
  if (!source.startsWith("/"))
    return [present({ type: "volume", name: source, target, readOnly, noCopy: flag(words.includes("nocopy")) })];
  const selinux = words.find((word): word is "z" | "Z" => word === "z" || word === "Z");
  const propagation = words.find(isPropagation);
  return [present({ type: "bind", source, target, readOnly, selinux, propagation, createHostPath: true })];
}

function readTmpfs([target, written]: readonly [string, string]): TmpfsMount {
  const options = written === "" ? [] : written.split(",");
  return { type: "tmpfs", target, readOnly: options.includes("ro"), options: options.filter((word) => word !== "ro") };
}

function readMount(json: Json): readonly Mount[] {
  const target = text(json["Target"]);
  const readOnly = json["ReadOnly"] === true;
  switch (json["Type"]) {
    case "bind": {
      const options = object(json["BindOptions"]);
      const propagation = someText(options["Propagation"]);
      const recursive =
        options["NonRecursive"] === true
          ? "disabled"
          : options["ReadOnlyNonRecursive"] === true
            ? "writable"
            : options["ReadOnlyForceRecursive"] === true
              ? "readonly"
              : undefined;
      return [
        present({
          type: "bind" as const,
          source: text(json["Source"]),
          target,
          readOnly,
          recursive,
          propagation: isPropagation(propagation) ? propagation : undefined,
          createHostPath: options["CreateMountpoint"] === true,
        }),
      ];
    }
    case "volume": {
      const options = object(json["VolumeOptions"]);
      const [noCopy, subpath] = [flag(options["NoCopy"]), someText(options["Subpath"])];
      return [present({ type: "volume" as const, name: someText(json["Source"]), target, readOnly, noCopy, subpath })];
    }
    case "tmpfs": {
      const options = object(json["TmpfsOptions"]);
      const [sizeBytes, mode] = [someNumber(options["SizeBytes"]), someNumber(options["Mode"])];
      return [present({ type: "tmpfs" as const, target, readOnly, sizeBytes, mode })];
    }
    case "image": {
      const subpath = someText(object(json["ImageOptions"])["Subpath"]);
      return [present({ type: "image" as const, image: text(json["Source"]), target, subpath })];
    }
    default:
      return [];
  }
}

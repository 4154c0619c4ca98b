import { canonicalText } from "../../../core/canonical.ts";
import { resourceId } from "../../../core/id.ts";
import type { VolumeSpec } from "../../../core/ports/container-spec.ts";
import type { DesiredVolume } from "../../../resources/volume/model.ts";
import { present } from "../../compose/decode/fields.ts";
import type { ComposeVolume } from "../../compose/model.ts";
import type { ComposeWishes } from "./wishes.ts";

export const volumeId = (key: string) => resourceId("volume", key);

/** The volumes with a name that a service mounts. */
export const desiredVolumes = (wishes: ComposeWishes): readonly DesiredVolume[] =>
  [...wishes.loaded.project.volumes].map(([key, volume]): DesiredVolume => {
    const { identity, to, deleteData, engineProject, loaded } = wishes;
    const spec = volumeSpec(volume);
    return {
      id: volumeId(key),
      name: volume.name,
      key,
      to: to === "absent" ? "absent" : "present",
      deleteData,
      isExternal: volume.external === true,
      spec,
      config: identity.hash(canonicalText(spec)),
      project: engineProject,
      dependsOn: [],
      place: loaded.placeOf(["volumes", key]),
    };
  });

const volumeSpec = ({ driver, driver_opts, labels = new Map() }: ComposeVolume): VolumeSpec => ({
  labels,
  ...present({
    driver: driver === "" ? undefined : driver,
    driverOptions: driver_opts?.size === 0 ? undefined : driver_opts,
  }),
});

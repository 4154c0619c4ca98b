import { chosenOf } from "../../config/desired/chosen.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Desired } from "../../resources/index.ts";

/**
 * The containers that are meant by these names: `web` is all its containers, `web.2` one of them.
 *
 * @throws PoststackError `TARGET_UNKNOWN`
 */
export function containersNamed({ resources }: Desired, names: readonly string[]): readonly ResourceId[] {
  const { has, checkAll } = chosenOf(names, "runs on the container engine");
  const found = resources.container.filter(({ service, number, name }) =>
    has("container", service, `${service}.${number}`, name),
  );
  checkAll();
  return found.map(({ id }) => id);
}

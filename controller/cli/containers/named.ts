import { chosenOf } from "../../config/desired/chosen.ts";
import { serverNames } from "../../config/desired/server-named.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Desired } from "../../resources/index.ts";

/**
 * The containers that are meant by these names: `web` is all its containers, `web.2` one of them, `postgres` the server's
 * where it is one.
 *
 * @throws PoststackError `TARGET_UNKNOWN`
 */
export function containersNamed({ resources, scope }: Desired, names: readonly string[]): readonly ResourceId[] {
  const { has, checkAll } = chosenOf(names, "runs on the container engine");
  const found = resources.container.filter(({ service, number, name }) =>
    has("container", service, `${service}.${number}`, name),
  );
  const servers =
    has("instance", ...serverNames(resources.container)) && scope.has("instance") ? resources.instance : [];
  checkAll();
  return [...found, ...servers].map(({ id }) => id);
}

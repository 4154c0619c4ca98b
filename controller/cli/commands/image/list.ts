import { isBuiltFor, observedMark, resourceIn } from "../../../core/engine-labels.ts";
import { bareId, shortImageId } from "../../../core/image-reference.ts";
import { hasEngine, ownContainers } from "../../containers/own.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { renderBytes } from "../../../core/quantity.ts";
import { renderAge } from "../../render/quantity.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** What was built for an environment, and what its containers were made from. */
export async function listCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const { ports, environment } = opened;
  const mark = observedMark(ports);
  const own = await ownContainers(opened, world.signal);
  const all = (await hasEngine(opened, world.signal)) ? await ports.containers.images(world.signal) : [];
  const images = all.flatMap(({ id, references, labels, sizeBytes, createdAt }) => {
    const usedBy = own.filter(({ summary }) => bareId(summary.imageId) === bareId(id)).map(({ called }) => called);
    const isOurs = resourceIn(labels, mark)?.startsWith("image:") === true;
    const built = isBuiltFor(labels, opened.project.name);
    return isOurs || usedBy.length > 0 ? [{ id, references, built, sizeBytes, createdAt, usedBy }] : [];
  });
  if (context.json) {
    printJson(context, { version: 1, environment, images });
  } else if (images.length === 0) {
    context.note(`There is no image of ${environment}.`);
  } else {
    const now = ports.clock.date();
    const rows = images.map(({ id, references, built, sizeBytes, createdAt, usedBy }) => [
      references.join(", ") || context.paint("dim", "no name"),
      shortImageId(id),
      renderBytes(sizeBytes),
      renderAge(createdAt, now),
      built ? "built here" : "fetched",
      usedBy.length === 0 ? context.paint("dim", "nobody") : usedBy.join(", "),
    ]);
    context.print(await renderTable(["IMAGE", "ID", "SIZE", "AGE", "FROM", "USED BY"], rows, context.paint));
  }
  return exitCode.done;
}

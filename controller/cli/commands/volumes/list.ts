import { observedMark, resourceIn } from "../../../core/engine-labels.ts";
import { nameOf } from "../../../core/id.ts";
import { hasEngine, ownContainers } from "../../containers/own.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { renderBytes } from "../../../core/quantity.ts";
import { renderAge } from "../../render/quantity.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** An environment's volumes, with `--size` how big they are, who mounts them, and whether the files still name them. */
export async function listCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const { signal } = world;
  const opened = openEnvironment(context, name, { to: "stopped" });
  const { ports, environment } = opened;
  const { instance, volume } = (await opened.load()).resources;
  const named = new Set([
    ...volume.flatMap((one) => ("name" in one ? [one.name] : [])),
    ...instance.flatMap((one) => one.container?.volume ?? []),
  ]);
  const mark = observedMark(ports);
  const own = await ownContainers(opened, signal);
  const isThere = await hasEngine(opened, signal);
  const counts = options.flag("size");
  const [all, sizes] = await Promise.all([
    isThere ? ports.containers.volumes(signal) : [],
    isThere && counts ? ports.containers.volumeSizes(signal) : new Map<string, number>(),
  ]);
  const volumes = all.flatMap(({ name: volumeName, labels, driver, mountpoint, createdAt }) => {
    const resource = resourceIn(labels, mark);
    if (resource?.startsWith("volume:") !== true) return [];
    const usedBy = own
      .filter(({ summary }) => summary.mounts.some((mount) => mount.name === volumeName))
      .map(({ called }) => called);
    const key = nameOf(resource);
    return [
      {
        name: volumeName,
        key,
        inFiles: named.has(volumeName),
        driver,
        mountpoint,
        createdAt: createdAt ?? null,
        sizeBytes: sizes.get(volumeName) ?? null,
        usedBy,
      },
    ];
  });
  if (context.json) {
    printJson(context, { version: 1, environment, volumes });
  } else if (volumes.length === 0) {
    context.note(`There is no volume of ${environment}.`);
  } else {
    const { paint } = context;
    const now = ports.clock.date();
    const rows = volumes.map((one) => [
      one.name,
      one.key,
      one.createdAt === null ? "" : renderAge(one.createdAt, now),
      ...(counts ? [one.sizeBytes === null ? "" : renderBytes(one.sizeBytes)] : []),
      one.inFiles ? "yes" : paint("change", "no"),
      one.usedBy.length === 0 ? paint("dim", "nobody") : one.usedBy.join(", "),
    ]);
    const columns = ["VOLUME", "NAME", "AGE", ...(counts ? ["SIZE"] : []), "IN THE FILES", "USED BY"];
    context.print(await renderTable(columns, rows, paint));
  }
  return exitCode.done;
}

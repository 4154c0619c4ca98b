import type { Ports } from "../../core/ports.ts";
import type { ProcessRecord } from "../../core/ports/host.ts";
import type { ResourceId } from "../../core/id.ts";
import type { DesiredProcess, ObservedProcess } from "./model.ts";
import { wantedPort } from "./port.ts";

/**
 * Every process that this environment recorded. Who holds a port is asked only for a process that is to be started:
 * a pass that has nothing to do reads one small file and one line of the process table for each process.
 */
export async function observe(
  desired: readonly DesiredProcess[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedProcess[]> {
  const records = await ports.host.processes(signal);
  const observed = new Map<ResourceId, ObservedProcess>(
    records.map((record) => [record.resource as ResourceId, { id: record.resource as ResourceId, record }]),
  );
  for (const process of desired) {
    const { record } = observed.get(process.id) ?? {};
    if (!willStart(process, record)) continue;
    const wanted = wantedPort(process);
    const holder = wanted && (await ports.host.portHolder(wanted.host, wanted.port, signal));
    if (holder === undefined || holder.resource === process.id) continue;
    observed.set(process.id, { id: process.id, ...(record === undefined ? {} : { record }), portHolder: holder });
  }
  return [...observed.values()];
}

const willStart = (desired: DesiredProcess, record: ProcessRecord | undefined): boolean =>
  desired.to === "running" && !(record?.running === true && record.configHash === desired.configHash);

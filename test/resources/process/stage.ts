import { clock } from "../../../controller/adapters/clock.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Log, Ports } from "../../../controller/core/ports.ts";
import type { Host, ProcessRecord } from "../../../controller/core/ports/host.ts";
import type { State } from "../../../controller/core/ports/state.ts";
import type { DesiredProcess, ObservedProcess, ProcessAction } from "../../../controller/resources/process/model.ts";

const place = { file: "Procfile", line: 1, column: 1 };

export const desired = (more: Partial<DesiredProcess> & { readonly name?: string } = {}): DesiredProcess => ({
  id: resourceId("process", more.name ?? "web"),
  name: "web",
  to: "running",
  command: ["node", "web.mjs"],
  cwd: "/srv/app",
  environment: new Map(),
  configHash: "a",
  fields: new Map(),
  readyTimeoutMs: 10_000,
  stopSignal: "SIGTERM",
  stopGraceMs: 2_000,
  dependsOn: [],
  place,
  ...more,
});

const record = (more: Partial<ProcessRecord> = {}): ProcessRecord => ({
  resource: "process:web",
  pid: 812,
  startTime: "1@boot",
  configHash: "a",
  fields: new Map(),
  logFile: "/state/logs/processes/web.log",
  logStart: 0,
  stopSignal: "SIGTERM",
  stopGraceMs: 2_000,
  startedAt: new Date("2026-01-01T12:00:00Z"),
  accepted: true,
  running: true,
  ...more,
});

export const observed = (
  more: Partial<ProcessRecord> = {},
  portHolder?: ObservedProcess["portHolder"],
): ObservedProcess => ({
  id: (more.resource ?? "process:web") as ObservedProcess["id"],
  record: record(more),
  ...(portHolder === undefined ? {} : { portHolder }),
});

/** Actions as lines: what is done to which, why, at what price, after what. */
export const rendered = (actions: readonly ProcessAction[]): string =>
  actions
    .map(({ verb, id, reason, hazards, dependsOn }) => {
      const price = hazards.length === 0 ? "" : `  [${hazards.join(", ")}]`;
      const after = dependsOn.length === 0 ? "" : `  after ${dependsOn.join(", ")}`;
      return `${verb} ${id}  ${reason}${price}${after}`;
    })
    .join("\n");

/** The ports that this kind uses; the others are not there. */
export const portsOver = (directory: string, host: Host, log: Log): Ports =>
  ({
    clock,
    log,
    host,
    state: { directory } as State,
    progress: () => undefined,
  }) as unknown as Ports;

import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Host } from "../../core/ports/host.ts";
import type { ProcessTable } from "./process-table.ts";

/** Host, user, pid and start, which may hold anything. */
const shape = /^([0-9a-f]{16})-(\d+)-(\d+)-(.+)$/;

/**
 * Who this process is, and whether another one that said so lives. Of a process of another user that may not be
 * seen (proc(5), hidepid) nothing is known: that it cannot be found does not say that it has ended.
 */
export function processSelf(table: ProcessTable): Pick<Host, "self" | "isGone"> {
  const user = String(process.getuid?.() ?? 0);
  return {
    self: () => [processHost(), user, process.pid, table.entry(process.pid)?.startTime ?? ""].join("-"),
    isGone(self) {
      const [, host, owner, pid, startTime] = shape.exec(self) ?? [];
      if (host !== processHost() || owner !== user) return undefined;
      const entry = table.entry(Number(pid));
      return entry === undefined || entry.zombie || entry.startTime !== startTime;
    },
  };
}

/** Where a pid means the same to everybody. Linux: one boot and one PID namespace (pid_namespaces(7)), so a container is one. */
function processHost(): string {
  const place =
    process.platform === "linux"
      ? [
          text(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
          text(() => readlinkSync("/proc/self/ns/pid")),
        ]
      : [hostname()];
  return createHash("sha256").update(place.join("\n")).digest("hex").slice(0, 16);
}

function text(read: () => string): string {
  try {
    return read();
  } catch {
    // No /proc, or a poor one: less is known, and the start time of the process tells the rest.
    return hostname();
  }
}

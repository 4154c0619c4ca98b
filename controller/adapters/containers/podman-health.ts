import { list, object, number, text, type Json } from "./answer.ts";
import { readLimitMs, type Client } from "./client.ts";
import { unless } from "./failure.ts";

/** Nanoseconds between probes where nobody said (podman-run(1), --health-interval). */
const defaultIntervalNs = 30e9;
/** Nanoseconds that a probe may take where nobody said (podman-run(1), --health-timeout). */
const defaultTimeoutNs = 30e9;
/**
 * Milliseconds beyond a probe's own timeout until it is given up, and the next one is its turn. Podman 4 now and then loses
 * a probe that has ended: it waits for the end of its output for ever (libpod, execStartAndAttach), and would be waited for.
 */
const probeMarginMs = 5_000;
/** Containers that are looked at together. */
const atOnce = 4;

export interface PodmanHealth {
  /** By container id, of those that have a check: the compatible list does not tell. */
  listed(client: Client, signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** The check of an image, which the compatible inspection leaves out; undefined: it has none, or is not there. */
  ofImage(client: Client, reference: string, signal: AbortSignal): Promise<Json | undefined>;
  /** Inspects those of which it is not known that their time has yet to come, a few at once. */
  inspectDue(ids: readonly string[], inspect: (id: string) => Promise<unknown>): Promise<void>;
  /** Probes a running container whose time has come, and does not wait: the next look tells. */
  probeWhenDue(client: Client, details: Json, signal: AbortSignal): void;
}

/**
 * Podman has no daemon that probes: it makes timers for systemd. Where there is no systemd (containers, CI) nobody would
 * ever probe, so a look does when the interval has passed. Where there is, the timer has been there before, and it is not due.
 */
export function podmanHealth(nowMs: () => number): PodmanHealth {
  const probing = new Set<string>();
  const dueMs = new Map<string, number>();
  return {
    async listed(client, signal) {
      const path = "/libpod/containers/json";
      const call = { method: "GET", path, doing: "listing the health of containers", limitMs: readLimitMs } as const;
      const answer = await client.ask(call, signal);
      return new Map(
        list(answer).flatMap((entry) => {
          const { Id, Status } = object(entry);
          return text(Status) === "" ? [] : [[text(Id), text(Status)]];
        }),
      );
    },
    async inspectDue(ids, inspect) {
      const there = new Set(ids);
      for (const id of dueMs.keys()) if (!there.has(id)) dueMs.delete(id);
      const open = ids.filter((id) => !probing.has(id) && nowMs() >= (dueMs.get(id) ?? 0));
      const next = async (): Promise<void> => {
        for (let id = open.pop(); id !== undefined; id = open.pop()) await inspect(id);
      };
      await Promise.all(Array.from({ length: atOnce }, next));
    },
    async ofImage(client, reference, signal) {
      const path = `/libpod/images/${encodeURIComponent(reference)}/json`;
      const call = { method: "GET", path, doing: `inspecting image ${reference}`, limitMs: readLimitMs } as const;
      const answer = object(await client.ask(call, signal).catch(unless("IMAGE_MISSING")));
      return answer["Healthcheck"] === undefined ? undefined : object(answer["Healthcheck"]);
    },
    probeWhenDue(client, details, signal) {
      const state = object(details["State"]);
      const check = object(object(details["Config"])["Healthcheck"]);
      const id = text(details["Id"]);
      const isChecked = list(check["Test"]).length > 0 && list(check["Test"])[0] !== "NONE";
      if (state["Running"] !== true || !isChecked || probing.has(id)) return;
      const last = object(list(object(state["Health"])["Log"]).at(-1));
      const lastMs = Date.parse(text(last["End"]) || text(state["StartedAt"]));
      const intervalMs = (number(check["Interval"]) || defaultIntervalNs) / 1e6;
      dueMs.set(id, lastMs + intervalMs);
      if (nowMs() < lastMs + intervalMs) return;
      probing.add(id);
      const limitMs = (number(check["Timeout"]) || defaultTimeoutNs) / 1e6 + probeMarginMs;
      const path = `/libpod/containers/${encodeURIComponent(id)}/healthcheck`;
      client
        .ask({ method: "GET", path, doing: `probing container ${id}`, limitMs }, signal)
        .catch(() => undefined)
        .finally(() => probing.delete(id));
    },
  };
}

import { expect, test } from "vitest";
import { acceptanceOf } from "../../../../controller/config/desired/compose/acceptance.ts";
import type { ContainerSpec } from "../../../../controller/core/ports/container-spec.ts";
import { notStanding, waitingAtMost } from "../../../../controller/resources/container/patience.ts";
import { desired } from "../../../resources/container/kit.ts";

const minutes = (count: number): number => count * 60_000;

test.each<readonly [string, ContainerSpec["healthcheck"], number]>([
  ["no check", undefined, minutes(5)],
  ["a check that is switched off", "none", minutes(5)],
  ["one that is done sooner", { intervalMs: 5_000, retries: 3 }, minutes(5)],
  ["a long start", { startPeriodMs: minutes(15), retries: 2 }, minutes(15) + 2 * 60_000],
  ["many slow probes", { intervalMs: minutes(2), timeoutMs: minutes(1), retries: 4 }, minutes(12)],
])(
  "a new container may take as long as its check does, and five minutes at least: %s",
  (_name, healthcheck, limitMs) => {
    expect(acceptanceOf(healthcheck === undefined ? {} : { healthcheck })).toEqual({ stableMs: 5_000, limitMs });
  },
);

test("and no time at all up where the command does not wait", () => {
  const [one] = notStanding([desired({ acceptance: { stableMs: 5_000, limitMs: minutes(15) } })]);
  expect(one?.acceptance).toEqual({ stableMs: 0, limitMs: minutes(15) });
});

test("unless the command says how long", () => {
  const [one] = waitingAtMost([desired({ acceptance: { stableMs: 5_000, limitMs: minutes(15) } })], 3_000);
  expect(one?.acceptance).toEqual({ stableMs: 5_000, limitMs: 3_000 });
});

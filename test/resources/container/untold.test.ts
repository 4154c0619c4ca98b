import { expect, test } from "vitest";
import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import { desired, details, observed, rendered } from "./kit.ts";

// What Podman tells of a container is not always what was asked for; none of it may look like a change.

// Of a log's options it says that there are none.

const logging = (size: string): NonNullable<ContainerSpec["logging"]> => ({
  driver: "json-file",
  options: new Map([["max-size", size]]),
});

test.each<[name: string, from: Partial<ContainerSpec>, to: Partial<ContainerSpec>, line: string]>([
  [
    "is no reason beside one that is seen",
    { command: ["a"], logging: logging("1m") },
    { command: ["b"], logging: logging("1m") },
    "replace container:web  command a → b",
  ],
  [
    "is the reason where no other is seen",
    { logging: logging("1m") },
    { logging: logging("2m") },
    "replace container:web  logging.options.max-size none → 2m",
  ],
])("a field that the engine does not tell %s", (_name, from, to, line) => {
  const old = desired({ spec: from });
  const spec: ContainerSpec = { ...old.spec, logging: { driver: "json-file", options: new Map() } };
  const seen = observed(old, {}, { details: details(old, { spec, untold: new Set(["logging"]) }) });
  expect(rendered([desired({ spec: to })], [seen])).toBe(line);
});

test("what it fills into a check is what counts without it", () => {
  const healthcheck = { test: ["CMD", "true"], retries: 3 };
  const old = desired({ spec: { command: ["a"], healthcheck } });
  const filled = { test: ["CMD", "true"], intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, retries: 3 };
  const seen = observed(old, {}, { details: details(old, { spec: { ...old.spec, healthcheck: filled } }) });
  const line = (wish: Parameters<typeof desired>[0]): string => rendered([desired(wish)], [seen]);
  expect(line({ spec: { command: ["b"], healthcheck } })).toBe("replace container:web  command a → b");
  expect(line({ spec: { command: ["a"], healthcheck: { ...healthcheck, retries: 5 } } })).toBe(
    "replace container:web  healthcheck.retries 3 → 5",
  );
});

import { present } from "../../../compose/decode/fields.ts";
import type { ComposeHealthcheck } from "../../../compose/part-models.ts";
import type { ContainerSpec } from "../../../../core/ports/container-spec.ts";

/** `disable: true` and the test NONE switch off the image's check. */
export function healthcheckOf(check: ComposeHealthcheck | undefined): ContainerSpec["healthcheck"] {
  if (check === undefined) return undefined;
  if (check.disable === true || check.test?.[0] === "NONE") return "none";
  const { test, interval, timeout, start_period, start_interval, retries } = check;
  const found = present({
    test,
    intervalMs: interval,
    timeoutMs: timeout,
    startPeriodMs: start_period,
    startIntervalMs: start_interval,
    retries,
  });
  return Object.keys(found).length === 0 ? undefined : found;
}

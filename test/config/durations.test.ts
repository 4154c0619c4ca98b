import { expect, test } from "vitest";
import { durationMs } from "../../controller/config/durations.ts";

const place = { file: ".poststack.yml", line: 1, column: 1 };

test.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["10m", 600_000],
  ["1h30m", 5_400_000],
  ["1h2m3s4ms", 3_723_004],
  ["0s", 0],
])("%s is %i ms", (text, ms) => expect(durationMs(text, place)).toBe(ms));

test.each(["", "10", "10 m", "1.5h", "30m1h", "-1s", "10M", "9999999s"])("%j is none", (text) => {
  expect(() => durationMs(text, place)).toThrow(
    expect.objectContaining({ facts: expect.objectContaining({ code: "CONFIG_TYPE", where: place }) }),
  );
});

import { expect, test } from "vitest";
import { timestampText } from "../../../controller/config/compose/timestamp.ts";
import { load, service, serviceOf, warned } from "./kit.ts";

// Each as `docker compose config` 2.26 prints it for a label.

test.each<[string, string]>([
  ["2020-01-01", "2020-01-01 00:00:00 +0000 UTC"],
  ["2020-1-2", "2020-01-02 00:00:00 +0000 UTC"],
  ["2020-01-01T10:00:00Z", "2020-01-01 10:00:00 +0000 UTC"],
  ["2020-01-01t10:00:00Z", "2020-01-01 10:00:00 +0000 UTC"],
  ["2020-01-01 10:00:00", "2020-01-01 10:00:00 +0000 UTC"],
  ["2020-01-01  10:00:00", "2020-01-01 10:00:00 +0000 UTC"],
  ["2020-01-01 1:2:3", "2020-01-01 01:02:03 +0000 UTC"],
  ["2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.1 -0500 -0500"],
  ["2020-01-01T10:00:00+00:00", "2020-01-01 10:00:00 +0000 UTC"],
  ["2020-01-01T10:00:00-00:00", "2020-01-01 10:00:00 +0000 UTC"],
  ["2020-01-01T10:00:00.1234567891Z", "2020-01-01 10:00:00.123456789 +0000 UTC"],
  ["2020-01-01 10:00:00,5", "2020-01-01 10:00:00.5 +0000 UTC"],
  ["0020-01-01", "0020-01-01 00:00:00 +0000 UTC"],
  ["2020-02-29", "2020-02-29 00:00:00 +0000 UTC"],
])("%s without quotes is the time %s", (text, expected) => {
  expect(timestampText(text)).toBe(expected);
});

test.each([
  "2020-01-01T10:00:00",
  "2020-01-01 10:00:00Z",
  "2020-01-01 10:00",
  "2020-02-30",
  "2020-13-41",
  "2020-01-01T24:00:00Z",
  "2020-01-01T10:00:60Z",
  "2020-01-01T10:00:00z",
  "2020-01-01T10:00:00+25:00",
  "2020-01-01T10:00:00+02:61",
  "2020-01-01T10:00:00+2:00",
  "20-01-01",
  "2020-01-01-01",
  "2020-01-01T",
  "2020-0-1",
  "2020-01-01 10:00:00.",
])("%s is no time", (text) => {
  expect(timestampText(text)).toBeUndefined();
});

const time = "2020-01-01 00:00:00 +0000 UTC";

test.each<[string, object]>([
  ["labels: { a: 2020-01-01 }", { labels: { a: time } }],
  ["environment: { A: 2020-01-01 }", { environment: { A: time } }],
  ["annotations: { a: 2020-01-01 }", { annotations: { a: time } }],
  ["sysctls: { a: 2020-01-01 }", { sysctls: { a: time } }],
  ["logging: { driver: x, options: { a: 2020-01-01 } }", { logging: { driver: "x", options: { a: time } } }],
])("%s is what Docker Compose makes of it, and told of with the place", (line, expected) => {
  const files = serviceOf(line);
  expect(service(files)).toMatchObject(expected);
  const column = files.split("\n")[3]?.indexOf("2020") ?? 0;
  expect(warned(load(files))).toEqual([`compose.yaml:4:${column + 1} a date without quotes is a time: "${time}"`]);
});

test.each<[string, object]>([
  ['labels: { a: "2020-01-01" }', { labels: { a: "2020-01-01" } }],
  ["labels: [a=2020-01-01]", { labels: { a: "2020-01-01" } }],
  ["labels: { a: !!str 2020-01-01 }", { labels: { a: "2020-01-01" } }],
  ["environment:\n  A: ${DAY:-2020-01-01}", { environment: { A: "2020-01-01" } }],
  ["hostname: 2020-01-01", { hostname: "2020-01-01" }],
  ["command: [echo, 2020-01-01]", { command: ["echo", "2020-01-01"] }],
])("%s is the text that is written", (line, expected) => {
  const files = serviceOf(line);
  expect([service(files), warned(load(files))]).toEqual([expect.objectContaining(expected), []]);
});

import { expect, test } from "vitest";
import {
  largeBytes,
  smallBytes,
  weighed,
  type TableFacts,
  type Weight,
} from "../../../../controller/resources/migration/lint/facts.ts";
import type { Level } from "../../../../controller/resources/migration/lint/level.ts";
import { isFreeChange } from "../../../../controller/resources/migration/lint/type-change.ts";

const of = (bytes: number): TableFacts => ({ bytes, rows: -1, indexes: 1 });

test.each<[string, Level, Weight, TableFacts | undefined, Level]>([
  ["an error on 50 GB stays one", "error", "size", of(50e9), "error"],
  ["from the border on it is large", "error", "size", of(largeBytes), "error"],
  ["below, it is a warning", "error", "size", of(largeBytes - 1), "warning"],
  ["a warning stays one there", "warning", "size", of(largeBytes - 1), "warning"],
  ["from the other border on it is noticed", "error", "size", of(smallBytes), "warning"],
  ["below, it is a note", "error", "size", of(smallBytes - 1), "note"],
  ["an empty table is a note", "error", "size", of(0), "note"],
  ["one row is enough where rows count", "error", "rows", of(8192), "error"],
  ["no row is a note there", "error", "rows", of(0), "note"],
  ["what is grave without rows stays so", "error", "never", of(0), "error"],
  ["nothing makes it graver", "note", "size", of(50e9), "note"],
  ["off stays off", "off", "size", of(50e9), "off"],
  ["a table that nobody knows is at most what was agreed", "error", "size", undefined, "warning"],
  ["and counts for nothing where size does not", "error", "never", undefined, "error"],
])("%s", (_name, level, weight, table, expected) => {
  expect(weighed(level, weight, table, "warning")).toBe(expected);
});

test.each<[string, string, boolean]>([
  ["character varying(20)", "varchar(40)", true],
  ["character varying(20)", "varchar(10)", false],
  ["character varying(20)", "text", true],
  ["character varying(20)", "character varying", true],
  ["character varying", "varchar(20)", false],
  ["text", "varchar", true],
  ["text", "varchar(20)", false],
  ["numeric(10,2)", "numeric(12,2)", true],
  ["numeric(10,2)", "numeric(12, 4)", false],
  ["numeric(10,2)", "decimal", true],
  ["integer", "bigint", false],
  ["integer", "text", false],
  ["cidr", "inet", true],
  ["inet", "cidr", false],
  ["character(4)", "text", false],
  ["timestamp without time zone", "timestamptz", false],
  ["timestamp(3) with time zone", "timestamptz(6)", true],
  ["timestamp(3) with time zone", "timestamp (6) with time zone", true],
  ["timestamp(3) with time zone", "timestamptz", true],
  ["timestamp with time zone", "timestamptz(3)", false],
  ["time(0) without time zone", "time(3)", true],
  ["timestamp(3) without time zone", "timestamp(6) with time zone", false],
])("%s to %s without a row written: %s", (from, to, expected) => {
  expect(isFreeChange(from, to)).toBe(expected);
});

import { expect } from "vitest";
import { normalise, objection } from "../../../controller/resources/instance/parameters.ts";
import { parameterOf } from "../../../controller/resources/instance/asking.ts";
import { test } from "../../support/postgres.ts";

/** Values to try with each parameter; the server is the judge of both the meaning and the refusal. */
const table: readonly (readonly [string, readonly string[]])[] = [
  [
    "work_mem",
    [
      "8MB",
      "8192",
      "8192kB",
      "0.5GB",
      "1TB",
      "64",
      "63",
      "1 MB",
      " 1MB ",
      "1mb",
      "MB",
      "",
      "0x100",
      "0100",
      "1e3",
      "-1",
    ],
  ],
  ["temp_buffers", ["1MB", "800", "9kB", "12kB", "20kB"]],
  [
    // Not statement_timeout: a test that sets it to a millisecond has a millisecond for each query after that.
    "lock_timeout",
    ["1min", "90s", "0.5s", "100", "1.5", "2.5", "1h", "1d", "500us", "1500us", "2500us", "1week", "-1"],
  ],
  ["random_page_cost", ["1.1", "4", "1e2", ".5", "-1", "x"]],
  ["vacuum_cost_delay", ["0.5", "0.5ms", "50us", "200"]],
  ["enable_seqscan", ["on", "OFF", "t", "fal", "ye", "n", "o", "of", "1", "0", "2", "", "onn"]],
  ["default_transaction_isolation", ["Serializable", "read committed", "none"]],
  ["synchronous_commit", ["on", "TRUE", "local", "remote_apply", "perhaps"]],
  ["extra_float_digits", ["3", "-15", "-16", "4"]],
  ["application_name", ["anything", ""]],
];

test("values mean, and are refused, as the server says", async ({ database }) => {
  const differences: string[] = [];
  for (const [name, values] of table) {
    const [row] = await database.query("select * from pg_settings where name = $1", [name]);
    if (row === undefined) throw new Error(`the server does not know ${name}`);
    const parameter = parameterOf(row);
    for (const value of values) {
      const taken = await database
        .query("select set_config($1, $2, false)", [name, value])
        .then(() => database.column("select setting from pg_settings where name = $1", [name]))
        .catch(() => undefined);
      const ours = objection(value, parameter) === undefined ? normalise(value, parameter) : "refused";
      const theirs = taken === undefined ? "refused" : taken[0];
      // What an enum's spelling stands for is the server's to know.
      const isSpelling = parameter.type === "enum" && ours !== "refused" && theirs !== "refused";
      if (ours !== theirs && !isSpelling) differences.push(`${name} = "${value}": ${ours}, server: ${String(theirs)}`);
    }
  }
  expect(differences).toEqual([]);
});

import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { findBinaries } from "../../controller/adapters/embedded/binaries.ts";
import { serverUser } from "../../controller/adapters/embedded/server-user.ts";
import { errorsOf } from "../support/command.ts";
import { runningIn } from "../support/scenario-faults.ts";
import { forThisTest, newProject } from "../support/scenario.ts";

const files = {
  ".poststack.yml": "project: { name: shop }\nenvironments:\n  dev:\n    postgres: { port: PORT0, version: VERSION }\n",
  "migrations/001_a.sql": "create table a (id int);\n",
};
const place = { file: ".poststack.yml", line: 4, column: 5 };

/** A version that would have to be fetched here. */
const absent = [13, 14, 16, 18].find(
  (major) => findBinaries(major, serverUser("/nowhere"), { root: "/", environment: {} })?.source.type === "download",
);

test.skipIf(absent === undefined)("a version that is not here and cannot be fetched: nothing is made", async () => {
  const project = await forThisTest(newProject(files));
  project.edit(".poststack.yml", "VERSION", String(absent));
  // Only what is in this folder can be started, and nothing was fetched before.
  const [programs, cache] = [project.path("programs"), project.path("cache")];
  for (const folder of [programs, cache]) mkdirSync(folder);
  chmodSync(cache, 0o755);
  symlinkSync(process.execPath, `${programs}/node`);
  const environment = { PATH: programs, XDG_CACHE_HOME: cache };
  const apply = () => project.runWith(environment, "apply", "--yes", "--json");

  const cases: readonly [string | undefined, string, readonly string[]][] = [
    [undefined, "npm could not be run to fetch it", ["Error: spawn npm ENOENT"]],
    ["#!/bin/sh\necho 'npm error network is down' >&2\nexit 1\n", "npm could not fetch", ["npm error network is down"]],
  ];
  for (const [npm, what, details] of cases) {
    if (npm !== undefined) project.write("programs/npm", npm, 0o755);
    const ended = await apply();
    expect(ended.code, ended.text).toBe(1);
    expect(errorsOf(ended)).toMatchObject([
      {
        ...{ code: "POSTGRES_MISSING", where: place, details },
        what: expect.stringContaining(`PostgreSQL ${absent} is not on this machine, and ${what}`) as unknown,
        next: expect.stringContaining(`install PostgreSQL ${absent}`) as unknown,
      },
    ]);
    // The passwords of the first apply come before everything else; there is nothing that they are for.
    expect(readdirSync(project.path(".poststack/dev"))).toEqual(["state.json"]);
    expect(existsSync(`${cache}/poststack/postgres`) ? readdirSync(`${cache}/poststack/postgres`) : []).toEqual([]);
    expect(runningIn(project.path(".poststack/dev"))).toEqual({ servers: 0, processes: 0 });
  }

  project.edit(".poststack.yml", `version: ${absent}`, "version: 17");
  await project.ok("apply", "--yes");
});

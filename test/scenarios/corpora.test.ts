import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  corpusFiles,
  corpusMigrations,
  expectedSchema,
  flatName,
  type CorpusMigration,
} from "../support/corpus-migrations.ts";
import { corpusPath, hasCorpus } from "../support/corpus.ts";
import { forThisTest, newProject, planAnswer, type Project } from "../support/scenario.ts";

// Issue, "Done when": real migrations through the whole command, on the Postgres that the expected schemas were made with.
// How each file goes back and forth is tested at the kind: test/resources/migration/corpus.

const filesOf = (
  project: string,
  nameOf: (migration: CorpusMigration) => string,
): Readonly<Record<string, string>> => ({
  ".poststack.yml": "project: { name: corpus }\nenvironments:\n  dev:\n    postgres: { port: PORT0, version: 15 }\n",
  ...corpusFiles(project, nameOf, "migrations/"),
});

/** The schema as sorted lines, without our own. */
async function schemaOf(project: Project): Promise<string> {
  const query = readFileSync(corpusPath("migrations/snapshot.sql"), "utf8");
  const [row] = await project.sql(query);
  return String(Object.values(row ?? {})[0])
    .split("\n")
    .filter((line) => !/^(?:[A-Z] poststack\.|I poststack )/.test(line))
    .join("\n");
}

describe.skipIf(!hasCorpus)("real migrations through apply", () => {
  test("langfuse: the schema is the one that psql made, and the second plan is empty", async () => {
    const project = await forThisTest(newProject(filesOf("langfuse", flatName)));
    const { lines } = await project.ok("apply", "--yes", "--json");
    expect(lines.filter(({ type, id }) => type === "end" && id?.startsWith("migration:") === true)).toHaveLength(434);
    expect(await schemaOf(project)).toBe(expectedSchema("langfuse"));
    expect(await project.plan()).toEqual([]);
  }, 120_000);

  test("crates-io: applied, back as far as its rollbacks go, and forth again", async () => {
    const entries = corpusMigrations("crates-io");
    const project = await forThisTest(newProject(filesOf("crates-io", ({ version }) => version)));
    await project.ok("apply", "--yes");
    expect(await schemaOf(project)).toBe(expectedSchema("crates-io"));
    expect(await project.plan()).toEqual([]);

    // From the end as far as every rollback is exact: there and back is as it was.
    const isExact = ({ down_check: check }: CorpusMigration): boolean => check === "exact";
    const last = entries.findLastIndex((entry) => !isExact(entry));
    const target = entries[last]?.version ?? "0";
    const steps = entries.length - 1 - last;
    expect(steps).toBeGreaterThan(0);
    await project.ok("db", "rollback", "--target", target, "--yes");
    expect((await planAnswer(project)).actions).toHaveLength(steps);
    await project.ok("apply", "--yes");
    expect(await schemaOf(project)).toBe(expectedSchema("crates-io"));
    expect(await project.plan()).toEqual([]);

    // On to the start: the first rollback that its own author cannot run stops it, named, and what went before it stays gone.
    const failing = entries.findLast(({ down_check: check }) => check === "down-fails");
    const ended = await project.run("db", "rollback", "--target", "0", "--yes", "--json");
    expect(ended.code).toBe(failing === undefined ? 0 : 1);
    if (failing !== undefined) expect(ended.text).toContain(failing.version);
    await project.ok("apply", "--yes");
    expect(await project.plan()).toEqual([]);
  }, 120_000);
});

import { createHash } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { renderManifest } from "../../controller/resources/backup/manifest.ts";
import { cliProject } from "../support/cli.ts";
import { freePort } from "../support/cluster.ts";
import { misfits } from "../support/schemas.ts";
import { manifest } from "../resources/backup/kit.ts";

// A monitor asks `backup verify` without names, and believes its exit code. No server runs here.
const project = cliProject({
  ".poststack.yml": `project: { name: shop }\nenvironments: { dev: { postgres: { port: ${await freePort()} } } }\n`,
});
afterAll(() => project.dispose());

const text = "what was dumped";
const sha256 = createHash("sha256").update(text).digest("hex");
const written = renderManifest(manifest({ sizeBytes: text.length, sha256 }));
const folder = ".poststack/dev/backups";
project.write(`${folder}/good.dump`, text);
project.write(`${folder}/good.dump.json`, written);

const verified = async () => {
  const { code, json } = await project.poststack(["backup", "verify", "--json"]);
  expect(misfits("answers/backup verify", json)).toEqual([]);
  const { backups } = json as { backups: { path: string; proved: string; error?: { code: string } }[] };
  return { code, backups: backups.map(({ path, proved, error }) => [path.split("/").at(-1), proved, error?.code]) };
};

test("a file that was cut is listed as broken, and told by verify beside those that are good", async () => {
  expect(await verified()).toEqual({ code: 0, backups: [["good.dump", "checksum", undefined]] });

  project.write(`${folder}/cut.dump`, text.slice(1));
  project.write(`${folder}/cut.dump.json`, written);
  const { code, json } = await project.poststack(["backup", "list", "--json"]);
  expect(misfits("answers/backup list", json)).toEqual([]);
  expect({ code, json }).toMatchObject({
    code: 0,
    json: { backups: [{ file: "good.dump" }], broken: [{ file: "cut.dump", sizeBytes: text.length - 1 }] },
  });
  const { stdout } = await project.poststack(["backup", "list"]);
  expect(stdout.split("\n").find((line) => line.includes("cut.dump"))).toContain("broken");
  expect(await verified()).toEqual({
    code: 1,
    backups: [
      ["cut.dump", "nothing", "BACKUP_BROKEN"],
      ["good.dump", "checksum", undefined],
    ],
  });
});

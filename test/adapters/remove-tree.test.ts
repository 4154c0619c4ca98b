import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import type * as Files from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { removeTree } from "../../controller/adapters/remove-tree.ts";

/** What somebody does right before, or right after, a folder is opened for its names. */
const meanwhile = vi.hoisted(() => ({ before: (_path: string) => {}, after: (_path: string) => {} }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof Files>();
  const openSync: typeof real.openSync = (path, ...rest) => {
    meanwhile.before(String(path));
    const descriptor = real.openSync(path, ...rest);
    meanwhile.after(String(path));
    return descriptor;
  };
  return { ...real, openSync };
});

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "poststack-test-"));
  for (const folder of ["doomed/base/1", "outside"]) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ["doomed/PG_VERSION", "doomed/base/1/1259", "outside/kept"]) writeFileSync(join(root, file), "");
  writeFileSync(Buffer.concat([Buffer.from(join(root, "doomed/base/no text ")), Buffer.from([0xff])]), "");
  symlinkSync(join(root, "outside"), join(root, "doomed/link"));
  symlinkSync(join(root, "nowhere"), join(root, "doomed/broken"));
  Object.assign(meanwhile, { before: () => undefined, after: () => undefined });
  return () => {
    Object.assign(meanwhile, { before: () => undefined, after: () => undefined });
    removeTree(root);
  };
});

/** Once: `base` goes elsewhere, and a link to what is not to be touched takes its name. */
function swapOnce(): (path: string) => void {
  let isDone = false;
  return (path) => {
    if (isDone || !path.endsWith("/base")) return;
    isDone = true;
    renameSync(join(root, "doomed/base"), join(root, "aside"));
    symlinkSync(join(root, "outside"), join(root, "doomed/base"));
  };
}

test.each<[when: string, moment: "before" | "after" | "never"]>([
  ["is left as it is", "never"],
  ["has a link in its place before it is opened", "before"],
  ["has one after it", "after"],
])("all that is in a folder goes, and nothing that links lead to, where one in it %s", (_when, moment) => {
  if (moment !== "never") meanwhile[moment] = swapOnce();
  removeTree(join(root, "doomed"));
  expect(existsSync(join(root, "doomed"))).toBe(false);
  expect(existsSync(join(root, "aside"))).toBe(moment !== "never");
  expect(readdirSync(join(root, "outside"))).toEqual(["kept"]);
});

test("what is added behind the look at the names goes as well, and what is gone already is success", () => {
  let added = 0;
  meanwhile.before = (path) => {
    if (path.endsWith("/1") && ++added === 1) writeFileSync(join(root, "doomed/base/more"), "");
  };
  removeTree(join(root, "nothing"));
  removeTree(join(root, "doomed"));
  expect([added, existsSync(join(root, "doomed"))]).toEqual([1, false]);
});

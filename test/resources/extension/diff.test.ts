import { expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { diff } from "../../../controller/resources/extension/diff.ts";
import type { DesiredExtension, ObservedExtension } from "../../../controller/resources/extension/model.ts";
import { place } from "../role/kit.ts";

const desired: DesiredExtension = { id: resourceId("extension", "hstore"), name: "hstore", dependsOn: [], place };
type Installed = NonNullable<ObservedExtension["installed"]>;
const installed: Installed = {
  version: "1.7",
  schema: "public",
  oid: 9,
  ours: true,
  relocatable: true,
  neededBy: [],
};
const others: readonly ObservedExtension[] = [
  { name: "plpgsql", availableVersions: ["1.0"] },
  { name: "hstore_plperl", availableVersions: ["1.0"] },
];
const there = (given: Partial<Installed> = {}): readonly ObservedExtension[] => [
  { name: "hstore", installed: { ...installed, ...given }, availableVersions: ["1.6", "1.7", "1.8"] },
  ...others,
];
const offered: readonly ObservedExtension[] = [{ name: "hstore", availableVersions: ["1.6", "1.7"] }, ...others];

test.each<[string, Partial<DesiredExtension>, readonly ObservedExtension[], string]>([
  [
    "no server yet",
    { version: "9", schema: "s" },
    [],
    "create extension:hstore  not installed; version 9; in schema s",
  ],
  ["offered", {}, offered, "create extension:hstore  not installed"],
  ["offered in that version", { version: "1.6" }, offered, "create extension:hstore  not installed; version 1.6"],
  [
    "not offered in that version",
    { version: "2" },
    offered,
    `refuse extension:hstore  the server has extension "hstore" not in version 2, only in 1.6, 1.7`,
  ],
  ["not offered", {}, others, `refuse extension:hstore  the server has no extension "hstore"`],
  ["as wished", { version: "1.7", schema: "public" }, there(), ""],
  ["no version wished", {}, there({ version: "0.1" }), ""],
  ["another version", { version: "1.8" }, there(), "update extension:hstore  version 1.7 → 1.8"],
  [
    "a version without a file",
    { version: "3" },
    there(),
    `refuse extension:hstore  the server has extension "hstore" not in version 3, only in 1.6, 1.7, 1.8`,
  ],
  ["another schema", { schema: "ext" }, there(), "update extension:hstore  schema public → ext"],
  [
    "another schema, not relocatable",
    { schema: "ext" },
    there({ relocatable: false }),
    `refuse extension:hstore  extension "hstore" cannot be moved from schema "public" to "ext"`,
  ],
  ["somebody else's, equal", {}, there({ ours: false }), ""],
  [
    "somebody else's, different",
    { version: "1.8" },
    there({ ours: false }),
    `refuse extension:hstore  extension "hstore" was installed by somebody else, and differs: version 1.7 → 1.8`,
  ],
])("%s", (_name, wish, observed, expected) => {
  expect(renderActions(diff([{ ...desired, ...wish }], observed))).toBe(expected);
});

test.each<[string, Partial<Installed>, string]>([
  ["ours goes", {}, "drop extension:hstore  no longer in the files  [deletes-data]"],
  ["somebody else's stays", { ours: false }, ""],
  ["ours stays while another needs it", { neededBy: ["earthdistance"] }, ""],
])("no longer in the files: %s", (_name, given, expected) => {
  expect(renderActions(diff([], there(given)))).toBe(expected);
});

test("a name that is nearly right is answered with the right one", () => {
  const [action] = diff([{ ...desired, name: "hstor" }], offered);
  expect(action).toMatchObject({ error: { next: expect.stringContaining(`write "hstore" or "hstore_plperl"`) } });
});

test.each<[string, string, RegExp]>([
  ["nothing near", "cube", /^install it on the server's machine/],
  ["something near", "hstore_plperl", /^write "hstore_plperl" if that is what you mean, or install it/],
])("the next step for an extension that is not offered: %s", (_what, name, expected) => {
  const [action] = diff([desired], [{ name, availableVersions: ["1.0"] }]);
  expect(action).toMatchObject({ verb: "refuse", error: { next: expect.stringMatching(expected) as string } });
});

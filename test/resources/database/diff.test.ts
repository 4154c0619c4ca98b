import { expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { diff } from "../../../controller/resources/database/diff.ts";
import type { DesiredDatabase, ObservedDatabase } from "../../../controller/resources/database/model.ts";
import { mark, place } from "../role/kit.ts";

const desired: DesiredDatabase = {
  id: resourceId("database", "app"),
  name: "app",
  owner: "ada",
  ledgerVersion: 2,
  mark,
  to: "present",
  deleteData: false,
  dependsOn: [],
  place,
};
const observed: ObservedDatabase = {
  name: "app",
  oid: 5,
  owner: "ours",
  marked: true,
  witnessed: true,
  strayMark: false,
  ownerRole: "ada",
  ownerIsOurs: false,
  ledgerVersion: 2,
  ledgerUnreadable: false,
  ledgerWriters: ["ada"],
  objects: 3,
};
const foreign = { owner: "foreign", marked: false, witnessed: false } as const;

test.each<[string, Partial<DesiredDatabase>, Partial<ObservedDatabase> | undefined, string]>([
  ["equal needs nothing", {}, {}, ""],
  [
    "not there",
    {},
    undefined,
    "create database:app  not found; owner ada; encoding UTF8; any login of the server may connect",
  ],
  ["another owner", {}, { ownerRole: "bob" }, "update database:app  owner bob → ada"],
  [
    "another owner of ours",
    {},
    { ownerRole: "bob", ownerIsOurs: true, ledgerWriters: ["bob"] },
    "update database:app  owner bob → ada, with what bob owns in it; ledger access none → ada",
  ],
  ["a comment that somebody wrote over the mark", {}, { marked: false }, "update database:app  mark overwritten → set"],
  [
    "a ledger of before marks were kept there",
    {},
    { witnessed: false },
    "update database:app  mark in its ledger none → set",
  ],
  ["an older ledger", {}, { ledgerVersion: 1 }, "update database:app  ledger 1 → 2"],
  ["no ledger", {}, { ledgerVersion: 0, ledgerWriters: [] }, "update database:app  ledger 0 → 2"],
  ["an owner without its ledger", {}, { ledgerWriters: ["bob"] }, "update database:app  ledger access none → ada"],
  [
    "a creation that was cut",
    {},
    { marked: false, witnessed: false, ledgerVersion: 0, ledgerWriters: [], objects: 0 },
    "update database:app  mark none → set; ledger 0 → 2",
  ],
  [
    "a newer ledger",
    {},
    { ledgerVersion: 3 },
    `refuse database:app  the ledger in database "app" has version 3; this Poststack knows 2`,
  ],
  [
    "somebody's schema poststack",
    {},
    { ledgerUnreadable: true, ledgerVersion: 0 },
    `refuse database:app  schema poststack in database "app" is not a ledger that Poststack may read`,
  ],
  [
    "a foreign one",
    {},
    foreign,
    `refuse database:app  database "app" exists and is not this environment's: Poststack did not make it`,
  ],
  [
    "made again by hand",
    {},
    { ...foreign, strayMark: true },
    `refuse database:app  database "app" exists and is not this environment's: its mark names another database: it was dropped and made again by hand, or restored from a dump`,
  ],
  ["absent, without leave for the data", { to: "absent" }, {}, ""],
  ["absent and foreign, without leave for the data", { to: "absent" }, foreign, ""],
  ["absent and not there", { to: "absent", deleteData: true }, undefined, ""],
  [
    "absent, with leave for the data",
    { to: "absent", deleteData: true },
    {},
    "drop database:app  to be deleted with its data (3 objects)  [deletes-data]",
  ],
  [
    "absent and foreign",
    { to: "absent", deleteData: true },
    foreign,
    `refuse database:app  database "app" exists and is not this environment's: Poststack did not make it`,
  ],
  [
    "absent and not even marked",
    { to: "absent", deleteData: true },
    { marked: false, witnessed: false, owner: "foreign" },
    `refuse database:app  database "app" exists and is not this environment's: Poststack did not make it`,
  ],
  [
    "absent, and its mark overwritten",
    { to: "absent", deleteData: true },
    { marked: false },
    `refuse database:app  database "app" is not dropped: the comment that says whose it is was overwritten`,
  ],
])("%s", (_name, wish, seen, expected) => {
  const actions = diff([{ ...desired, ...wish }], seen === undefined ? [] : [{ ...observed, ...seen }]);
  expect(renderActions(actions)).toBe(expected);
});

test("a database that the files no longer name is left alone", () => {
  expect(diff([], [observed])).toEqual([]);
});

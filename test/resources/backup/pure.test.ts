import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countEntries, restorable } from "../../../controller/resources/backup/contents.ts";
import { obsolete } from "../../../controller/resources/backup/keep.ts";
import { parseManifest, renderManifest } from "../../../controller/resources/backup/manifest.ts";
import type { Keep } from "../../../controller/resources/backup/model.ts";
import {
  backupName,
  beforeName,
  isPartial,
  siblingName,
  discardedName,
} from "../../../controller/resources/backup/names.ts";
import { backupAt, manifest } from "./kit.ts";

describe("keep", () => {
  const backups = [
    "2026-09-30T03:00:00Z",
    "2026-10-31T03:00:00Z",
    "2026-11-08T03:00:00Z", // a Sunday
    "2026-11-09T03:00:00Z", // a Monday
    "2026-11-18T03:00:00Z",
    "2026-11-19T03:00:00Z",
    "2026-11-19T15:00:00Z",
    "2026-11-20T03:00:00Z",
    "2026-11-20T03:30:00Z",
  ].map((time) => backupAt(time));

  test.each<[string, Keep | undefined, readonly number[]]>([
    ["without a rule nothing goes", undefined, []],
    ["rules that keep none are none", { daily: 0 }, []],
    ["the newest of each of two days", { daily: 2 }, [0, 1, 2, 3, 4, 5, 7]],
    ["a day without a backup does not count", { daily: 3 }, [0, 1, 2, 3, 5, 7]],
    ["the newest of each of three weeks, from Monday", { weekly: 3 }, [0, 1, 4, 5, 6, 7]],
    ["the newest of each of two months", { monthly: 2 }, [0, 2, 3, 4, 5, 6, 7]],
    ["an hour", { hourly: 1 }, [0, 1, 2, 3, 4, 5, 6, 7]],
    ["each rule by itself", { daily: 1, monthly: 3 }, [2, 3, 4, 5, 6, 7]],
  ])("%s", (_name, keep, gone) => {
    expect(obsolete(backups, keep)).toEqual(gone.map((index) => backups[index]));
  });
});

describe("the list of contents", () => {
  const list = [
    ";",
    "; Archive created at 2026-11-20 12:00:00 UTC",
    ";     TOC Entries: 12",
    "3; 3079 16385 EXTENSION - pgcrypto ",
    "3401; 0 0 COMMENT - EXTENSION pgcrypto ",
    "4; 3079 16390 EXTENSION - citext ",
    "5; 2615 2200 SCHEMA - public postgres",
    "3402; 0 0 COMMENT - SCHEMA public postgres",
    "6; 2615 16500 SCHEMA - tools shop_dev",
    "3403; 0 0 COMMENT - SCHEMA tools shop_dev",
    "218; 1259 16400 TABLE public users shop_dev",
    "3410; 0 16400 TABLE DATA public users shop_dev",
    "3420; 0 0 ACL - SCHEMA public postgres",
    "2061; 826 16700 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES postgres",
    "2062; 826 16701 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES shop_dev",
  ].join("\n");

  test("without what is there already, and what only others may change", () => {
    const place = { owner: "shop_dev", extensions: new Set(["pgcrypto"]), schemas: new Set(["tools"]) };
    expect(restorable(list, place).trimEnd().split("\n")).toEqual([
      "4; 3079 16390 EXTENSION - citext ",
      "3403; 0 0 COMMENT - SCHEMA tools shop_dev",
      "218; 1259 16400 TABLE public users shop_dev",
      "3410; 0 16400 TABLE DATA public users shop_dev",
      "3420; 0 0 ACL - SCHEMA public postgres",
      "2062; 826 16701 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES shop_dev",
    ]);
    expect(countEntries(list)).toBe(12);
  });
});

describe("a manifest", () => {
  test("is read as it was written", () => {
    const whole = manifest({ systemIdentifier: "7412" });
    expect(parseManifest(renderManifest(whole))).toEqual(whole);
  });

  test.each<[string, string | undefined]>([
    ["no file", undefined],
    ["no JSON", "{"],
    ["a list", "[]"],
    ["a newer one", renderManifest(manifest()).replace('"version": 1', '"version": 2')],
    ["another format", renderManifest(manifest()).replace('"custom"', '"tar"')],
    ["a checksum that is none", renderManifest(manifest({ sha256: "ab" }))],
    ["a size that is none", renderManifest(manifest({ sizeBytes: -1 }))],
    ["a moment that is none", renderManifest(manifest()).replace("2026-11", "2026-77")],
    ["a name that is none", renderManifest(manifest()).replace('"shop_dev"', "null")],
    ["what would move the cursor", renderManifest(manifest({ because: "\u001b[2J" }))],
    ["a megabyte of text", renderManifest(manifest({ because: "x".repeat(1_000_000) }))],
  ])("%s: nobody has verified it", (_name, text) => {
    expect(parseManifest(text)).toBeUndefined();
  });

  test("any text at all is read or is none", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => parseManifest(text) === undefined));
  });
});

describe("names", () => {
  const at = new Date("2026-11-20T14:55:00.123Z");
  const long = "é".repeat(31);

  test("a file says whose and when, in letters that every file system takes", () => {
    expect(backupName("shop_dev", at, "custom")).toBe("shop_dev-20261120T145500123Z.dump");
    expect(backupName("a/b c", at, "physical")).toBe("a_b_c-20261120T145500123Z.tar.gz");
    expect(isPartial("shop_dev")("shop_dev-20261120T145500123Z.dump.partial")).toBe(true);
    expect(isPartial("shop_dev")("shop_dev-20261120T145500123Z.tar.gz.partial")).toBe(true);
    expect(isPartial("shop_dev")("shop_dev-20261120T145500123Z.dump")).toBe(false);
    expect(isPartial("shop_dev")("shop_devel-20261120T145500123Z.dump.partial")).toBe(false);
    expect(isPartial("shop")("shop-dev-20261120T145500123Z.dump.partial")).toBe(false);
  });

  test("databases beside another fit into what Postgres keeps of a name", () => {
    expect(siblingName("shop_dev", 0.5)).toBe("shop_dev.restore_80000000");
    expect(discardedName(siblingName("a.restore_00000000", 0.5))).toBe("a.restore_00000000.deleted_80000000");
    expect(beforeName("shop_dev", at)).toBe("shop_dev.before_20261120T145500123Z");
    for (const name of [siblingName(long, 0.999), beforeName(long, at)])
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  });
});

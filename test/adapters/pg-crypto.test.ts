import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../support/build.ts";

type Crypto = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
const require = createRequire(import.meta.url);
const ours = require(join(projectRoot, ".build", "pg-crypto.cjs")) as Crypto;
const drivers = require(join(projectRoot, "node_modules/pg/lib/crypto/utils.js")) as Crypto;

/** The driver's give buffers of more than one kind. */
const hexOf = (value: unknown): string =>
  typeof value === "string" ? value : Buffer.from(value as Uint8Array).toString("hex");

const salt = Buffer.from("0123456789abcdef");
const key = Buffer.from("k".repeat(32));

test.each<[string, readonly unknown[]]>([
  ["md5", ["pässword"]],
  ["postgresMd5PasswordHash", ["user", "pässword", salt.subarray(0, 4)]],
  ["sha256", [key]],
  // Of channel binding: as the certificate's signature names it.
  ["hashByName", ["SHA-256", key]],
  ["hashByName", ["SHA-384", key]],
  ["hashByName", ["SHA-512", key]],
  ["hmacSha256", [key, "Client Key, é"]],
  ["deriveKey", ["pässword", salt, 4096]],
])("%s(%j) gives what the driver's own gives", async (name, args) => {
  expect(hexOf(await ours[name]?.(...args))).toBe(hexOf(await drivers[name]?.(...args)));
});

test("it has every function of the driver's", () => {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(drivers).sort());
  expect(ours["randomBytes"]?.(18)).toHaveLength(18);
});

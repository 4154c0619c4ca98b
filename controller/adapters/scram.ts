import { createHash, createHmac, pbkdf2, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { PoststackError } from "../core/errors.ts";
import type { Passwords } from "../core/ports/postgres.ts";
import { reveal, Secret } from "../core/secret.ts";

/** Postgres's own defaults (manual: scram_iterations; SCRAM_DEFAULT_SALT_LEN), salt in bytes. */
const iterations = 4096;
const saltLength = 16;

/** Above this a stored verifier is not re-derived: one role could hold a pass up for minutes. */
const maxIterations = 1_000_000;

const base64 = "[A-Za-z0-9+/]+={0,2}";
/** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (manual: pg_authid). */
const shape = new RegExp(`^SCRAM-SHA-256\\$([1-9]\\d{0,8}):(${base64})\\$(${base64}):(${base64})$`);

export const passwords: Passwords = {
  random: () => new Secret(randomBytes(16).toString("hex")),

  verifier(password) {
    const salt = randomBytes(saltLength);
    const verifier = verifierOf(pbkdf2Sync(prepared(password), salt, iterations, ...derivation), salt, iterations);
    // Anything of another shape would be taken for a password, and hashed.
    if (!shape.test(verifier)) throw new PoststackError("INTERNAL", { what: "a password verifier of the wrong shape" });
    return verifier;
  },

  async matches(password, verifier) {
    const [, digits = "", encoded = ""] = shape.exec(verifier) ?? [];
    const count = Number(digits);
    if (digits === "" || count > maxIterations) return false;
    const salt = Buffer.from(encoded, "base64");
    const salted = await promisify(pbkdf2)(prepared(password), salt, count, ...derivation);
    const expected = Buffer.from(verifierOf(salted, salt, count));
    const actual = Buffer.from(verifier);
    return expected.length === actual.length && timingSafeEqual(expected, actual);
  },
};

/** Bytes and hash of SaltedPassword (RFC 5802, section 3; RFC 7677). */
const derivation = [32, "sha256"] as const;

/** RFC 5802, section 3. */
function verifierOf(salted: Buffer, salt: Buffer, count: number): string {
  const hmac = (text: string): Buffer => createHmac("sha256", salted).update(text).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  const serverKey = hmac("Server Key").toString("base64");
  return `SCRAM-SHA-256$${count}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/**
 * SASLprep (RFC 4013) as far as it changes a text: other spaces become a space, what RFC 3454 B.1 maps to nothing goes,
 * then NFKC. The Postgres driver prepares a password the same way before it logs in. libpq and the server do too, but
 * take a text as it is when it holds characters that the RFC prohibits or Unicode 3.2 did not have: a password that both
 * holds such a character and is changed by this mapping fits only one of the two kinds of client.
 */
function prepared(password: Secret): string {
  const text = reveal(password)
    .replaceAll(/[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g, " ")
    .replaceAll(/\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200C|\u200D|\u2060|[\uFE00-\uFE0F]|\uFEFF/g, "")
    .normalize("NFKC");
  if (text === "") {
    throw new PoststackError("SECRET_UNREADABLE", {
      what: "the password is empty, which Postgres takes for no password",
      next: "give it at least one visible character",
    });
  }
  return text;
}

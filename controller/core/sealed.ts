import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";

// A copy of something that nobody can read who does not have what it was made from: the key is a digest of that. Damaged, or
// made from something else, it does not open.

const method = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** @param origin all that the content was made from; the same origin gives the same content */
export function seal(content: Buffer, origin: string): Buffer {
  const { key, nonceKey } = keysOf(origin);
  // Of the content, so that one key never meets two contents with the same nonce (RFC 8452 does it in this way).
  const nonce = createHmac("sha256", nonceKey).update(content).digest().subarray(0, nonceBytes);
  const cipher = createCipheriv(method, key, nonce);
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** What {@link seal} was given with the same origin; undefined: it is something else. */
export function unseal(sealed: Buffer, origin: string): Buffer | undefined {
  const end = sealed.length - tagBytes;
  if (end < nonceBytes) return undefined;
  const opening = createDecipheriv(method, keysOf(origin).key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  }).setAuthTag(sealed.subarray(end));
  const content = opening.update(sealed.subarray(nonceBytes, end));
  try {
    return Buffer.concat([content, opening.final()]);
  } catch {
    return undefined;
  }
}

function keysOf(origin: string): { readonly key: Buffer; readonly nonceKey: Buffer } {
  const both = createHash("sha512").update(origin).digest();
  return { key: both.subarray(0, 32), nonceKey: both.subarray(32) };
}

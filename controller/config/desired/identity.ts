import { createHash } from "node:crypto";
import type { SecretSources } from "../../core/ports/files.ts";
import type { StateFacts } from "../../core/ports/state.ts";
import { keyedHash, type Text } from "../../core/secret.ts";

/** What makes this environment's objects ours, and its hashes unreadable to others (RELIABILITY 8, 11). */
export interface Identity {
  /** What roles and databases carry in their comment. It does not tell the owner token. */
  readonly mark: string;
  /** HMAC-SHA-256 with the owner token as key, in hex. */
  readonly hash: (text: Text) => string;
  /** The first 48 bits of it: enough to tell that something changed, too few to test a guess for sure. */
  readonly shortHash: (text: Text) => string;
}

/** Without a state there is nothing that could be ours: a token made up for this pass marks nothing that exists. */
export function identityOf(state: StateFacts | undefined, secrets: SecretSources): Identity {
  const owner = state?.owner ?? Array.from({ length: 32 }, () => secrets.randomInt(16).toString(16)).join("");
  const hash = (text: Text): string => keyedHash(owner, text);
  return {
    mark: `poststack ${createHash("sha256").update(owner).digest("hex").slice(0, 32)}`,
    hash,
    shortHash: (text) => hash(text).slice(0, 12),
  };
}

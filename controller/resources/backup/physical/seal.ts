import { keyedHash, type Secret } from "../../../core/secret.ts";
import type { Manifest } from "../manifest.ts";

/**
 * A cluster is not read but run: whoever makes one decides what the server's program does. So the manifest of a copy says,
 * under a key that only the environment's state holds, that this very file was taken of this very server by us.
 */
export const sealOf = (
  key: Secret,
  { project, environment, database, systemIdentifier, sha256 }: Omit<Manifest, "seal">,
) => keyedHash(key, JSON.stringify([project, environment, database, systemIdentifier ?? "", sha256]));

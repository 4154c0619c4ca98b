import { createHash } from "node:crypto";
import type { WalRange } from "../../../core/ports/cluster-copies.ts";

/** One file of a copy. */
export interface CopiedFile {
  /** Relative to the data directory, with slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Whole seconds since 1970. */
  readonly modifiedAt: number;
  /** In hex. */
  readonly sha256: string;
}

export const manifestName = "backup_manifest";

/**
 * The list that Postgres itself puts beside a base backup (manual: chapter 69, Backup Manifest Format), so that
 * `pg_verifybackup` checks an unpacked copy where there is no Poststack. Version 1 is read by every release; files of the
 * log are not in it, a range stands for them.
 */
export function renderBackupManifest(files: readonly CopiedFile[], wal: WalRange): string {
  const entries = files.map(({ path, sizeBytes, modifiedAt, sha256 }) =>
    JSON.stringify({
      ...nameOf(path),
      Size: sizeBytes,
      "Last-Modified": `${new Date(modifiedAt * 1000).toISOString().slice(0, 19).replace("T", " ")} GMT`,
      "Checksum-Algorithm": "SHA256",
      Checksum: sha256,
    }),
  );
  const range = { Timeline: wal.timeline, "Start-LSN": wal.start, "End-LSN": wal.end };
  const lines = [
    `{ "PostgreSQL-Backup-Manifest-Version": 1,`,
    `"Files": [`,
    entries.join(",\n"),
    `],`,
    `"WAL-Ranges": [${JSON.stringify(range)}],`,
    "",
  ].join("\n");
  return `${lines}"Manifest-Checksum": "${sha256Of(lines)}"}\n`;
}

/** Total: undefined for what is no manifest, or one that was changed. By path. */
export function parseBackupManifest(
  text: string,
): ReadonlyMap<string, Pick<CopiedFile, "sizeBytes" | "sha256">> | undefined {
  const lastLine = text.lastIndexOf('"Manifest-Checksum"');
  const [, sum] = /^"Manifest-Checksum": "([0-9a-f]{64})"\}\n$/.exec(text.slice(lastLine)) ?? [];
  if (lastLine < 0 || sum !== sha256Of(text.slice(0, lastLine))) return undefined;
  try {
    const { Files: files } = JSON.parse(text) as { readonly Files: readonly Readonly<Record<string, unknown>>[] };
    return new Map(
      files.map((file) => [pathOf(file), { sizeBytes: Number(file["Size"]), sha256: String(file["Checksum"]) }]),
    );
  } catch {
    return undefined;
  }
}

/** A path that is no UTF-8 goes in hex: here only one that lost something on its way into a string. */
const nameOf = (path: string): Readonly<Record<string, string>> =>
  path.includes("\ufffd") ? { "Encoded-Path": Buffer.from(path).toString("hex") } : { Path: path };

const pathOf = (file: Readonly<Record<string, unknown>>): string =>
  typeof file["Encoded-Path"] === "string" ? Buffer.from(file["Encoded-Path"], "hex").toString() : String(file["Path"]);

const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");

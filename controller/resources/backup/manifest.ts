/** What was found out about a backup when it was taken. It lies beside the file, as JSON. */
export interface Manifest {
  readonly project: string;
  readonly environment: string;
  readonly database: string;
  /** The role that the database belonged to. */
  readonly owner: string;
  readonly takenAt: Date;
  /** Why: `asked for`, or what it was taken before. */
  readonly because: string;
  /** pg_dump's own of one database, or a physical copy of the whole cluster. */
  readonly format: Format;
  /** `server_version_num`: 150018. */
  readonly serverVersion: number;
  /** Of the cluster; undefined: the server did not tell. */
  readonly systemIdentifier?: string;
  /** Major version of the pg_dump that wrote it: an older pg_restore does not read it. Of a copy: the server's. */
  readonly toolMajor: number;
  /** The newest migration that was recorded; undefined: none was. */
  readonly schemaHead?: string;
  readonly sizeBytes: number;
  /** In hex. */
  readonly sha256: string;
  /** Entries of the archive's list of contents. Of a copy: files. */
  readonly entries: number;
  /** Only of a copy: see seal.ts. In hex. */
  readonly seal?: string;
}

export type Format = (typeof formats)[number];
const formats = ["custom", "physical"] as const;

type Written = Omit<Manifest, "takenAt"> & { readonly takenAt: string; readonly version: number };

/** Shape of the file: a newer one is none that this version can vouch for. */
const version = 1;

export const renderManifest = (manifest: Manifest): string =>
  `${JSON.stringify({ version, ...manifest, takenAt: manifest.takenAt.toISOString() }, undefined, 2)}\n`;

/** Total: the file is anybody's. Undefined: it is no manifest, so the file beside it counts as never verified. */
export function parseManifest(text: string | undefined): Manifest | undefined {
  const read = objectIn(text);
  if (read === undefined || read["version"] !== version || !formats.some((one) => one === read["format"]))
    return undefined;
  const texts = ["project", "environment", "database", "owner", "because", "takenAt", "sha256"].map(
    (name) => read[name],
  );
  const numbers = ["serverVersion", "toolMajor", "sizeBytes", "entries"].map((name) => read[name]);
  const { systemIdentifier, schemaHead, seal } = read;
  if (!texts.every(isText) || !numbers.every(isCount)) return undefined;
  if (![systemIdentifier, schemaHead, seal].every((one) => one === undefined || isText(one))) return undefined;
  const { version: _version, takenAt, ...rest } = read as unknown as Written;
  const at = new Date(takenAt);
  if (Number.isNaN(at.getTime()) || !/^[0-9a-f]{64}$/.test(rest.sha256)) return undefined;
  return { ...rest, takenAt: at };
}

function objectIn(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** It is printed: nothing in it moves a cursor. */
const isText = (value: unknown): boolean =>
  typeof value === "string" && value.length <= 1_000 && !/\p{Cc}/u.test(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

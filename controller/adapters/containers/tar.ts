/** One entry of an archive. Nothing of this machine is in it unless it is said here. */
export interface TarEntry {
  /** Relative, with slashes. */
  readonly path: string;
  readonly type: "file" | "folder" | "link";
  /** Permission bits. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** When it was changed: whole seconds since 1970. Absent: 1970. */
  readonly modifiedAt?: number;
  readonly content?: Buffer;
  /** Of a symbolic link. */
  readonly target?: string;
}

const block = 512;
const typeFlags = { file: "0", link: "2", folder: "5" } as const;

/** A whole entry that is in memory. */
export function tarEntry(entry: TarEntry): Buffer {
  const content = entry.content ?? Buffer.alloc(0);
  return Buffer.concat([tarHead(entry, content.length), content, tarPadding(content.length)]);
}

/**
 * What comes before the content, as POSIX writes it (pax Interchange Format): a header of its own for what does not fit
 * into the old one.
 */
export function tarHead(entry: Omit<TarEntry, "content">, sizeBytes: number): Buffer {
  const path = entry.type === "folder" && !entry.path.endsWith("/") ? `${entry.path}/` : entry.path;
  const { target = "", uid = 0, gid = 0, modifiedAt = 0 } = entry;
  const long = [
    ...(isPlain(path) ? [] : [record("path", path)]),
    ...(isPlain(target) ? [] : [record("linkpath", target)]),
    ...(fits(sizeBytes, sizeDigits) ? [] : [record("size", String(sizeBytes))]),
    ...(fits(uid, ownerDigits) ? [] : [record("uid", String(uid))]),
    ...(fits(gid, ownerDigits) ? [] : [record("gid", String(gid))]),
    ...(fits(modifiedAt, timeDigits) ? [] : [record("mtime", String(modifiedAt))]),
  ].join("");
  const head = header(entry, path, sizeBytes, typeFlags[entry.type]);
  if (long === "") return head;
  const size = Buffer.byteLength(long);
  const extended = header({ path: "pax", type: "file", mode: 0o644 }, "pax", size, "x");
  return Buffer.concat([extended, Buffer.from(long), tarPadding(size), head]);
}

/** What comes behind the content, up to a whole block. */
export const tarPadding = (sizeBytes: number): Buffer => Buffer.alloc((block - (sizeBytes % block)) % block);

/** Two empty blocks. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * block);

/** 100 bytes of ASCII: older readers take no others for UTF-8. */
const isPlain = (text: string): boolean => /^[\x20-\x7e]{0,100}$/.test(text);

/** Octal digits of a field: one byte less than it has, for the NUL behind them. */
const [modeDigits, ownerDigits, sizeDigits, timeDigits] = [7, 7, 11, 11];

const fits = (value: number, digits: number): boolean => value >= 0 && value < 8 ** digits;

/** `<length> key=value\n`, the length counting itself. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return `${length} ${key}=${value}\n`;
}

function header(
  { mode, uid = 0, gid = 0, modifiedAt = 0, target = "" }: Omit<TarEntry, "content">,
  path: string,
  size: number,
  flag: string,
): Buffer {
  const bytes = Buffer.alloc(block);
  // What does not fit stands in the extended header, which goes before.
  const octal = (value: number, at: number, digits: number): void => {
    const shown = fits(value, digits) ? value : 0;
    bytes.write(`${shown.toString(8).padStart(digits, "0")}\0`, at, "ascii");
  };
  bytes.write(path, 0, 100, "utf8");
  octal(mode & 0o7777, 100, modeDigits);
  octal(uid, 108, ownerDigits);
  octal(gid, 116, ownerDigits);
  octal(size, 124, sizeDigits);
  octal(modifiedAt, 136, timeDigits);
  bytes.write("        ", 148, "ascii");
  bytes.write(flag, 156, "ascii");
  bytes.write(target, 157, 100, "utf8");
  bytes.write("ustar\x0000", 257, "ascii");
  octal(
    bytes.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  return bytes;
}

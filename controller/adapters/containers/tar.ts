/** One entry of an archive. No times, users or devices of this machine: the same files give the same bytes. */
export interface TarEntry {
  /** Relative, with slashes. */
  readonly path: string;
  readonly type: "file" | "folder" | "link";
  /** Permission bits. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
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
  const long = [
    ...(isPlain(path) ? [] : [record("path", path)]),
    ...(isPlain(entry.target ?? "") ? [] : [record("linkpath", entry.target ?? "")]),
    ...(sizeBytes < 8 ** 11 ? [] : [record("size", String(sizeBytes))]),
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

/** `<length> key=value\n`, the length counting itself. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return `${length} ${key}=${value}\n`;
}

function header(
  { mode, uid = 0, gid = 0, target = "" }: Omit<TarEntry, "content">,
  path: string,
  size: number,
  flag: string,
): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => {
    bytes.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "ascii");
  };
  bytes.write(path, 0, 100, "utf8");
  octal(mode & 0o7777, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  // What is larger stands in the extended header.
  octal(Math.min(size, 8 ** 11 - 1), 124, 12);
  octal(0, 136, 12);
  bytes.write("        ", 148, "ascii");
  bytes.write(flag, 156, "ascii");
  bytes.write(target, 157, 100, "utf8");
  bytes.write("ustar\x0000", 257, "ascii");
  octal(
    bytes.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return bytes;
}

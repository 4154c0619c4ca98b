import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import { PoststackError } from "../../controller/core/errors.ts";
import type { Files } from "../../controller/core/ports.ts";

export interface TestProject {
  readonly root: string;
  readonly files: Files;
  /** Writes a file, making its folders. */
  write(path: string, content: string | Buffer, mode?: number): string;
}

/** A project folder with these files, removed after the test. */
export function projectWith(contents: Readonly<Record<string, string | Buffer>> = {}): TestProject {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "poststack-test-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write = (path: string, content: string | Buffer, mode = 0o644): string => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
    return file;
  };
  for (const [path, content] of Object.entries(contents)) write(path, content);
  return { root, files: standIn(root), write };
}

const standIn = (root: string): Files => {
  const readBytes: Files["readBytes"] = (path, { limitBytes, from }) => {
    const at = resolve(root, path);
    const where = from === undefined ? {} : { where: from };
    if (!existsSync(at)) throw new PoststackError("FILE_MISSING", { what: `${path} does not exist`, ...where });
    if (!statSync(at).isFile() || statSync(at).size > limitBytes)
      throw new PoststackError("FILE_UNREADABLE", { what: `${path} cannot be read`, ...where });
    return readFileSync(at);
  };
  return {
    root,
    read: (path, options) => readBytes(path, options).toString("utf8"),
    readBytes,
    list: (path) => (existsSync(resolve(root, path)) ? readdirSync(resolve(root, path)).sort() : []),
    exists: (path) => existsSync(resolve(root, path)),
    isFolder: (path) => existsSync(resolve(root, path)) && lstatSync(resolve(root, path)).isDirectory(),
  };
};

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { projectFiles } from "../../controller/adapters/files.ts";
import type { Files } from "../../controller/core/ports/files.ts";

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
  return { root, files: projectFiles(root), write };
}

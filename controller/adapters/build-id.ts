import { statSync } from "node:fs";

/** Which file exactly this is, as .build/loader.cjs has it for compiled code: one version may be built more than once. */
export function buildId(file: string): string {
  const { size, mtimeMs, ino } = statSync(file);
  return `${size}-${Math.trunc(mtimeMs)}-${ino}`;
}

import { readFileSync } from "node:fs";

/** Of the machine's own table of users; undefined: it has no such entry, or cannot be read. */
export function nameOfUser(uid: number): string | undefined {
  return linesOf("/etc/passwd")
    .map((line) => line.split(":"))
    .find(([, , id]) => Number(id) === uid)?.[0];
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return [];
  }
}

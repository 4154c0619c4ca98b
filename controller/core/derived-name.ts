import { createHash } from "node:crypto";

/** A name is also a host name: one DNS label (RFC 1035, 2.3.4). */
const longest = 63;
const hashLength = 8;
/** Characters of an engine's id that tell containers apart, as its tools show it. */
const idLength = 12;

/**
 * `project-environment-service-1`: the same parts give the same name, so that two writers who make the same thing at once
 * meet in a conflict (RELIABILITY 10). What is too long is cut and gets a hash of the whole.
 */
export const derivedName = (parts: readonly (string | number)[], separator = "-"): string =>
  fitted(parts.join(separator), "");

/** The name beside `name` under which a part of its replacement waits. */
export const asideName = (name: string, role: "next" | "previous"): string => fitted(name, `.${role}`);

/** The name of one whose own name another one takes: unlike those of a replacement, no two ever want it. */
export const retiredName = (name: string, engineId: string): string => fitted(name, `.${engineId.slice(0, idLength)}`);

export const isRetiredName = (name: string): boolean => /\.[0-9a-f]{12}$/.test(name);

/** Whether one with this name was stopped and put aside. */
export const isAsideName = (name: string): boolean => name.endsWith(".previous") || isRetiredName(name);

function fitted(name: string, ending: string): string {
  if (name.length + ending.length <= longest) return `${name}${ending}`;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, hashLength);
  return `${name.slice(0, longest - ending.length - hashLength - 1)}-${hash}${ending}`;
}

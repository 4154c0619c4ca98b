import { resolve } from "node:path";
import { PoststackError } from "../../../../core/errors.ts";
import type { Place } from "../../../../core/place.ts";
import type { Files } from "../../../../core/ports/files.ts";

const limitBytes = 1024 * 1024;

/**
 * `security_opt` as the engine takes it: a profile of seccomp is sent as its text, not as its path (docker/cli,
 * container/opts.go: parseSecurityOpts).
 *
 * @throws PoststackError `CONFIG_TYPE`, `FILE_*`, `PATH_OUTSIDE`
 */
export function securityOptionOf(option: string, directory: string, files: Files, where: Place): string {
  const [, name = option, value] = /^([^=:]+)[=:](.*)$/s.exec(option) ?? [];
  if (value === undefined && name !== "no-new-privileges") {
    throw new PoststackError("CONFIG_TYPE", {
      what: `${JSON.stringify(option)} is no security option`,
      where,
      next: "write `no-new-privileges:true`, `seccomp=PATH`, `apparmor=PROFILE` or `label=…`",
    });
  }
  if (name !== "seccomp" || value === undefined || value === "unconfined" || value === "builtin") return option;
  const text = files.read(resolve(directory, value), { limitBytes, from: where });
  try {
    return `seccomp=${JSON.stringify(JSON.parse(text))}`;
  } catch {
    throw new PoststackError("CONFIG_TYPE", {
      what: `the seccomp profile ${value} is not JSON`,
      where,
      next: "correct the file, or write `seccomp=unconfined`",
    });
  }
}

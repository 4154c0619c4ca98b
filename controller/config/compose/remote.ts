import type { Place } from "../../core/place.ts";
import type { Report } from "./report.ts";

/** A file somewhere else: git, OCI registries and the web. */
export const isRemote = (path: string): boolean => /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/)/.test(path);

/** A deployment whose files change without anybody here having changed them is none that can be planned. */
export const refuseRemote = (path: string, where: Place, report: Report): void =>
  report.mistake(
    "COMPOSE_REFUSED",
    `${JSON.stringify(path)} lies elsewhere, and files are only read from this machine`,
    where,
    "fetch it first, for example with git, and name the file",
  );

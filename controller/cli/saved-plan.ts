import { PoststackError } from "../core/errors.ts";
import type { Plan } from "../core/plan.ts";
import type { Files } from "../core/ports/files.ts";
import type { Selection } from "../engine/select.ts";
import type { Action } from "../resources/index.ts";
import { planToJson } from "./plan-json.ts";

/** A plan in a file: what was decided, and the fingerprint that must still fit. It holds no secret. */
export interface SavedPlan {
  readonly environment: string;
  readonly fingerprint: string;
  readonly options: SavedOptions;
}

interface SavedOptions extends Selection {
  readonly to?: "running" | "stopped" | "absent";
}

const format = "poststack-plan";
/** Bytes: ten thousand migrations take a third of it. */
const limitBytes = 16 * 1024 * 1024;

export const savePlan = (plan: Plan<Action>, options: SavedOptions, version: string): string =>
  `${JSON.stringify({ format, formatVersion: 1, madeBy: version, options, ...planToJson(plan) }, undefined, 2)}\n`;

/**
 * Reads a file written by {@link savePlan}; undefined when there is no such file.
 *
 * @throws PoststackError `CONFIG_TYPE` when it is something else
 */
export function readSavedPlan(path: string, files: Files): SavedPlan | undefined {
  if (!files.exists(path)) return undefined;
  const saved = parse(files.read(path, { limitBytes }));
  if (saved?.format !== format) throw notAPlan(path);
  if (saved.formatVersion !== 1) {
    throw new PoststackError("STATE_NEWER", {
      what: `${path} was saved by another version`,
      next: "make the plan again",
    });
  }
  return saved as unknown as SavedPlan;
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const notAPlan = (path: string): PoststackError =>
  new PoststackError("CONFIG_TYPE", {
    what: `${path} is not a saved plan`,
    where: { file: path, line: 1, column: 1 },
    next: "write one with `poststack plan --out FILE`, or name an environment",
  });

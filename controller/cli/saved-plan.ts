import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import type { Plan } from "../core/plan.ts";
import type { Files } from "../core/ports/files.ts";
import type { Selection } from "../engine/select.ts";
import type { Action } from "../resources/index.ts";
import type { OpenedEnvironment } from "./open.ts";
import { planToJson } from "./plan-json.ts";
import type { Extent } from "./selection.ts";

/** A plan in a file: what was decided, and the fingerprint that must still fit. It holds no secret. */
export interface SavedPlan {
  readonly environment: string;
  readonly fingerprint: string;
  /** Whether the fingerprint covers what is not public: see {@link comparable}. */
  readonly keyed: boolean;
  readonly options: SavedOptions;
}

interface SavedOptions extends Selection {
  readonly to?: "running" | "stopped" | "absent";
  /** Services with a count that somebody asked for. */
  readonly scale?: Readonly<Record<string, number>>;
  readonly skipInit?: true;
  readonly thorough?: true;
  /** The backup that is to be restored: a path, or a name in the directory of backups. */
  readonly restore?: string;
}

/** As a saved plan keeps it; nothing where nobody asked. */
export const savedExtent = ({
  scale,
  skipInit,
  isThorough,
}: Extent): Pick<SavedOptions, "scale" | "skipInit" | "thorough"> => ({
  ...(scale.size === 0 ? {} : { scale: Object.fromEntries(scale) }),
  ...(skipInit === undefined ? {} : { skipInit }),
  ...(isThorough === undefined ? {} : { thorough: true }),
});

export const extentSaved = ({ scale = {}, skipInit, thorough }: SavedOptions): Extent => ({
  scale: new Map(Object.entries(scale)),
  ...(skipInit === undefined ? {} : { skipInit }),
  ...(thorough === undefined ? {} : { isThorough: true }),
});

const format = "poststack-plan";
/** Bytes: ten thousand migrations take a third of it. */
const limitBytes = 16 * 1024 * 1024;

export function savePlan(plan: Plan<Action>, options: SavedOptions, version: string): string {
  const keyed = plan.contents?.isKeyed ?? false;
  const saved = { format, formatVersion: 1, madeBy: version, options, keyed, ...planToJson(plan) };
  return `${JSON.stringify(saved, undefined, 2)}\n`;
}

/**
 * An environment whose plans have fingerprints that compare with those of another command, or of a later pass of this
 * one. What is not public counts in them as keyed hashes, once there is an owner token on disk and nothing is left to be
 * made up. Whether that was so when the command began holds to its end: the first pass writes the token, and what was
 * planned before stays the same plan.
 *
 * @param keyed as a saved plan has it; undefined: as it is now
 */
export function comparable(opened: OpenedEnvironment, keyed?: boolean): OpenedEnvironment {
  let isKeyed = keyed;
  return {
    ...opened,
    load: async (begin) => {
      const desired = await opened.load(begin);
      const kept = opened.ports.state.read()?.secrets;
      isKeyed ??= kept !== undefined && desired.secretNames.every((name) => kept.has(name));
      return { ...desired, isKeyed };
    },
  };
}

/**
 * Reads a file written by {@link savePlan}; undefined when there is no such file.
 *
 * @throws PoststackError `CONFIG_TYPE` when it is something else or damaged, `STATE_NEWER`
 */
export function readSavedPlan(path: string, files: Files): SavedPlan | undefined {
  if (!files.exists(path)) return undefined;
  const text = files.read(path, { limitBytes });
  const saved = parse(text);
  if (saved?.["format"] !== format) throw notAPlan(path);
  if (typeof saved["formatVersion"] === "number" && saved["formatVersion"] > 1) {
    throw new PoststackError("STATE_NEWER", {
      what: `${path} was saved by another version`,
      next: "make the plan again",
    });
  }
  const { environment, fingerprint, keyed, options } = saved;
  const check = (field: string, isRight: boolean): void => {
    if (!isRight) throw damaged(path, field, placeOf(path, text, field));
  };
  check("formatVersion", saved["formatVersion"] === 1);
  check("environment", typeof environment === "string" && environment !== "");
  check("fingerprint", typeof fingerprint === "string" && /^[0-9a-f]{64}$/.test(fingerprint));
  check("keyed", typeof keyed === "boolean");
  check("options", isRecord(options));
  const { to, targets, excludes, scale, skipInit, thorough, restore } = options as Readonly<Record<string, unknown>>;
  check("to", to === undefined || to === "running" || to === "stopped" || to === "absent");
  check("targets", targets === undefined || isTexts(targets));
  check("scale", scale === undefined || (isRecord(scale) && Object.values(scale).every(Number.isInteger)));
  check("skipInit", skipInit === undefined || skipInit === true);
  check("thorough", thorough === undefined || thorough === true);
  check("restore", restore === undefined || (typeof restore === "string" && restore !== ""));
  check("excludes", excludes === undefined || isTexts(excludes));
  return { environment, fingerprint, keyed, options } as SavedPlan;
}

/** Whether there is such a file and it means to be a plan, however damaged. */
export function isSavedPlan(path: string, files: Files): boolean {
  try {
    return files.exists(path) && parse(files.read(path, { limitBytes }))?.["format"] === format;
  } catch {
    return false;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === "string");

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Where the field stands, or should: a plan has one field a line. */
function placeOf(file: string, text: string, field: string): Place {
  const index = text.split("\n").findIndex((line) => line.trimStart().startsWith(`"${field}":`));
  const column = index < 0 ? 1 : (text.split("\n")[index] ?? "").indexOf('"') + 1;
  return { file, line: Math.max(0, index) + 1, column };
}

const damaged = (path: string, field: string, where: Place): PoststackError =>
  new PoststackError("CONFIG_TYPE", {
    what: `${path} is a damaged plan: \`${field}\` is missing or is not what was saved`,
    where,
    next: "make the plan again",
  });

const notAPlan = (path: string): PoststackError =>
  new PoststackError("CONFIG_TYPE", {
    what: `${path} is not a saved plan`,
    where: { file: path, line: 1, column: 1 },
    next: "write one with `poststack plan --out FILE`, or name an environment",
  });

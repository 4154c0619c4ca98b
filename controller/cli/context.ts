import { resolve } from "node:path";
import type { Log } from "../core/ports.ts";
import type { Paint } from "../core/render.ts";
import { paintFor } from "./paint.ts";
import type { Options } from "./spec.ts";
import type { LogOptions, World } from "./world.ts";

/** The global options of one command, understood. */
export interface Context {
  readonly world: World;
  readonly file: string | undefined;
  readonly projectDir: string | undefined;
  /** Absolute: a path means what it means where the person stands who typed it. */
  readonly envFiles: readonly string[];
  readonly json: boolean;
  /** 0, 1 (`-v`) or 2 (`-vv`). */
  readonly verbosity: number;
  readonly yes: boolean;
  /** May a person be asked? */
  readonly canAsk: boolean;
  /** For standard output. */
  readonly paint: Paint;
  /** For standard error. */
  readonly paintError: Paint;
  readonly log: Log;
  /** A line on standard output. */
  readonly print: (text: string) => void;
  /** A line on standard error: what is not the answer itself. */
  readonly note: (text: string) => void;
}

export async function contextOf(options: Options, world: World): Promise<Context> {
  const colours = !options.isOff("color");
  const json = options.flag("json");
  const verbosity = options.count("verbose");
  return {
    world,
    file: options.text("file"),
    projectDir: options.text("projectDir"),
    envFiles: options.list("envFile").map((path) => resolve(world.cwd, path)),
    json,
    verbosity,
    yes: options.flag("yes"),
    canAsk: world.isInteractive && !json && !options.flag("nonInteractive"),
    paint: paintFor(world.stdout, colours && !json),
    paintError: paintFor(world.stderr, colours && !json),
    log: await world.openLog(logOptions(options, verbosity)),
    print: (text) => world.stdout.write(`${text}\n`),
    note: (text) => world.stderr.write(`${text}\n`),
  };
}

function logOptions(options: Options, verbosity: number): LogOptions {
  const level = options.text("logLevel") as LogOptions["level"] | undefined;
  const format = options.text("logFormat") as LogOptions["format"] | undefined;
  return { level: level ?? (verbosity >= 2 ? "debug" : "silent"), format: format ?? "text" };
}

/** A JSON document as the answer of a command. */
export const printJson = (context: Context, value: unknown): void => context.print(JSON.stringify(value, undefined, 2));

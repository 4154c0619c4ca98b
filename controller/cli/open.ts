import type { ProjectSource } from "../config/source.ts";
import type { Files } from "../core/ports.ts";
import type { EnginePorts, LoadDesired } from "../engine/converge.ts";

/** The configuration of the project that a command works in. */
export interface OpenedProject {
  readonly project: ProjectSource;
  readonly files: Files;
  readonly root: string;
}

/** One environment, ready for the engine. */
export interface OpenedEnvironment extends OpenedProject {
  readonly environment: string;
  readonly isProtected: boolean;
  readonly ports: EnginePorts;
  /** Reads files and state afresh at every call. */
  readonly load: LoadDesired;
}

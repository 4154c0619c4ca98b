import type { EnvironmentConfig } from "../../../schema/generated/config.ts";
import type { Place } from "../../core/place.ts";
import type { Plain } from "../materialise.ts";
import type { Path } from "../source.ts";
import type { Discretion, Ingredient, Scope } from "./ingredients.ts";
import type { Layers } from "./layers.ts";
import type { Ground } from "./path.ts";

/** A part of the configuration as it is understood, with what is needed to tell where its values come from. */
export interface Subject extends Ground {
  /** Undefined for the part that all environments share. */
  readonly config?: EnvironmentConfig;
  readonly layers: Layers;
  /** Parts that another file adds, by path: the processes of the Procfile. */
  readonly added: ReadonlyMap<string, Place>;
  /** What other files say because of a key, by path. */
  readonly leads: ReadonlyMap<string, readonly Lead[]>;
  /** The variables that a text at this path can use; undefined where none are worked in. */
  readonly scopeOf: (path: Path) => Scope | undefined;
  readonly discretion: Discretion;
}

/** A process of the Procfile, a variable of an env file. */
export interface Lead {
  readonly name: string;
  readonly place: Place;
}

/** Where one value comes from. */
export interface ValueExplanation {
  readonly path: string;
  /**
   * written: in the configuration file. default: nobody wrote it. file: another file names it. absent: it has no value.
   * note: a key of the user's own, which is not looked at.
   */
  readonly origin: "written" | "default" | "file" | "absent" | "note";
  readonly value?: Plain;
  /** The environment in which it is written: the one that was asked for, or one that it extends. */
  readonly from?: string;
  readonly place?: Place;
  /** The text as it is written, when variables were worked in. */
  readonly template?: string;
  readonly variables?: readonly Ingredient[];
  /** Why there is no value. */
  readonly problem?: string;
  /** What the default is, or what takes its place. */
  readonly because?: string;
  /** Made by Poststack and kept in the environment's state. */
  readonly generated?: true;
  /** What another file says because of it. */
  readonly leadsTo?: readonly Lead[];
  readonly overrides: readonly Overridden[];
}

/** What was written for the same key in an environment that this one extends. */
export interface Overridden {
  readonly path: string;
  readonly from?: string;
  /** Of a single value. */
  readonly value?: string;
  readonly place: Place;
}

/** Where a map or a list comes from, and everything in it. */
export interface PartExplanation {
  readonly path: string;
  /** Strongest first. Empty: nobody wrote it. */
  readonly writtenIn: readonly { readonly from?: string; readonly place: Place }[];
  readonly overrides: readonly Overridden[];
  readonly leadsTo?: readonly Lead[];
  readonly entries: readonly ValueExplanation[];
}

export const isPart = (explanation: ValueExplanation | PartExplanation): explanation is PartExplanation =>
  "entries" in explanation;

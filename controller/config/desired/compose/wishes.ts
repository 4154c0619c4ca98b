import type { EngineProject } from "../../../core/engine-labels.ts";
import type { ResourceId } from "../../../core/id.ts";
import type { Place } from "../../../core/place.ts";
import type { Files } from "../../../core/ports/files.ts";
import type { Text } from "../../../core/secret.ts";
import type { DesiredContainer } from "../../../resources/container/model.ts";
import type { Problems } from "../../problems.ts";
import type { Identity } from "../identity.ts";
import type { LoadedDeployment } from "./load.ts";
import type { Peers } from "./peers.ts";
import type { Placeholders } from "./placeholders.ts";

/** What the objects of one Compose project are made from. */
export interface ComposeWishes {
  readonly loaded: LoadedDeployment;
  readonly peers: Peers;
  readonly placeholders: Placeholders;
  /** Values of the files' variables, with their secrets. */
  readonly variables: ReadonlyMap<string, Text>;
  readonly files: Files;
  /** Where passwords and data of the project are kept, absolute. */
  readonly stateRoot: string;
  readonly identity: Identity;
  readonly engineProject: EngineProject;
  readonly to: DesiredContainer["to"];
  /** Whether it is meant for a service or one of its containers; the others stay as they are. Absent: for all. */
  readonly isMeant?: (...names: readonly string[]) => boolean;
  /** Whether volumes go as well. */
  readonly deleteData: boolean;
  /** What every container waits for: the database and what is in it. */
  readonly after: readonly ResourceId[];
  /** When the command began. */
  readonly startedAt: Date;
  /** Whether a service or one of its containers was asked to start anew, and since when. */
  readonly startedAfter: (...names: readonly string[]) => Date | undefined;
  readonly problems: Problems;
  readonly warn: (what: string, where: Place) => void;
}

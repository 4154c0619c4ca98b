import type { AnyAction } from "../core/action.ts";
import type { Ports } from "../core/ports.ts";
import type { EngineIdentity } from "../core/ports/container-facts.ts";
import type { Endpoint } from "../core/ports/postgres.ts";
import type { Content, Link, Resource, Result } from "../core/resource.ts";
import { apply as applyBackup } from "./backup/apply.ts";
import { content as contentBackup } from "./backup/content.ts";
import { diff as diffBackup } from "./backup/diff.ts";
import type { BackupAction, DesiredBackup, ObservedBackup } from "./backup/model.ts";
import { observe as observeBackup } from "./backup/observe.ts";
import { apply as applyContainer } from "./container/apply.ts";
import { content as contentContainer } from "./container/content.ts";
import { diff as diffContainer } from "./container/diff.ts";
import type { ContainerAction, DesiredContainer, ObservedContainer, ObservedMachine } from "./container/model.ts";
import { observe as observeContainer } from "./container/observe.ts";
import { ready as readyContainer } from "./container/needs.ts";
import { settling as settlingContainer, unsettled as unsettledContainer } from "./container/settling.ts";
import { apply as applyDatabase } from "./database/apply.ts";
import { content as contentDatabase } from "./database/content.ts";
import { diff as diffDatabase } from "./database/diff.ts";
import type { DatabaseAction, DesiredDatabase, ObservedDatabase } from "./database/model.ts";
import { observe as observeDatabase } from "./database/observe.ts";
import { apply as applyExtension } from "./extension/apply.ts";
import { content as contentExtension } from "./extension/content.ts";
import { diff as diffExtension } from "./extension/diff.ts";
import type { DesiredExtension, ExtensionAction, ObservedExtension } from "./extension/model.ts";
import { observe as observeExtension } from "./extension/observe.ts";
import { apply as applyGrant } from "./grant/apply.ts";
import { content as contentGrant } from "./grant/content.ts";
import { diff as diffGrant } from "./grant/diff.ts";
import type { DesiredGrant, GrantAction, ObservedGrant } from "./grant/model.ts";
import { observe as observeGrant } from "./grant/observe.ts";
import { apply as applyImage } from "./image/apply.ts";
import { content as contentImage } from "./image/content.ts";
import { diff as diffImage } from "./image/diff.ts";
import type { ImageAction, ImageWish, ObservedImage } from "./image/model.ts";
import { observe as observeImage } from "./image/observe.ts";
import { apply as applyInstance } from "./instance/apply.ts";
import { content as contentInstance } from "./instance/content.ts";
import { diff as diffInstance } from "./instance/diff.ts";
import type { DesiredInstance, InstanceAction, ObservedInstance } from "./instance/model.ts";
import { observe as observeInstance } from "./instance/observe.ts";
import { apply as applyJob } from "./job/apply.ts";
import { content as contentJob } from "./job/content.ts";
import { diff as diffJob, undecided as undecidedJob } from "./job/diff.ts";
import type { DesiredJob, JobAction, ObservedJob } from "./job/model.ts";
import { observe as observeJob } from "./job/observe.ts";
import { ready as readyJob } from "./job/ready.ts";
import { apply as applyMigration, follows as followsMigration } from "./migration/apply.ts";
import { content as contentMigration } from "./migration/content.ts";
import { diff as diffMigration, held as heldMigration } from "./migration/diff.ts";
import type { DesiredMigrations, MigrationAction, ObservedMigrations } from "./migration/model.ts";
import { observe as observeMigration } from "./migration/observe.ts";
import { apply as applyNetwork } from "./network/apply.ts";
import { content as contentNetwork } from "./network/content.ts";
import { diff as diffNetwork } from "./network/diff.ts";
import type { DesiredNetwork, NetworkAction, ObservedNetwork } from "./network/model.ts";
import { observe as observeNetwork } from "./network/observe.ts";
import { apply as applyProcess } from "./process/apply.ts";
import { content as contentProcess } from "./process/content.ts";
import { diff as diffProcess } from "./process/diff.ts";
import type { DesiredProcess, ObservedProcess, ProcessAction } from "./process/model.ts";
import { observe as observeProcess } from "./process/observe.ts";
import { apply as applyRole } from "./role/apply.ts";
import { content as contentRole } from "./role/content.ts";
import { diff as diffRole } from "./role/diff.ts";
import type { DesiredRole, ObservedRole, RoleAction } from "./role/model.ts";
import { observe as observeRole } from "./role/observe.ts";
import { apply as applyVolume } from "./volume/apply.ts";
import { content as contentVolume } from "./volume/content.ts";
import { diff as diffVolume, held as heldVolume } from "./volume/diff.ts";
import type { ObservedVolume, VolumeAction, VolumeWish } from "./volume/model.ts";
import { observe as observeVolume } from "./volume/observe.ts";

/** Every kind, in the order in which a plan shows them: a kind's actions come before those of the kinds below it. */
export interface DesiredResources {
  readonly network: readonly DesiredNetwork[];
  readonly volume: readonly VolumeWish[];
  readonly image: readonly ImageWish[];
  readonly instance: readonly DesiredInstance[];
  readonly role: readonly DesiredRole[];
  readonly database: readonly DesiredDatabase[];
  readonly extension: readonly DesiredExtension[];
  readonly backup: readonly DesiredBackup[];
  readonly migration: readonly DesiredMigrations[];
  readonly grant: readonly DesiredGrant[];
  readonly job: readonly DesiredJob[];
  readonly container: readonly DesiredContainer[];
  readonly process: readonly DesiredProcess[];
}

export interface ObservedResources {
  readonly network: readonly ObservedNetwork[];
  readonly volume: readonly ObservedVolume[];
  readonly image: readonly ObservedImage[];
  readonly instance: readonly ObservedInstance[];
  readonly role: readonly ObservedRole[];
  readonly database: readonly ObservedDatabase[];
  readonly extension: readonly ObservedExtension[];
  readonly backup: readonly ObservedBackup[];
  readonly migration: readonly ObservedMigrations[];
  readonly grant: readonly ObservedGrant[];
  readonly job: readonly ObservedJob[];
  readonly container: readonly (ObservedContainer | ObservedMachine)[];
  readonly process: readonly ObservedProcess[];
}

interface Actions {
  readonly network: NetworkAction;
  readonly volume: VolumeAction;
  readonly image: ImageAction;
  readonly instance: InstanceAction;
  readonly role: RoleAction;
  readonly database: DatabaseAction;
  readonly extension: ExtensionAction;
  readonly backup: BackupAction;
  readonly migration: MigrationAction;
  readonly grant: GrantAction;
  readonly job: JobAction;
  readonly container: ContainerAction;
  readonly process: ProcessAction;
}

export type Kind = keyof DesiredResources;
export type Action = Actions[Kind];

type Resources = {
  readonly [K in Kind]: Resource<DesiredResources[K][number], ObservedResources[K][number], Actions[K]> & {
    /** What it asks: nothing but this host, the container engine, the server, or the environment's database inside it. */
    readonly livesIn: "host" | "engine" | "server" | "database";
  };
};

export const resources: Resources = {
  network: {
    livesIn: "engine",
    observe: observeNetwork,
    diff: diffNetwork,
    content: contentNetwork,
    apply: applyNetwork,
  },
  volume: {
    livesIn: "engine",
    observe: observeVolume,
    diff: diffVolume,
    held: heldVolume,
    content: contentVolume,
    apply: applyVolume,
  },
  image: {
    livesIn: "engine",
    observe: observeImage,
    diff: diffImage,
    content: contentImage,
    apply: applyImage,
  },
  instance: {
    livesIn: "host",
    observe: observeInstance,
    diff: diffInstance,
    content: contentInstance,
    apply: applyInstance,
  },
  role: {
    livesIn: "server",
    observe: observeRole,
    diff: diffRole,
    content: contentRole,
    apply: applyRole,
  },
  database: {
    livesIn: "server",
    observe: observeDatabase,
    diff: diffDatabase,
    content: contentDatabase,
    apply: applyDatabase,
  },
  extension: {
    livesIn: "database",
    observe: observeExtension,
    diff: diffExtension,
    content: contentExtension,
    apply: applyExtension,
  },
  backup: {
    livesIn: "server",
    observe: observeBackup,
    diff: diffBackup,
    content: contentBackup,
    apply: applyBackup,
  },
  migration: {
    livesIn: "database",
    observe: observeMigration,
    diff: diffMigration,
    held: heldMigration,
    content: contentMigration,
    apply: applyMigration,
    follows: followsMigration,
  },
  grant: {
    livesIn: "database",
    observe: observeGrant,
    diff: diffGrant,
    content: contentGrant,
    apply: applyGrant,
  },
  job: {
    livesIn: "database",
    observe: observeJob,
    diff: diffJob,
    content: contentJob,
    apply: applyJob,
    ready: readyJob,
    undecided: undecidedJob,
  },
  container: {
    livesIn: "engine",
    observe: observeContainer,
    diff: diffContainer,
    content: contentContainer,
    apply: applyContainer,
    ready: readyContainer,
    settling: settlingContainer,
    unsettled: unsettledContainer,
  },
  process: {
    livesIn: "host",
    observe: observeProcess,
    diff: diffProcess,
    content: contentProcess,
    apply: applyProcess,
  },
};

export const kinds = Object.keys(resources) as readonly Kind[];

/** Everything that one environment's files ask for. */
export interface Desired {
  readonly project: string;
  readonly environment: string;
  /** Absolute path of the project. */
  readonly root: string;
  /** Generated secrets that must be on disk before the first action. */
  readonly secretNames: readonly string[];
  /** Absent in an environment without Postgres. */
  readonly endpoint?: Endpoint;
  /** Two passes with the same name exclude each other, wherever they run. */
  readonly lockName: string;
  readonly protected: boolean;
  /** The engine that held the environment's containers until now; absent: none did. */
  readonly knownEngine?: EngineIdentity;
  /**
   * The kinds that this wish is about. Others are neither observed nor changed: `env stop` speaks of processes and
   * instance, not of roles; an empty list of a kind in scope means that what we own of it goes away.
   */
  readonly scope: ReadonlySet<Kind>;
  readonly resources: DesiredResources;
  /**
   * The owner token and every generated secret were on disk when the command began, so that keyed hashes compare with
   * those of another command. Else they are made with what each command makes up for itself, and tell nothing.
   */
  readonly isKeyed?: boolean;
}

/** What one action of any kind would do. */
export function contentOf(action: Action): Content {
  const resource = resources[action.kind] as Resource<unknown, unknown, AnyAction>;
  return resource.content(action);
}

/** Carries out one action of any kind. */
export function applyAction(action: Action, ports: Ports, signal: AbortSignal, link: Link<Action>): Promise<Result> {
  // The table's entry and the action's kind agree by construction; the compiler cannot see that they are the same K.
  const resource = resources[action.kind] as Resource<unknown, unknown, AnyAction>;
  return resource.apply(action, ports, signal, link);
}

/** Waits for what the action's kind waits for before it is carried out; undefined: nothing. */
export function readyFor(action: Action, ports: Ports, signal: AbortSignal): Promise<void> | undefined {
  const resource = resources[action.kind] as Resource<unknown, unknown, AnyAction>;
  return resource.ready?.(action, ports, signal);
}

/** Whether the action may be sent before it is known how the one ahead of it ends. */
export function mayFollow(action: Action, before: Action): boolean {
  const resource = resources[action.kind] as Resource<unknown, unknown, AnyAction>;
  return action.kind === before.kind && resource.follows?.(action, before) === true;
}

// Every order in which deploys, failures, kills and ways back can fall around an expand, a backfill and a contract: a search
// through all states that can be reached, with the planner as it is and a world that is made of facts.
import { expect, test } from "vitest";
import { resourceId } from "../../../../controller/core/id.ts";
import { isRefusal } from "../../../../controller/core/action.ts";
import type { Plan } from "../../../../controller/core/plan.ts";
import type { ProcessRecord } from "../../../../controller/core/ports/host.ts";
import type { Observation } from "../../../../controller/engine/observe.ts";
import { buildPlan } from "../../../../controller/engine/plan.ts";
import { kinds, type Action, type Desired, type DesiredResources } from "../../../../controller/resources/index.ts";
import type { LedgerRow, MigrationFile } from "../../../../controller/resources/migration/model.ts";
import type { Phase } from "../../../../controller/resources/migration/phases/header.ts";
import type { DeployedPart, PastPart } from "../../../../controller/resources/migration/phases/model.ts";
import type { DesiredProcess } from "../../../../controller/resources/process/model.ts";

/** What a commit holds. */
interface Commit {
  readonly migrations: readonly Phase[];
  /** What the configuration says of the program: its image, a variable. */
  readonly release: string;
  /** What the program is made for: 1 the schema before, 2 the one after. */
  readonly code: 1 | 2;
}

interface Serving {
  readonly release: string;
  readonly code: 1 | 2;
  readonly accepted: boolean;
  /** The contract was in the files when it was started. */
  readonly knows: boolean;
  readonly isUp: boolean;
}

/** All that outlives a command. */
interface State {
  /** Which commit is checked out. */
  readonly commit: number;
  readonly applied: readonly Phase[];
  /** Batches of the backfill that are done. */
  readonly batches: number;
  readonly noted: readonly PastPart[] | undefined;
  readonly past: readonly PastPart[];
  readonly serving: Serving | undefined;
  /** An apply has done something while the contract was in the files. Nobody but this test can know that, and the next. */
  readonly isMet: boolean;
  /** Releases that were accepted before. */
  readonly served: readonly string[];
}

const batches = 2;
const web = resourceId("process", "web");
const place = { file: "Procfile", line: 1, column: 1 };
const orders: Readonly<Record<Phase, string>> = { expand: "1", backfill: "2", contract: "3" };

const file = (phase: Phase): MigrationFile => ({
  id: resourceId("migration", `00${orders[phase]}_${phase}`),
  version: `00${orders[phase]}`,
  order: orders[phase],
  name: `00${orders[phase]}_${phase}`,
  file: `migrations/00${orders[phase]}_${phase}.sql`,
  checksum: phase,
  transactional: phase !== "backfill",
  phase,
});

const rowOf = (phase: Phase, state: LedgerRow["state"]): LedgerRow => {
  const { version, order, name, checksum } = file(phase);
  return { version, order, name, checksum, state, hasRollback: true };
};

/** The same state has the same plan. */
const planned = new Map<string, Plan<Action>>();

/** @param target of `db rollback`; undefined: what an apply would do */
function planOf(state: State, story: Story, target?: string): Plan<Action> {
  const commit = commitOf(state, story);
  const { served: _served, isMet: _isMet, ...seen } = state;
  const key = JSON.stringify([seen, commit, story.isProcess, target]);
  const known = planned.get(key) ?? look(state, commit, story.isProcess, target);
  planned.set(key, known);
  return known;
}

/** As the engine would see it. */
function look(state: State, { migrations, release }: Commit, isProcess: boolean, target?: string): Plan<Action> {
  const { applied, noted, past, serving } = state;
  const files = migrations.map(file);
  const process: DesiredProcess = {
    id: web,
    name: "web",
    to: "running",
    command: ["web"],
    cwd: "/",
    environment: new Map(),
    configHash: release,
    fields: new Map([["command", release]]),
    readyTimeoutMs: 1,
    stopSignal: "SIGTERM",
    stopGraceMs: 1,
    dependsOn: files.map(({ id }) => id),
    place,
  };
  const desired: Desired = {
    project: "shop",
    environment: "dev",
    root: "/",
    secretNames: [],
    lockName: "shop/dev",
    protected: false,
    scope: new Set(target === undefined ? ["migration", "process"] : ["migration"]),
    resources: {
      ...(Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as DesiredResources),
      migration: [
        {
          folder: "migrations",
          files,
          rollback: target !== undefined,
          ...(target === undefined ? {} : { target }),
          replay: false,
          repair: false,
          rehearse: false,
          dependsOn: [],
          place,
        },
      ],
      process: [process],
    },
  };
  const parts: readonly DeployedPart[] =
    serving === undefined
      ? []
      : [
          {
            resource: web,
            called: "process web",
            release: serving.release,
            isUp: serving.isUp,
            ...(isProcess ? { knows: serving.knows ? [orders.contract] : [] } : {}),
            ...(serving.accepted ? {} : { isUnproved: true }),
          },
        ];
  const hasBegun = state.batches > 0 && !applied.includes("backfill");
  const observation: Observation = {
    observed: {
      migration: [
        {
          ledger: "present",
          rows: [
            ...applied.map((phase) => rowOf(phase, "applied")),
            ...(hasBegun ? [rowOf("backfill", "started")] : []),
          ],
          objects: 0,
          pending: new Map(),
          deployment: {
            parts,
            wanted: new Map([[web, { release }]]),
            noted: new Map(noted === undefined ? [] : [[orders.contract, noted]]),
            before: past,
          },
        },
      ],
      process: serving === undefined ? [] : [{ id: web, record: recordOf(serving) }],
    },
    deferred: [],
  };
  return buildPlan(desired, observation);
}

const recordOf = ({ release, accepted, isUp }: Serving): ProcessRecord => ({
  resource: web,
  pid: 1,
  startTime: "",
  configHash: release,
  fields: new Map([["command", release]]),
  logFile: "",
  logStart: 0,
  stopSignal: "SIGTERM",
  stopGraceMs: 1,
  startedAt: new Date(0),
  accepted,
  running: isUp,
});

interface Story {
  readonly commits: readonly Commit[];
  /** A process knows which contracts there were when it was started; a container is known by its image. */
  readonly isProcess: boolean;
  /** The program comes from a folder, and nothing in the configuration changes with it. */
  readonly isFolder?: boolean;
}

/** Each state that one action passes through, a kill behind any of them; the last is that of its end. */
function* carryOut(state: State, action: Action, story: Story, isHealthy: boolean): Generator<State, boolean> {
  const commit = commitOf(state, story);
  if (action.kind === "migration") {
    if (action.verb === "hold") {
      yield { ...state, noted: state.noted ?? action.older };
      return true;
    }
    if (action.verb === "rollback") {
      const phase = all.find((one) => orders[one] === action.migration.order);
      const applied = state.applied.filter((one) => one !== phase);
      yield { ...state, applied, batches: phase === "backfill" ? 0 : state.batches };
      return true;
    }
    if (action.verb !== "apply") throw new Error(`${action.verb} ${action.id}: ${action.reason}`);
    const phase = action.migration.phase ?? "expand";
    let now = state;
    const last = phase === "backfill" ? batches : 0;
    for (let done = state.batches; done < last; done++) {
      now = { ...now, batches: done + 1 };
      yield now;
    }
    if (phase === "contract") checkContract(now);
    yield { ...now, applied: [...now.applied, phase] };
    return true;
  }
  if (action.kind !== "process" || (action.verb !== "start" && action.verb !== "replace")) {
    throw new Error(`${action.verb} ${action.id}`);
  }
  const old = state.serving;
  const down = { ...state, serving: undefined };
  if (old !== undefined) yield down;
  const { release, code, migrations } = commit;
  if (code === 2) checkStart(down);
  const knows = migrations.includes("contract");
  const begun: Serving = { release, code, knows, accepted: false, isUp: true };
  const up = { ...down, serving: begun };
  yield up;
  if (isHealthy) {
    const served = state.isMet ? state.served : [...new Set([...state.served, release])].sort();
    yield { ...up, serving: { ...begun, accepted: true }, served };
    return true;
  }
  yield { ...up, serving: undefined };
  // The old one is put back: its configuration, and whatever program is in the folder by now.
  if (action.verb === "replace" && old !== undefined) {
    yield { ...up, serving: { ...old, code: story.isFolder === true ? code : old.code, accepted: true } };
  }
  return false;
}

const commitOf = ({ commit }: State, { commits }: Story): Commit => {
  const found = commits[commit];
  if (found === undefined) throw new Error("no such commit");
  return found;
};

function checkContract({ serving, batches: done, applied }: State): void {
  if (serving?.isUp === true && serving.code === 1) throw new Error("the contract runs while an old release does");
  if (serving?.isUp === true && !serving.accepted)
    throw new Error("the contract runs while the new release has not proved itself");
  if (done < batches || !applied.includes("expand")) throw new Error("the contract runs before the backfill has ended");
}

function checkStart({ applied }: State): void {
  if (!applied.includes("expand")) throw new Error("the new release starts before the expand has run");
  if (!applied.includes("backfill")) throw new Error("the new release starts before the backfill has ended");
}

/** An apply as it goes through: pass after pass until nothing is left to do. Yields what a kill at any moment leaves. */
function* apply(from: State, story: Story, isHealthy: boolean): Generator<State, "converged" | "failed" | "refused"> {
  let state = from;
  for (let pass = 1; pass <= 5; pass++) {
    const { actions } = planOf(state, story);
    if (actions.length === 0) return "converged";
    if (actions.some(isRefusal)) return "refused";
    // What runs is put on record before it is changed, and after.
    if (actions.some(({ kind }) => kind === "process")) {
      state = recorded(state);
      yield state;
    }
    for (const action of actions) {
      const steps = carryOut(state, action, story, isHealthy);
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done === true) {
          if (!step.value) return "failed";
          break;
        }
        const isMet = state.isMet || commitOf(state, story).migrations.includes("contract");
        state = { ...step.value, isMet };
        yield state;
      }
    }
  }
  throw new Error("does not come to an end");
}

/** `db rollback`: the last of what is applied goes, and only that. Yields what a kill at any moment leaves. */
function* rollback(from: State, story: Story): Generator<State> {
  const target = from.applied.at(-2);
  const { actions } = planOf(from, story, target === undefined ? "0" : orders[target]);
  // What stays has to be in the files.
  if (actions.some(isRefusal)) return;
  expect(actions.map(({ kind, verb }) => `${verb} ${kind}`)).toEqual(["rollback migration"]);
  for (const action of actions) yield* carryOut(from, action, story, true);
}

/** Who takes the expand from under a new release that is up has asked for it. A backfill that began is finished first. */
const mayGoBack = ({ applied, batches: done, serving }: State): boolean =>
  applied.length > 0 &&
  (done === 0 || applied.includes("backfill")) &&
  (applied.includes("contract") || serving?.isUp !== true || serving.code === 1);

function recorded(state: State): State {
  if (state.serving === undefined) return state;
  const { release } = state.serving;
  const others = state.past.filter((part) => part.release !== release);
  const past = [...others, { resource: String(web), release }].sort((a, b) => (a.release < b.release ? -1 : 1));
  return { ...state, past };
}

/** What may happen next, and what each of it leaves. */
function next(state: State, story: Story): readonly State[] {
  const found = story.commits.flatMap((commit, index) =>
    isReached(state, commit) ? [{ ...state, commit: index }] : [],
  );
  for (const isHealthy of [true, false]) found.push(...apply(state, story, isHealthy));
  const { serving } = state;
  const isAsked = (one: State): boolean => isReached(one, commitOf(one, story));
  if (mayGoBack(state)) found.push(...[...rollback(state, story)].filter(isAsked));
  if (serving?.isUp === true) {
    found.push({ ...state, serving: { ...serving, isUp: false } });
    const { code, migrations } = commitOf(state, story);
    // A restart runs no migration: somebody who asks for it before the first apply of a commit is told so by its own log.
    const mayRestart = story.isFolder === true && (code === 1 || state.applied.includes("backfill"));
    if (mayRestart) found.push({ ...state, serving: { ...serving, code, knows: migrations.includes("contract") } });
  }
  return found;
}

/**
 * A contract beside an old program is a way back, after the contract was met and to what ran before. Else it is a commit that
 * asks for both, and nothing tells that its program is an old one.
 */
const isReached = ({ isMet, applied, served }: State, { migrations, code, release }: Commit): boolean =>
  code === 2 || !migrations.includes("contract") || applied.includes("contract") || (isMet && served.includes(release));

/** Every state that can be reached. @throws with the way to where it went wrong */
function search(story: Story): readonly State[] {
  const start: State = {
    commit: 0,
    applied: [],
    batches: 0,
    noted: undefined,
    past: [],
    serving: undefined,
    isMet: false,
    served: [],
  };
  const known = new Map([[JSON.stringify(start), { state: start, from: "" }]]);
  // A map hands out what is added while it is walked.
  for (const [key, { state }] of known) {
    try {
      for (const one of next(state, story))
        if (!known.has(JSON.stringify(one))) known.set(JSON.stringify(one), { state: one, from: key });
    } catch (error) {
      const way = [key];
      for (let at = known.get(key); at !== undefined && at.from !== ""; at = known.get(at.from)) way.unshift(at.from);
      throw new Error([(error as Error).message, ...way].join("\n"), { cause: error });
    }
  }
  return [...known.values()].map(({ state }) => state);
}

function endOf(state: State, story: Story): string {
  const steps = apply(state, story, true);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

const all: readonly Phase[] = ["expand", "backfill", "contract"];
const before: Commit = { migrations: [], release: "A", code: 1 };

const stories: readonly (readonly [string, Story["commits"]])[] = [
  [
    "one deploy has all of it",
    [
      before,
      { migrations: all, release: "B", code: 2 },
      // The program goes back, and the migrations stay: they may have run.
      { migrations: all, release: "A", code: 1 },
      { migrations: all, release: "C", code: 2 },
    ],
  ],
  [
    "the contract comes with a later deploy, the program as it was or another one",
    [
      before,
      { migrations: ["expand", "backfill"], release: "B", code: 2 },
      { migrations: all, release: "B", code: 2 },
      { migrations: all, release: "C", code: 2 },
      { migrations: ["expand", "backfill"], release: "A", code: 1 },
    ],
  ],
  [
    "the expand comes first, with the program as it was",
    [
      before,
      { migrations: ["expand"], release: "A", code: 1 },
      { migrations: all, release: "B", code: 2 },
      { migrations: all, release: "A", code: 1 },
    ],
  ],
  [
    "two releases before it, and back by both",
    [
      before,
      { migrations: [], release: "X", code: 1 },
      { migrations: all, release: "B", code: 2 },
      { migrations: all, release: "A", code: 1 },
    ],
  ],
];

const folder: Story = {
  commits: [before, { migrations: all, release: "A", code: 2 }],
  isProcess: true,
  isFolder: true,
};

test.each<readonly [string, Story]>([
  ...stories.flatMap(([name, commits]): (readonly [string, Story])[] => [
    [`${name}, as processes`, { commits, isProcess: true }],
    [`${name}, as containers`, { commits, isProcess: false }],
  ]),
  ["a program from a folder, which no configuration tells of", folder],
])("%s: whatever is killed, fails or goes back", (_name, story) => {
  const states = search(story);
  // From wherever it is, one apply that nothing disturbs comes to its end.
  expect(new Set(states.map((state) => endOf(state, story)))).toEqual(new Set(["converged", "refused"]));
  const ends = states.filter(({ applied }) => applied.includes("contract"));
  expect([states.length > 100, ends.length > 10]).toEqual([true, true]);
});

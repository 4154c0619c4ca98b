// Every order in which deploys, failures, kills and ways back can fall around an expand, a backfill and a contract: a search
// through all states that can be reached, with the planner as it is and a world that is made of facts.
import { expect, test } from "vitest";
import { nameOf, resourceId, type ResourceId } from "../../../../controller/core/id.ts";
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
  /** By the name of its process: `web`; of two replicas `web.1` and `web.2`. */
  readonly programs: Programs;
}

type Programs = Readonly<Record<string, Program>>;

interface Program {
  /** What the configuration says of it: its image, a variable. */
  readonly release: string;
  /** What it is made for: 1 the schema before, 2 the one after. */
  readonly code: 1 | 2;
}

interface Serving extends Program {
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
  /** What there is of each program, by its name. */
  readonly serving: Readonly<Record<string, Serving>>;
  /** An apply has done something while the contract was in the files. Nobody but this test can know that, and the next. */
  readonly isMet: boolean;
  /** Releases that were accepted before: `web A`, of whichever replica. */
  readonly served: readonly string[];
}

const processId = (name: string): ResourceId => resourceId("process", name);
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
function look(state: State, { migrations, programs }: Commit, isProcess: boolean, target?: string): Plan<Action> {
  const { applied, noted, past, serving } = state;
  const files = migrations.map(file);
  const processes = Object.entries(programs).map(([name, { release }]): DesiredProcess => ({
    id: processId(name),
    name,
    to: "running",
    command: [name],
    cwd: "/",
    environment: new Map(),
    configHash: release,
    fields: new Map([["command", release]]),
    readyTimeoutMs: 1,
    stopSignal: "SIGTERM",
    stopGraceMs: 1,
    dependsOn: files.map(({ id }) => id),
    place,
  }));
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
      process: processes,
    },
  };
  const parts = Object.entries(serving).map(([name, { release, isUp, knows, accepted }]): DeployedPart => ({
    resource: processId(name),
    called: `process ${name}`,
    release,
    isUp,
    ...(isProcess ? { knows: knows ? [orders.contract] : [] } : {}),
    ...(accepted ? {} : { isUnproved: true }),
  }));
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
            wanted: new Map(
              Object.entries(programs).map(([name, { release }]) => [
                processId(name),
                { service: serviceOf(name), release },
              ]),
            ),
            noted: new Map(noted === undefined ? [] : [[orders.contract, noted]]),
            before: past,
          },
        },
      ],
      process: Object.entries(serving).map(([name, one]) => ({ id: processId(name), record: recordOf(name, one) })),
    },
    deferred: [],
  };
  return buildPlan(desired, observation);
}

const recordOf = (name: string, { release, accepted, isUp }: Serving): ProcessRecord => ({
  resource: processId(name),
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
  /** Programs that are there from the beginning, which is fewer states to reach; by default none is. */
  readonly begun?: readonly string[];
  /** Of the backfill. */
  readonly batches: number;
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
    const last = phase === "backfill" ? story.batches : 0;
    for (let done = state.batches; done < last; done++) {
      now = { ...now, batches: done + 1 };
      yield now;
    }
    if (phase === "contract") checkContract(now, story);
    yield { ...now, applied: [...now.applied, phase] };
    return true;
  }
  const name = nameOf(action.id);
  const { [name]: old, ...others } = state.serving;
  const down = { ...state, serving: others };
  if (action.kind === "process" && action.verb === "delete") {
    yield down;
    return true;
  }
  const wanted = commit.programs[name];
  if (action.kind !== "process" || (action.verb !== "start" && action.verb !== "replace") || wanted === undefined) {
    throw new Error(`${action.verb} ${action.id}`);
  }
  if (old !== undefined) yield down;
  const { release, code } = wanted;
  if (code === 2) checkStart(down);
  const knows = commit.migrations.includes("contract");
  const begun: Serving = { release, code, knows, accepted: false, isUp: true };
  const serves = (one: Serving): State => ({ ...down, serving: sorted({ ...others, [name]: one }) });
  yield serves(begun);
  if (isHealthy) {
    const served = state.isMet ? state.served : [...new Set([...state.served, servedAs(name, release)])].sort();
    yield { ...serves({ ...begun, accepted: true }), served };
    return true;
  }
  yield down;
  // The old one is put back: its configuration, and whatever program is in the folder by now.
  if (action.verb === "replace" && old !== undefined) {
    yield serves({ ...old, code: story.isFolder === true ? code : old.code, accepted: true });
  }
  return false;
}

const commitOf = ({ commit }: State, { commits }: Story): Commit => {
  const found = commits[commit];
  if (found === undefined) throw new Error("no such commit");
  return found;
};

/** The same state is the same text. */
const sorted = (serving: State["serving"]): State["serving"] =>
  Object.fromEntries(Object.entries(serving).sort(([a], [b]) => (a < b ? -1 : 1)));

/** `web.2` is one of `web`. */
const serviceOf = (name: string): string => name.replace(/\.\d+$/, "");
const servedAs = (name: string, release: string): string => `${serviceOf(name)} ${release}`;

const upIn = ({ serving }: State): readonly Serving[] => Object.values(serving).filter(({ isUp }) => isUp);

function checkContract(state: State, { batches }: Story): void {
  const { batches: done, applied } = state;
  if (upIn(state).some(({ code }) => code === 1)) throw new Error("the contract runs while an old release does");
  if (upIn(state).some(({ accepted }) => !accepted))
    throw new Error("the contract runs while the new release has not proved itself");
  if (done < batches || !applied.includes("expand")) throw new Error("the contract runs before the backfill has ended");
}

function checkStart({ applied }: State): void {
  if (!applied.includes("expand")) throw new Error("the new release starts before the expand has run");
  if (!applied.includes("backfill")) throw new Error("the new release starts before the backfill has ended");
}

/** An apply as it goes through: pass after pass until nothing is left to do. Yields what a kill at any moment leaves. */
function* apply(
  from: State,
  story: Story,
  sick: Sick,
  isLastFirst = false,
): Generator<State, "converged" | "failed" | "refused"> {
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
    const failed = new Set<string>();
    for (const action of inSomeOrder(actions, isLastFirst)) {
      // What needs it is skipped, and so are removals; the rest goes on.
      if (action.dependsOn.some((id) => failed.has(id)) || (failed.size > 0 && action.verb === "delete")) {
        failed.add(action.id);
        continue;
      }
      const steps = carryOut(state, action, story, !sick.has(nameOf(action.id)));
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done === true) {
          if (!step.value) failed.add(action.id);
          break;
        }
        const isMet = state.isMet || commitOf(state, story).migrations.includes("contract");
        state = { ...step.value, isMet };
        yield state;
      }
    }
    if (failed.size > 0) return "failed";
  }
  throw new Error("does not come to an end");
}

/** Names of programs that do not become ready. */
type Sick = ReadonlySet<string>;

/** Actions that do not need each other run at once: each comes before all others somewhere. */
function inSomeOrder(actions: readonly Action[], isLastFirst: boolean): readonly Action[] {
  if (!isLastFirst) return actions;
  const ids = new Set(actions.map(({ id }) => id));
  const done = new Set<string>();
  const ordered: Action[] = [];
  while (ordered.length < actions.length) {
    const ready = actions.filter(
      ({ id, dependsOn }) => !done.has(id) && dependsOn.every((one) => done.has(one) || !ids.has(one)),
    );
    const last = ready.findLast(({ verb }) => verb !== "delete") ?? ready.at(-1);
    if (last === undefined) throw new Error("no order");
    done.add(last.id);
    ordered.push(last);
  }
  return ordered;
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
const mayGoBack = (state: State): boolean =>
  state.applied.length > 0 &&
  (state.batches === 0 || state.applied.includes("backfill")) &&
  (state.applied.includes("contract") || upIn(state).every(({ code }) => code === 1));

function recorded(state: State): State {
  const parts = new Map(state.past.map((part) => [JSON.stringify(part), part]));
  for (const [name, { release }] of Object.entries(state.serving)) {
    const part: PastPart = { resource: processId(name), release };
    parts.set(JSON.stringify(part), part);
  }
  return { ...state, past: [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part) };
}

/** What may happen next, and what each of it leaves. */
function next(state: State, story: Story): readonly State[] {
  const found = story.commits.flatMap((commit, index) =>
    isReached(state, commit) ? [{ ...state, commit: index }] : [],
  );
  const names = Object.keys(commitOf(state, story).programs);
  for (const sick of [[], ...names.map((name) => [name])]) found.push(...apply(state, story, new Set(sick)));
  const isAsked = (one: State): boolean => isReached(one, commitOf(one, story));
  if (mayGoBack(state)) found.push(...[...rollback(state, story)].filter(isAsked));
  if (names.length > 1) found.push(...apply(state, story, new Set(), true));
  const { migrations, programs } = commitOf(state, story);
  for (const [name, one] of Object.entries(state.serving)) {
    if (!one.isUp) continue;
    // Of several one is down at a time: each may be it, and what two of them would do they do alone.
    if (upIn(state).length < Object.keys(state.serving).length) continue;
    found.push({ ...state, serving: { ...state.serving, [name]: { ...one, isUp: false } } });
    const code = programs[name]?.code ?? one.code;
    // A restart runs no migration: somebody who asks for it before the first apply of a commit is told so by its own log.
    const mayRestart = story.isFolder === true && (code === 1 || state.applied.includes("backfill"));
    if (mayRestart)
      found.push({
        ...state,
        serving: { ...state.serving, [name]: { ...one, code, knows: migrations.includes("contract") } },
      });
  }
  return found;
}

/**
 * A contract beside an old program is a way back, after the contract was met and to what ran before. Else it is a commit that
 * asks for both, and nothing tells that its program is an old one.
 */
const isReached = ({ isMet, applied, served }: State, { migrations, programs }: Commit): boolean =>
  !migrations.includes("contract") ||
  applied.includes("contract") ||
  Object.entries(programs).every(
    ([name, { code, release }]) => code === 2 || (isMet && served.includes(servedAs(name, release))),
  );

const began: Serving = { release: "A", code: 1, knows: false, accepted: true, isUp: true };

/** Every state that can be reached. @throws with the way to where it went wrong */
function search(story: Story): readonly State[] {
  const start: State = {
    commit: 0,
    applied: [],
    batches: 0,
    noted: undefined,
    past: [],
    serving: Object.fromEntries((story.begun ?? []).map((name) => [name, began])),
    isMet: false,
    served: (story.begun ?? []).map((name) => servedAs(name, began.release)),
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
  const steps = apply(state, story, new Set());
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

const all: readonly Phase[] = ["expand", "backfill", "contract"];
const web = (migrations: readonly Phase[], release: string, code: 1 | 2): Commit => ({
  migrations,
  programs: { web: { release, code } },
});
const before = web([], "A", 1);

const stories: readonly (readonly [string, Story["commits"]])[] = [
  [
    "one deploy has all of it",
    [
      before,
      web(all, "B", 2),
      // The program goes back, and the migrations stay: they may have run.
      web(all, "A", 1),
      web(all, "C", 2),
    ],
  ],
  [
    "the contract comes with a later deploy, the program as it was or another one",
    [
      before,
      web(["expand", "backfill"], "B", 2),
      web(all, "B", 2),
      web(all, "C", 2),
      web(["expand", "backfill"], "A", 1),
    ],
  ],
  [
    "the expand comes first, with the program as it was",
    [before, web(["expand"], "A", 1), web(all, "B", 2), web(all, "A", 1)],
  ],
  ["two releases before it, and back by both", [before, web([], "X", 1), web(all, "B", 2), web(all, "A", 1)]],
];

const folder: Story = {
  commits: [before, web(all, "A", 2)],
  isProcess: true,
  batches: 2,
  isFolder: true,
};

/** Two replicas of one service. */
const both = (release: string, code: 1 | 2): Programs => ({ "web.1": { release, code }, "web.2": { release, code } });

/** More than one program: each comes up, fails and dies by itself, so that some are behind. */
const many: readonly (readonly [string, Story["commits"], Story["begun"]?])[] = [
  [
    "two replicas, forward and back",
    [
      { migrations: [], programs: both("A", 1) },
      { migrations: all, programs: both("B", 2) },
      { migrations: all, programs: both("A", 1) },
    ],
    // The other one has not come up yet.
    ["web.1"],
  ],
  [
    "two services, of which one follows with a later deploy",
    [
      { migrations: [], programs: { web: { release: "A", code: 1 }, work: { release: "A", code: 1 } } },
      {
        migrations: ["expand", "backfill"],
        programs: { web: { release: "B", code: 2 }, work: { release: "A", code: 1 } },
      },
      { migrations: all, programs: { web: { release: "B", code: 2 }, work: { release: "C", code: 2 } } },
    ],
    ["web", "work"],
  ],
  [
    "two services, of which the next deploy has one",
    [
      { migrations: [], programs: { web: { release: "A", code: 1 }, work: { release: "A", code: 1 } } },
      { migrations: all, programs: { web: { release: "B", code: 2 } } },
    ],
  ],
];

test.each<readonly [string, Story]>([
  ...stories.flatMap(([name, commits]): (readonly [string, Story])[] => [
    [`${name}, as processes`, { commits, isProcess: true, batches: 2 }],
    [`${name}, as containers`, { commits, isProcess: false, batches: 2 }],
  ]),
  // Known by less, containers are the harder case, and these are many states.
  ...many.map(([name, commits, begun = []]): readonly [string, Story] => [
    name,
    { commits, isProcess: false, begun, batches: 1 },
  ]),
  ["a program from a folder, which no configuration tells of", folder],
])("%s: whatever is killed, fails or goes back", (_name, story) => {
  const states = search(story);
  // From wherever it is, one apply that nothing disturbs comes to its end.
  expect(new Set(states.map((state) => endOf(state, story)))).toEqual(new Set(["converged", "refused"]));
  const ends = states.filter(({ applied }) => applied.includes("contract"));
  expect([states.length > 100, ends.length > 10]).toEqual([true, true]);
});

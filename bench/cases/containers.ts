import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Case, Samples, Setting, Stage } from "../case.ts";
import { min, peakMegabytes, peakMegabytesOf, type Contender, type Sample } from "../measure.ts";
import { onNode24 } from "../node24.ts";
import { fleet, runOnce, tidyUp, usualCount, type Fleet } from "./fleet.ts";

// A hundred services and their Postgres on one Docker, against Docker Compose with the same.

/** Both fleets are up. Against a plan, too, it is `up` that Compose has to offer. */
const nothingToDo = (id: string, command: "apply" | "plan", goal: number, on24 = false): Case => ({
  id: `containers-no-op-${id}`,
  title: `\`poststack ${command}\`, 100 services and Postgres, nothing to do${on24 ? ", Node 24" : ""}`,
  goal,
  rounds: { warmUp: 3, rounds: 21 },
  async set(stage): Promise<Setting> {
    const both = await standing(stage);
    const plain = both.ours(...(command === "apply" ? ["apply", "--yes"] : ["plan"]));
    const ours = on24 ? onNode24(plain) : plain;
    const other = both.other("up", "-d");
    return { ours, other, facts: () => memory(ours, other) };
  },
});

export const noOpContainers: readonly Case[] = [
  nothingToDo("apply", "apply", 1.3),
  nothingToDo("plan", "plan", 1.3),
  nothingToDo("apply-node24", "apply", 1, true),
  nothingToDo("plan-node24", "plan", 1, true),
];

/** Services of the smaller project. */
const few = 10;

/**
 * What a service costs: its wishes, and comparing. Its place in the engine's list is not in it, which holds the same
 * containers for both; every other container has one, too.
 */
export const perService: Case = {
  id: "containers-per-service",
  title: `\`poststack plan\`, ${usualCount} services and Postgres, nothing to do, against ${few}: less than 0.3 ms a service`,
  // 27 of about 130 ms.
  goal: 1.2,
  rounds: { warmUp: 3, rounds: 21 },
  async set(stage): Promise<Setting> {
    const many = await standing(stage);
    const engine = await stage.engine();
    const folder = join(stage.folder, "few");
    mkdirSync(folder);
    const { ours: other, remove } = await fleet({ folder, home: stage.home, engine, count: few, name: "bench-few" });
    runOnce(other("apply", "--yes", "--no-wait"));
    runOnce(other("apply", "--yes"));
    const each = (samples: Samples, kind: keyof Sample): string => {
      const [more, less] = [samples.ours, samples.other].map((side) => min(side.map((one) => one[kind])));
      return (((more ?? NaN) - (less ?? NaN)) / (usualCount - few)).toFixed(2);
    };
    return {
      ours: many.ours("plan"),
      other: { ...other("plan"), name: `${few} services` },
      facts: (samples) =>
        Promise.resolve([
          `a service ${each(samples, "wall")} ms, ${each(samples, "cpu")} ms of processor time, by the fastest`,
        ]),
      end: remove,
    };
  },
};

export const oneServiceChanged: Case = {
  id: "containers-one-changed",
  title: "one of 100 services changed, `poststack apply --no-wait`",
  goal: 1.05,
  rounds: { warmUp: 1, rounds: 9 },
  async set(stage): Promise<Setting> {
    const both = await standing(stage);
    const change = (contender: Contender): Contender => ({ ...contender, prepare: both.change });
    return {
      ours: change(both.ours("apply", "--yes", "--no-wait")),
      other: change(both.other("up", "-d")),
    };
  },
};

export const coldUp: Case = {
  id: "containers-cold-up",
  title: "first `poststack apply --no-wait`, 100 services after their Postgres",
  goal: 1.05,
  rounds: { warmUp: 0, rounds: 3 },
  async set({ folder, home, engine }): Promise<Setting> {
    const both = await fleet({ folder, home, engine: await engine(), waits: true });
    const ours = both.ours("apply", "--yes", "--no-wait");
    const other = both.other("up", "-d");
    const [gone, otherGone] = [
      both.ours("destroy", "--delete-data", "--confirm", "dev", "--yes"),
      both.other("down", "--volumes"),
    ];
    const facts = async (): Promise<readonly string[]> => {
      const all = await memory(ours, other);
      both.remove();
      return all;
    };
    return {
      ours: { ...ours, clean: () => runOnce(gone) },
      other: { ...other, clean: () => tidyUp(otherGone) },
      facts,
    };
  },
};

export const down: Case = {
  id: "containers-down",
  title: "`poststack destroy` of 100 services and Postgres, the data stays",
  goal: 0.9,
  rounds: { warmUp: 0, rounds: 3 },
  async set({ folder, home, engine }): Promise<Setting> {
    const both = await fleet({ folder, home, engine: await engine() });
    const [apply, up] = [both.ours("apply", "--yes", "--no-wait"), both.other("up", "-d")];
    return {
      ours: { ...both.ours("destroy", "dev", "--yes"), prepare: () => runOnce(apply) },
      other: { ...both.otherDown, prepare: () => runOnce(up) },
      end: both.remove,
    };
  },
};

let made: Promise<Fleet> | undefined;

/** What cases share that take nothing away: made for the first of them, gone with the engine. */
const standing = (stage: Stage): Promise<Fleet> => (made ??= up(stage));

async function up({ folder, home, engine }: Stage): Promise<Fleet> {
  const started = await engine();
  const both = await fleet({ folder, home, engine: started });
  started.beforeStop(both.remove);
  runOnce(both.ours("apply", "--yes", "--no-wait"));
  // Fills what the next one starts from.
  runOnce(both.ours("apply", "--yes"));
  runOnce(both.other("up", "-d"));
  return both;
}

async function memory(ours: Contender, other: Contender): Promise<readonly string[]> {
  const [own, theirs] = [peakMegabytes(ours), await peakMegabytesOf(other)];
  return [`peak memory ${own} MB, the other ${theirs} MB: ${(own / theirs).toFixed(2)}`];
}

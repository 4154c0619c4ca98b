import { fileURLToPath } from "node:url";
import { allCases, caseIn, fewThatShowAll, type Case } from "./cases.ts";
import { reasonToLeaveOut, runsOnPodman } from "./rules.ts";
import { loadedBy } from "./stage.ts";

export const all = allCases();
export const runnable = all.filter((one) => reasonToLeaveOut(one) === undefined);

/** POSTSTACK_PARITY=all runs every file that can be run, which takes half an hour; a part of a name runs those. */
export function chosenCases(): readonly Case[] {
  const asked = process.env["POSTSTACK_PARITY"] ?? "";
  if (asked === "") return [everyKey(), ...fewThatShowAll(runnable)];
  return [everyKey(), ...runnable].filter(({ id }) => asked === "all" || id.includes(asked));
}

/** Of the same, those that Podman runs; by default every second of the small ones, as it takes its time. */
export function chosenForPodman(): readonly Case[] {
  const isFull = (process.env["POSTSTACK_PARITY"] ?? "") !== "";
  const isSmall = ({ services }: Case): boolean => isFull || Object.keys(services).length === 1;
  const fitting = chosenCases().filter((one) => runnable.includes(one) && isSmall(one) && runsOnPodman(one));
  return fitting.filter((_, index) => isFull || index % 2 === 0);
}

function everyKey(): Case {
  const folder = fileURLToPath(new URL("every-key", import.meta.url));
  return caseIn(folder, loadedBy(folder));
}

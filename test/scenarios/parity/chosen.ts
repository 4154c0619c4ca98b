import { fileURLToPath } from "node:url";
import { isAllAsked } from "../../engine/asked.ts";
import { allCases, caseOf, fewThatShowAll, isOfSeveral, type Case, type OwnFiles } from "./cases.ts";
import { exampleFiles } from "./examples.ts";
import { reasonToLeaveOut, runsOnPodman } from "./rules.ts";
import { loadedBy } from "./stage.ts";

export const all = allCases();
export const runnable = all.filter((one) => reasonToLeaveOut(one) === undefined);

/** What Docker is shown with at least. */
export const leastCases = 40;

/** POSTSTACK_PARITY=all runs every file that can be run, which takes half an hour; a part of a name runs those. */
export function chosenCases(): readonly Case[] {
  const asked = process.env["POSTSTACK_PARITY"] ?? "";
  if (asked === "") return [...ownCases(), ...fewThatShowAll(runnable, { least: leastCases })];
  return [...ownCases(), ...runnable].filter(({ id }) => asked === "all" || id.includes(asked));
}

/**
 * Of the same, those that Podman runs: with POSTSTACK_ENGINES=all every one of them. By default few, as it takes its time: of
 * those with one service every fourth, of the others what services can have to do with each other.
 */
export function chosenForPodman(): readonly Case[] {
  const fitting = chosenCases().filter((one) => runnable.includes(one) && runsOnPodman(one));
  const isAsked = (process.env["POSTSTACK_PARITY"] ?? "") !== "" || isAllAsked;
  if (isAsked) return fitting;
  const isSingle = ({ services }: Case): boolean => Object.keys(services).length === 1;
  const others = fitting.filter((one) => !isSingle(one));
  return [
    ...fitting.filter(isSingle).filter((_, index) => index % 4 === 0),
    ...fewThatShowAll(others, { isShown: isOfSeveral }),
  ];
}

/** Each key once that the corpus does not run, and the examples. */
const ownCases = (): readonly Case[] => [everyKey(), ...exampleFiles()].map((own) => caseOf(own, loadedBy(own)));

const everyKey = (): OwnFiles => ({
  folder: fileURLToPath(new URL("every-key", import.meta.url)),
  ...{ composeFiles: ["compose.yaml"], env: {} },
});

import type { Paint } from "../../core/render.ts";
import type { ContainerFacts } from "../containers/facts.ts";
import { renderAge } from "./quantity.ts";

/** `running, healthy`, `exited with 137`: in the colour of good or bad news. */
export function renderState(
  { state, health, exitCode }: Pick<ContainerFacts, "state" | "health" | "exitCode">,
  paint: Paint,
): string {
  const code = state === "exited" && exitCode !== null ? ` with ${exitCode}` : "";
  const text = `${state}${code}${health === null ? "" : `, ${health}`}`;
  const isEnded = state === "exited" && exitCode === 0;
  if (isEnded || state === "created") return paint("dim", text);
  const isWell = state === "running" && health !== "unhealthy";
  return paint(isWell ? (health === "starting" ? "change" : "add") : "remove", text);
}

/** The cells that every table of containers begins with. */
export const containerCells = (facts: ContainerFacts, now: Date, paint: Paint): readonly string[] => [
  facts.id,
  renderState(facts, paint),
  facts.image,
  renderAge(facts.createdAt, now),
  facts.ports.join(", "),
];

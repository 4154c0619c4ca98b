import { kindOf, type ResourceId } from "../../../core/id.ts";
import type { ContainerDetails } from "../../../core/ports/container-facts.ts";
import type { DesiredContainer } from "../../../resources/container/model.ts";
import { factsOf, nameIn, type ContainerFacts } from "../../containers/facts.ts";
import { ownContainers, type OwnContainer } from "../../containers/own.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment } from "../../open.ts";
import { renderState } from "../../render/containers.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

interface HealthFacts extends ContainerFacts {
  /** What its check printed last; null: it has said nothing, or it is well. */
  readonly output: string | null;
}

/** Of a check's output that is shown. */
const shownLines = 5;

/**
 * How the containers are that should run. One list call; only what is not well is asked for what its check said. Ends with 1
 * when something is not, or is not there.
 */
export async function healthCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  const own = await ownContainers(opened, world.signal);
  const found = own.filter(isAsked);
  // An environment of which nothing is left was taken away; else somebody has removed what the files ask for.
  const missing = own.length === 0 ? [] : missingAmong(own, (await opened.load()).resources.container);
  const all = await Promise.all(
    found.map(async (one): Promise<HealthFacts> => {
      const { id } = one.summary;
      const details = isWell(one) ? undefined : await opened.ports.containers.inspectContainer(id, world.signal);
      return { ...factsOf(one), output: outputOf(details) };
    }),
  );
  const well = found.every(isWell) && missing.length === 0;
  if (context.json) printJson(context, { version: 1, environment: opened.environment, well, containers: all, missing });
  else if (all.length === 0 && missing.length === 0) context.note(`No container of ${opened.environment} runs.`);
  else {
    await show(found, all, missing, context);
    // `env stop` leaves nothing running; what ends by itself leaves something.
    if (!own.some(isUp))
      context.note(`Nothing of ${opened.environment} runs: poststack env start ${opened.environment}`);
  }
  return well ? exitCode.done : exitCode.error;
}

/** What ended by itself with 0 or was never started has no health; but no server ends by itself. */
const isAsked = ({ resource, summary: { state, exitCode: code } }: OwnContainer): boolean =>
  kindOf(resource) === "instance" || (state !== "created" && !(state === "exited" && (code ?? 0) === 0));

function missingAmong(own: readonly OwnContainer[], wanted: readonly DesiredContainer[]): readonly ResourceId[] {
  const there = new Set(own.map(({ resource }) => resource));
  return wanted.flatMap(({ id, to }) => (to === "running" && !there.has(id) ? [id] : []));
}

const isUp = ({ summary: { state } }: OwnContainer): boolean => ["running", "restarting", "paused"].includes(state);

const isWell = ({ summary: { state, health } }: OwnContainer): boolean =>
  state === "running" && (health === undefined || health === "healthy");

function outputOf(details: ContainerDetails | undefined): string | null {
  const text = (details?.healthOutput ?? "").trim() || (details?.startError ?? "").trim();
  return text === "" ? null : text;
}

async function show(
  found: readonly OwnContainer[],
  all: readonly HealthFacts[],
  missing: readonly ResourceId[],
  context: Context,
): Promise<void> {
  const { print, paint } = context;
  const rows = all.map((facts, index) => {
    const summary = found[index]?.summary;
    return [summary === undefined ? facts.container : nameIn(summary), renderState(facts, paint)];
  });
  rows.push(...missing.map((id) => [id, paint("remove", "not there")]));
  const lines = (await renderTable(["CONTAINER", "HEALTH"], rows, paint)).split("\n");
  print(lines[0] ?? "");
  for (const [index, { output }] of all.entries()) {
    print(lines[index + 1] ?? "");
    const said = output === null ? [] : output.split("\n").slice(-shownLines);
    for (const line of said) print(paint("dim", `  | ${line}`));
  }
  for (const line of lines.slice(all.length + 1)) print(line);
}

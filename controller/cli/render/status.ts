import { renderCount, renderHeld, symbolOf, styleOf, type Paint } from "../../core/render.ts";
import { isWell, type ContainerStatus } from "../containers/status.ts";
import { renderState } from "./containers.ts";
import type { EnvironmentStatus, JobStatus, ProcessStatus, ServerStatus } from "../status.ts";
import { renderDuration } from "./results.ts";
import { renderCountOf } from "../../core/quantity.ts";
import { renderAge, renderMoment, renderSpan } from "./quantity.ts";
import { renderTable } from "./table.ts";

interface RenderOptions {
  readonly paint: Paint;
  readonly now: Date;
}

/** Lines of drift in the status of one environment; plan shows them all. */
const shownActions = 12;
/** Of one service. */
const shownAddresses = 3;

/** One environment, part by part. */
export async function renderStatus(status: EnvironmentStatus, options: RenderOptions): Promise<string> {
  const { paint } = options;
  const { server, migrations, processes, containers, jobs } = status;
  const facts: string[][] = [];
  if (server !== undefined) facts.push(["Postgres", ...serverCells(server, options)]);
  if (server !== undefined && migrations !== undefined) {
    facts.push(["Database", server.database, migrationText(status)]);
  }
  for (const [index, process] of processes.entries())
    facts.push([index === 0 ? "Processes" : "", ...processCells(process, options)]);
  for (const [index, container] of containers.entries())
    facts.push([index === 0 ? "Containers" : "", ...containerCells(container, options)]);
  for (const [index, job] of jobs.entries()) facts.push([index === 0 ? "Jobs" : "", ...jobCells(job, options)]);
  const table = facts.length === 0 ? "Nothing is asked for." : await renderTable([], facts, paint);
  const title = paint("strong", `${status.environment} of ${status.project}`);
  return [title, "", table, "", ...driftLines(status, paint)].join("\n");
}

/** Every environment, one line each. */
export function renderOverview(all: readonly EnvironmentStatus[], { paint }: RenderOptions): Promise<string> {
  const rows = all.map((status) => {
    const { server, drift } = status;
    const services = [...status.processes, ...status.containers];
    const running = services.filter(({ state }) => state === "running").length;
    const wanted = services.filter(({ state }) => state !== "leftover").length;
    const count = drift.actions.length + drift.deferred.length;
    return [
      status.environment,
      server === undefined ? "none" : `${stateText(server.state, paint)} ${server.address}`,
      services.length === 0 ? "none" : `${running} of ${wanted} running`,
      migrationText(status),
      drift.settled ? paint("add", "none") : paint("change", renderCountOf(count, "line")),
    ];
  });
  return renderTable(["ENVIRONMENT", "POSTGRES", "SERVICES", "MIGRATIONS", "DRIFT"], rows, paint);
}

const stateText = (state: ServerStatus["state"], paint: Paint): string =>
  state === "up" ? paint("add", "up") : paint("remove", state === "down" ? "down" : "not made yet");

function serverCells(server: ServerStatus, { paint, now }: RenderOptions): readonly string[] {
  const { state, address, version, startedAt, provider, error } = server;
  const what = version === undefined ? provider : `PostgreSQL ${version}, ${provider}`;
  const since = startedAt === undefined ? "" : `, since ${renderMoment(startedAt)} (${renderAge(startedAt, now)})`;
  const why = error === undefined ? "" : `; ${error.code}: ${error.what}`;
  return [stateText(state, paint), `${what} at ${address}${since}${why}`];
}

function migrationText({ migrations, server }: EnvironmentStatus): string {
  if (migrations === undefined) return "";
  const { known, head, applied = 0, pending = 0, held = [] } = migrations;
  if (!known) return server?.state === "down" ? "not known while the server is down" : "not known";
  const waiting = held.length === 0 ? "" : `, ${held.length} held`;
  const done = head === undefined ? "none applied" : `${applied} applied, head ${head}`;
  return `${done}, ${pending} pending${waiting}`;
}

function processCells(process: ProcessStatus, { paint, now }: RenderOptions): readonly string[] {
  const { name, state, pid, startedAt, ready, logFile, addresses = [] } = process;
  const mark = state === "running" && ready === true ? paint("add", "✔") : paint("remove", "✘");
  const age = startedAt === undefined ? "" : renderAge(startedAt, now);
  const how =
    state === "running"
      ? `pid ${pid ?? "?"} for ${age}, ${ready === true ? "ready" : "not ready"}`
      : state === "exited"
        ? `exited, started ${age} ago`
        : state === "leftover"
          ? "no longer in the files"
          : "not running";
  return [
    `${mark} ${name}`,
    `${how}${addressCell(addresses, paint)}${logFile === undefined ? "" : paint("dim", `  ${logFile}`)}`,
  ];
}

function containerCells(container: ContainerStatus, { paint }: RenderOptions): readonly string[] {
  const { name, state, health = null, exitCode = null, image = "", upMs, addresses = [] } = container;
  const mark = isWell(container) ? paint("add", "✔") : paint("remove", "✘");
  if (state === "absent") return [`${mark} ${name}`, "not there"];
  if (state === "leftover") return [`${mark} ${name}`, "no longer in the files"];
  const age = upMs === undefined ? "" : ` for ${renderSpan(upMs)}`;
  return [
    `${mark} ${name}`,
    `${renderState({ state, health, exitCode }, paint)}${age}${addressCell(addresses, paint)}${paint("dim", `  ${image}`)}`,
  ];
}

const addressCell = (addresses: readonly string[], paint: Paint): string => {
  const shown = addresses.slice(0, shownAddresses).join(", ");
  const left = addresses.length - shownAddresses;
  return shown === "" ? "" : `  ${paint("strong", shown)}${left > 0 ? `, … ${left} more` : ""}`;
};

function jobCells(job: JobStatus, { paint, now }: RenderOptions): readonly string[] {
  const { name, state, startedAt, durationMs, exitCode } = job;
  const mark = state === "succeeded" ? paint("add", "✔") : state === "failed" ? paint("remove", "✘") : "·";
  const when = startedAt === undefined ? "" : ` ${renderAge(startedAt, now)} ago`;
  const how = durationMs === undefined ? "" : ` in ${renderDuration(durationMs)}`;
  const code = exitCode === undefined || exitCode === 0 ? "" : ` with exit code ${exitCode}`;
  const text = { succeeded: "succeeded", failed: "failed", running: "began", never: "never ran", unknown: "not known" };
  return [`${mark} ${name}`, `${text[state]}${code}${when}${how}`];
}

/** The plan's lines in short. */
function driftLines({ drift, project, environment, migrations }: EnvironmentStatus, paint: Paint): readonly string[] {
  const waiting = renderHeld({ held: migrations?.held ?? [] }, paint);
  if (drift.settled) return [...waiting, paint("add", "No drift: everything is as the files say.")];
  const shown = drift.actions.slice(0, shownActions);
  const lines = shown.map(
    ({ id, verb, reason }) => `  ${paint(styleOf(verb), `${symbolOf(verb)} ${verb} ${id}`)}  ${reason}`,
  );
  const left = drift.actions.length - shown.length;
  const more = left === 0 ? [] : [paint("dim", `  … ${left} more: poststack plan ${environment}`)];
  const plan = { project, environment, fingerprint: "", ...drift };
  return [paint("strong", "Drift"), ...lines, ...more, ...waiting, renderCount(plan)];
}

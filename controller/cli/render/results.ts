import type { Paint } from "../../core/render.ts";
import type { ActionResult } from "../../engine/events.ts";

/** `0.4 s`, `2 min 5 s` */
export function renderDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** One finished action: mark, verb, id, what it has to tell, seconds. */
export function renderResult(result: ActionResult, paint: Paint): string {
  const { verb, id } = result.action;
  switch (result.status) {
    case "done": {
      const note = result.result.note === undefined ? "" : `  ${result.result.note}`;
      return `  ${paint("add", "✔")} ${verb} ${id}${note}${paint("dim", `  ${renderDuration(result.durationMs)}`)}`;
    }
    case "failed":
      return `  ${paint("remove", "✘")} ${verb} ${id}  ${result.error.code}${paint("dim", `  ${renderDuration(result.durationMs)}`)}`;
    default:
      return `  ${paint("dim", `- ${verb} ${id}  skipped: ${result.because}`)}`;
  }
}

/** The init phase as a list of jobs with exit codes and seconds; empty when no job ran. */
export function renderInitPhase(results: readonly ActionResult[], paint: Paint): readonly string[] {
  const jobs = results.filter(({ action }) => action.kind === "job");
  if (jobs.length === 0) return [];
  const lines = jobs.map((result) => {
    const { name } = split(result.action.id);
    if (result.status === "skipped") return `  ${paint("dim", `- ${name} (not run: ${result.because})`)}`;
    const seconds = renderDuration(result.durationMs);
    if (result.status === "done")
      return `  ${paint("add", "✔")} ${name} (exit code: ${result.result.exitCode ?? 0}, ${seconds})`;
    return `  ${paint("remove", "✘")} ${name} (${result.error.what}, ${seconds})`;
  });
  const failed = jobs.some(({ status }) => status === "failed");
  return ["", paint("strong", "Init phase"), ...lines, ...(failed ? ["  The deployment was not touched."] : [])];
}

const split = (id: string): { name: string } => ({ name: id.slice(id.indexOf(":") + 1) });

import type { ResourceId } from "../../core/id.ts";
import type { Paint } from "../../core/render.ts";
import type { Settling } from "../../core/resource.ts";
import type { EngineEvent } from "../../engine/events.ts";
import type { Output } from "../world.ts";
import { renderDuration, renderResult } from "./results.ts";
import { sparse } from "./sparse.ts";

/** Shows the engine's events while it works. */
export interface Progress {
  readonly emit: (event: EngineEvent) => void;
  /** Ends the live part; nothing is shown afterwards. */
  readonly finish: () => void;
}

interface ProgressOptions {
  readonly output: Output;
  readonly paint: Paint;
  readonly nowMs: () => number;
  /** Show each of many neighbours, not only a count. */
  readonly all: boolean;
}

/** Between two frames of the live display, in milliseconds. */
const frameMs = 100;
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/** Actions of one kind that get a line each before the rest is only counted. */
const shownPerKind = 15;

/** Live on a terminal, plain lines elsewhere. */
export const progress = async (options: ProgressOptions): Promise<Progress> =>
  options.output.isTerminal ? live(options) : plainLines(options);

function plainLines({ output, paint, nowMs, all }: ProgressOptions): Progress {
  const limiter = limited(all);
  const few = sparse(nowMs);
  return {
    emit(event) {
      if (event.type === "start") few.begins(event.action.id);
      if (event.type === "end") few.ends(event.result.action.id);
      const isTold = event.type === "progress" && few.admits(event);
      const line = isTold ? paint("dim", `  ${event.id}: ${event.line}`) : lineOf(event, paint, limiter);
      if (line !== undefined) output.write(`${line}\n`);
    },
    finish() {
      for (const line of limiter.rest()) output.write(`${line}\n`);
    },
  };
}

async function live({ output, paint, nowMs, all }: ProgressOptions): Promise<Progress> {
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(output.stream, { showCursor: true });
  const running = new Map<ResourceId, { readonly verb: string; readonly sinceMs: number; line: string }>();
  const limiter = limited(all);
  let frame = 0;
  const draw = (): void => {
    const mark = paint("run", frames[frame++ % frames.length] ?? "");
    const rows = [...running].map(([id, { verb, sinceMs, line }]) => {
      const seconds = paint("dim", renderDuration(nowMs() - sinceMs));
      return `  ${mark} ${verb} ${id}  ${seconds}${line === "" ? "" : paint("dim", `  ${line}`)}`;
    });
    update(rows.join("\n"));
  };
  const timer = setInterval(draw, frameMs);
  timer.unref();
  const above = (line: string): void => {
    update.clear();
    output.write(`${line}\n`);
    draw();
  };
  return {
    emit(event) {
      if (event.type === "start") {
        running.set(event.action.id, { verb: event.action.verb, sinceMs: nowMs(), line: "" });
      } else if (event.type === "progress") {
        const one = running.get(event.id);
        if (one !== undefined) one.line = event.line;
      } else {
        if (event.type === "end") running.delete(event.result.action.id);
        const line = lineOf(event, paint, limiter);
        if (line !== undefined) above(line);
      }
    },
    finish() {
      clearInterval(timer);
      update.clear();
      for (const line of limiter.rest()) output.write(`${line}\n`);
    },
  };
}

function lineOf(event: EngineEvent, paint: Paint, limiter: Limiter): string | undefined {
  switch (event.type) {
    case "end":
      return limiter.admits(event.result.action.kind, event.result.status)
        ? renderResult(event.result, paint)
        : undefined;
    case "lock-wait":
      return paint("dim", `  waiting for another writer: ${event.holder}`);
    case "settling": {
      const ids = event.waiting.map(({ id }) => id);
      return limiter.isNews(ids.join()) ? paint("dim", renderWaiting(event.waiting)) : undefined;
    }
    case "retry": {
      const told = event.error === undefined ? "" : `${event.error.code}  ${event.error.what}`;
      const why = told !== "" && limiter.isNews(told) ? `: ${told}` : "";
      return paint("dim", `  again in ${renderDuration(event.waitMs)} (try ${event.attempt + 1})${why}`);
    }
    default:
      return undefined;
  }
}

/** `  waiting for container:web: its healthcheck has not passed yet, and for 3 more` */
function renderWaiting([first, ...others]: readonly Settling[]): string {
  const more = others.length === 0 ? "" : `, and for ${others.length} more`;
  return `  waiting for ${first?.id ?? "nothing"}: ${first?.why ?? ""}${more}`;
}

interface Limiter {
  /** Whether that was not what the last call said: what is waited for is told once, and again when it is less. */
  isNews(text: string): boolean;
  admits(kind: string, status: string): boolean;
  rest(): readonly string[];
}

/** A thousand migrations are told by the first few and a count; a failure is always told. */
function limited(all: boolean): Limiter {
  const counts = new Map<string, number>();
  let last = "";
  return {
    isNews(text) {
      const isNew = text !== last;
      last = text;
      return isNew;
    },
    admits(kind, status) {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      return all || status === "failed" || count <= shownPerKind;
    },
    rest: () =>
      all
        ? []
        : [...counts].flatMap(([kind, count]) =>
            count > shownPerKind ? [`  … ${count - shownPerKind} more of kind ${kind}`] : [],
          ),
  };
}

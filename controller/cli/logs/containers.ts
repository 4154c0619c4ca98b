import { PoststackError } from "../../core/errors.ts";
import { kindOf } from "../../core/id.ts";
import type { ContainerEngine } from "../../core/ports/containers.ts";
import type { EnginePorts } from "../../engine/converge.ts";
import { ownContainers, type OwnContainer } from "../containers/own.ts";
import { instantOf, type LogLine } from "./line.ts";
import type { LogViewOptions } from "./options.ts";

/** Between two looks for containers while following, in milliseconds. */
const lookMs = 1_000;

const categories: Readonly<Record<string, string>> = { instance: "postgres", job: "job" };

export const sourceOf = ({ called, resource }: OwnContainer): Pick<LogLine, "name" | "category"> => ({
  name: called,
  category: categories[kindOf(resource)] ?? "container",
});

/** The last lines of a container, oldest first. */
export async function containerLines(
  engine: ContainerEngine,
  container: OwnContainer,
  { lines, since }: Pick<LogViewOptions, "lines" | "since">,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  const found: LogLine[] = [];
  const options = { tail: lines, ...(since === undefined ? {} : { since }) };
  for await (const { at, line } of engine.logs(container.summary.id, options, signal))
    found.push({ ...sourceOf(container), at: instantOf(at), text: line });
  return found;
}

interface FollowOptions extends Pick<LogViewOptions, "lines" | "since"> {
  readonly isMeant: (container: OwnContainer) => boolean;
  readonly emit: (line: LogLine) => void;
  /** A log that cannot be read at all: its driver keeps none, say. The others go on. */
  readonly onUnreadable: (container: OwnContainer, error: PoststackError) => void;
  /** Ends the following. */
  readonly stop: AbortSignal;
}

/** How far one container was read. */
interface Reading {
  state: "open" | "between" | "over";
  /** Of its last line. */
  last: string | undefined;
}

/**
 * Lines of containers as they are written. What is there is looked at again and again: a container that stops, that is
 * started again or made anew, and an engine that goes away for a while, end nothing. No line is shown twice.
 *
 * @throws PoststackError of an engine that cannot be asked at all
 */
export async function followContainers(ports: EnginePorts, options: FollowOptions): Promise<void> {
  const { lines, since, isMeant, emit, onUnreadable, stop } = options;
  const readings = new Map<string, Reading>();
  const open = new Set<Promise<void>>();

  /** To its end: when the container stops, when the engine goes away, when it is stopped. */
  async function read(container: OwnContainer, reading: Reading, isAtFirst: boolean): Promise<void> {
    const from = reading.last === undefined ? since : new Date(reading.last);
    const tail = isAtFirst ? { tail: lines } : {};
    const asked = { follow: true, ...tail, ...(from === undefined ? {} : { since: from }) };
    for await (const { at: written, line } of ports.containers.logs(container.summary.id, asked, stop)) {
      const at = instantOf(written);
      // Asked for from the last line on, to the millisecond: it comes once more, and others of that millisecond.
      if (reading.last !== undefined && at !== undefined && at <= reading.last) continue;
      reading.last = at ?? reading.last;
      emit({ ...sourceOf(container), at, text: line });
      if (stop.aborted) return;
    }
  }

  async function readToEnd(container: OwnContainer, reading: Reading, isAtFirst: boolean): Promise<void> {
    reading.state = "open";
    try {
      await read(container, reading, isAtFirst);
      reading.state = container.summary.state === "running" ? "between" : "over";
    } catch (error) {
      reading.state = "between";
      if (stop.aborted || !isTerminal(error)) return;
      onUnreadable(container, error);
      reading.state = "open";
    }
  }

  for (let looks = 0; !stop.aborted; looks++) {
    const found = await ownContainers({ ports }, stop).catch((error: unknown) => {
      if (!stop.aborted && isTerminal(error)) throw error;
      return [];
    });
    for (const container of found.filter(isMeant)) {
      const { id, state } = container.summary;
      const reading = readings.get(id) ?? { state: "between", last: undefined };
      readings.set(id, reading);
      const isStartedAgain = reading.state === "over" && state === "running";
      if (reading.state !== "between" && !isStartedAgain) continue;
      const reader = readToEnd(container, reading, looks === 0).finally(() => open.delete(reader));
      open.add(reader);
    }
    await ports.clock.sleep(lookMs, stop).catch(() => undefined);
  }
  await Promise.all(open);
}

/** An engine that went away comes back, and the reading goes on where it was. */
const isTerminal = (error: unknown): error is PoststackError =>
  error instanceof PoststackError && error.errorClass === "terminal";

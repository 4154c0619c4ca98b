import { PoststackError, type ErrorFacts } from "../../core/errors.ts";
import { lastWords, shownLines } from "../../core/last-words.ts";
import type { Ports } from "../../core/ports.ts";
import type { ContainerDetails } from "../../core/ports/container-facts.ts";
import { judge, type Verdict } from "./accept.ts";
import type { DesiredContainer, Own } from "./model.ts";

/** Between two looks, in milliseconds: the first ones soon, since most come up at once. */
const firstPollMs = 50;
const longestPollMs = 500;

/**
 * Waits until a new container is accepted: up without a restart for a while, and healthy if it has a check.
 *
 * @throws PoststackError `UNHEALTHY`, with the last output of its check and the last lines of its log
 */
export async function waitAccepted(
  desired: DesiredContainer,
  own: Own,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const { clock, containers } = ports;
  const startMs = clock.nowMs();
  let upSinceMs = startMs;
  let starts: string | undefined;
  let isSecondFailure = false;
  for (let pollMs = firstPollMs; ; pollMs = Math.min(longestPollMs, pollMs * 2)) {
    const details = await containers.inspectContainer(own.id, signal);
    if (details === undefined) throw gone(desired, own);
    // Our own clock, since the engine's may differ: a start that we have not seen before begins the time anew.
    const start = `${details.restartCount} ${details.startedAt?.getTime() ?? 0}`;
    if (starts !== undefined && start !== starts) upSinceMs = clock.nowMs();
    starts = start;
    const verdict = judge(desired, { ...details, upMs: clock.nowMs() - upSinceMs });
    if (verdict.type === "accepted") return;
    const isOver = clock.nowMs() - startMs >= desired.acceptance.limitMs;
    // Between its end and the engine's restart one looks as if it had ended for good: once is not enough.
    if (isOver || (verdict.type === "failed" && isSecondFailure)) {
      throw await unhealthy(desired, own.id, verdict, details, ports, signal);
    }
    isSecondFailure = verdict.type === "failed";
    if (verdict.type === "waiting") ports.progress(`waits: ${verdict.why}`);
    await clock.sleep(pollMs, signal);
  }
}

/** The error for one that is not accepted, with what it said. */
export async function unhealthy(
  { id, place }: Pick<DesiredContainer, "id" | "place">,
  engineId: string,
  verdict: Exclude<Verdict, { readonly type: "accepted" }>,
  details: ContainerDetails | undefined,
  ports: Pick<Ports, "containers">,
  signal: AbortSignal,
): Promise<PoststackError> {
  const facts: Omit<ErrorFacts, "code"> = {
    what: `${id} was started, and ${verdict.why}`,
    where: place,
    details: await words(engineId, details, ports, signal),
    next: `read its log (docker logs ${details?.name ?? engineId.slice(0, 12)}); correct it, and apply again`,
  };
  return new PoststackError("UNHEALTHY", facts);
}

async function words(
  id: string,
  details: ContainerDetails | undefined,
  ports: Pick<Ports, "containers">,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lines = await lastWords(id, ports, signal);
  const check = details?.healthOutput?.trimEnd();
  return [
    ...(details?.startError === undefined || details.startError === "" ? [] : [details.startError]),
    ...(check === undefined || check === ""
      ? []
      : check
          .split("\n")
          .slice(-shownLines)
          .map((line) => `check: ${line}`)),
    ...lines,
  ];
}

const gone = ({ id, place }: DesiredContainer, { name }: Own): PoststackError =>
  new PoststackError("ENGINE_OBJECT_GONE", {
    what: `container "${name}" of ${id} was removed while it was waited for`,
    where: place,
  });

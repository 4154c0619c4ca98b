import { PoststackError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import type { ContainerFile } from "../../../core/ports/containers.ts";
import type { DesiredInstance } from "../model.ts";
import { candidateFile, filesFor, settings, settingsFile, settingsText } from "./files.ts";
import { serverLabels } from "./spec.ts";

const timeoutMs = 10_000;
/** Lines of a program's output that an error shows. */
const shownLines = 6;

/** Writes the files of an existing container anew. */
export async function configure(
  desired: DesiredInstance,
  id: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const mayBegin = desired.knownIdentifier === undefined;
  const verifier = mayBegin ? ports.passwords.verifier(desired.endpoint.admin.password) : undefined;
  const files = filesFor(desired.parameters, await dataOf(id, ports, signal), verifier);
  await ports.containers.putFiles(id, files, signal);
}

/**
 * Asks the server's own program, inside the running container, whether it would start with the settings: what it refuses
 * has cost no downtime.
 *
 * @throws PoststackError `PARAMETER_INVALID` with the program's words
 */
export async function checkSettings(
  { parameters, endpoint, place }: DesiredInstance,
  id: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const text = settingsText(parameters, await dataOf(id, ports, signal));
  await ports.containers.putFiles(id, [settings(candidateFile, text)], signal);
  // `postgres` refuses to run as root; the user has the superuser's name in every image of this contract.
  const program = { command: ["postgres", "-c", `config_file=${candidateFile}`, "-C", "port"], timeoutMs } as const;
  const { exitCode, output } = await ports.containers
    .exec(id, { ...program, user: endpoint.admin.user }, signal)
    // A container that is down is not asked: the start will tell.
    .catch((error: unknown) => {
      if (error instanceof PoststackError && error.code === "ENGINE_REFUSED") return { exitCode: 0, output: "" };
      throw error;
    });
  if (exitCode !== 0) throw invalidParameter(output.trimEnd().split("\n").slice(-shownLines), place);
}

export const invalidParameter = (details: readonly string[], where: DesiredInstance["place"]): PoststackError =>
  new PoststackError("PARAMETER_INVALID", {
    what: "Postgres does not accept its configuration",
    where,
    next: "correct the value under `parameters:`",
    details,
  });

/** The settings that a running container has now; undefined: it is down, or has none. */
export async function settingsIn(id: string, ports: Ports, signal: AbortSignal): Promise<ContainerFile | undefined> {
  const read = await ports.containers
    .exec(id, { command: ["cat", settingsFile], timeoutMs }, signal)
    .catch((error: unknown) => {
      if (error instanceof PoststackError && error.code === "ENGINE_REFUSED") return undefined;
      throw error;
    });
  return read?.exitCode === 0 ? settings(settingsFile, read.output) : undefined;
}

/** Where the container that exists has its cluster. */
async function dataOf(id: string, ports: Ports, signal: AbortSignal): Promise<string> {
  const data = (await ports.containers.inspectContainer(id, signal))?.spec.labels.get(serverLabels.data);
  if (data !== undefined) return data;
  throw new PoststackError("ENGINE_OBJECT_GONE", { what: `container ${id} was just there, and is gone` });
}

import { resolve } from "node:path";
import { fromFacts, PoststackError, type ErrorFacts } from "../../../core/errors.ts";
import { backupsIn, brokenIn } from "../../../resources/backup/folder.ts";
import { candidateAt, checkContent } from "../../../resources/backup/observe.ts";
import { countEntries } from "../../../resources/backup/contents.ts";
import type { Ports } from "../../../core/ports.ts";
import type { Candidate, DesiredBackup, ObservedBackup } from "../../../resources/backup/model.ts";
import { noTools, unfit } from "../../../resources/backup/refusals.ts";
import type { Manifest } from "../../../resources/backup/manifest.ts";
import { unfitCopy } from "../../../resources/backup/physical/plan.ts";
import { proveCopy } from "../../../resources/backup/physical/restore.ts";
import { proveBackup } from "../../../resources/backup/restore.ts";
import { toolbox } from "../../../resources/backup/tools.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look, type Look } from "../../look.ts";
import { openEnvironment, type OpenedEnvironment } from "../../open.ts";
import { paintedError } from "../../report.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";
import { backupFile } from "./restore.ts";

/** What was found out about one file. */
interface Verdict {
  readonly path: string;
  /** How far it was looked at. */
  readonly proved: "checksum" | "contents" | "restored" | "nothing";
  /** Entries of its list of contents, where that was read. */
  readonly entries?: number;
  /** The newest migration in it, where it was restored. */
  readonly schemaHead?: string;
  readonly error?: ErrorFacts;
}

/**
 * Reads every byte. Nothing of the environment is changed; `--deep` makes a database beside its own and drops it. One at a
 * time on this machine: programs of an earlier run count as left over.
 */
export async function verifyCommand({ args, options }: Invocation, world: World): Promise<ExitCode> {
  const [name, ...files] = args.filter((one) => one !== undefined);
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name, { backup: { type: "prune" } });
  const asked = files.map((file) => backupFile(file, world));
  const isDeep = options.flag("deep");
  const lock = await world.hostLock.take(
    opened.ports.state.directory,
    60_000,
    (holder) => context.note(`Waiting for ${holder}.`),
    world.signal,
  );
  try {
    const verdicts = await look(opened, world.signal, (seen) => verify(seen, opened, asked, isDeep, world.signal));
    tell(verdicts, opened, context);
    return verdicts.every(({ error }) => error === undefined) ? exitCode.done : exitCode.error;
  } finally {
    await lock.release();
  }
}

async function verify(
  seen: Look,
  { ports: { backups } }: OpenedEnvironment,
  asked: readonly string[],
  isDeep: boolean,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const [desired] = seen.desired.resources.backup;
  if (desired === undefined) return [];
  const [observed] = seen.observation.observed.backup ?? [];
  if (isDeep && observed === undefined) throw serverDown(desired);
  const paths =
    asked.length > 0
      ? asked.map((file) => resolve(desired.directory, file))
      : [...brokenIn(desired, { backups }), ...backupsIn(desired, { backups })].map(({ path }) => path);
  const verdicts: Verdict[] = [];
  for (const path of paths) {
    const one = await candidateAt(path, { backups }, signal);
    verdicts.push(await verdictOn(one, { desired, observed, isDeep }, seen, signal));
  }
  return verdicts;
}

interface Place {
  readonly desired: DesiredBackup;
  /** Undefined: the server does not run, so its container's programs cannot. */
  readonly observed: ObservedBackup | undefined;
  readonly isDeep: boolean;
}

async function verdictOn(
  candidate: Candidate,
  { desired, observed, isDeep }: Place,
  { ports }: Look,
  signal: AbortSignal,
): Promise<Verdict> {
  const { path, error, manifest } = candidate;
  if (error !== undefined) return { path, proved: "nothing", error };
  if (manifest === undefined && !isDeep) return { path, proved: "nothing", error: neverVerified(path) };
  const tools = observed?.tools;
  try {
    await checkContent(candidate, ports, signal);
    if (manifest?.format === "physical") {
      return await verdictOnCopy({ ...candidate, manifest }, { desired, observed, isDeep }, ports, signal);
    }
    if (observed === undefined || (tools === undefined && !isDeep)) return { path, proved: "checksum" };
    if (tools === undefined) throw fromFacts(noTools(observed));
    const misfit = unfit(candidate, observed);
    if (misfit !== undefined) throw fromFacts(misfit);
    if (isDeep) {
      const { head } = await proveBackup(candidate, { desired, tools }, ports, signal);
      return { path, proved: "restored", ...(head === undefined ? {} : { schemaHead: head }) };
    }
    const list = await toolbox(tools, desired, ports, signal).withArchive(path, (archive) =>
      Promise.resolve(archive.list),
    );
    return { path, proved: "contents", entries: countEntries(list) };
  } catch (failure) {
    if (!(failure instanceof PoststackError) || signal.aborted) throw failure;
    return { path, proved: failure.code === "BACKUP_BROKEN" ? "nothing" : "checksum", error: failure.facts };
  }
}

/** Of a copy every file is compared without a server; to start one on it takes the programs of the one it was taken of. */
async function verdictOnCopy(
  candidate: Candidate & { readonly manifest: Manifest },
  { desired, observed, isDeep }: Place,
  ports: Ports,
  signal: AbortSignal,
): Promise<Verdict> {
  const { path } = candidate;
  if (!isDeep || observed === undefined) {
    return { path, proved: "contents", entries: await ports.embedded.copies.check(candidate, signal) };
  }
  const misfit = unfitCopy(candidate, desired, observed);
  if (misfit !== undefined) throw fromFacts(misfit);
  const { head } = await proveCopy(candidate, desired, ports, signal);
  return { path, proved: "restored", ...(head === undefined ? {} : { schemaHead: head }) };
}

function tell(verdicts: readonly Verdict[], { environment }: OpenedEnvironment, context: Context): void {
  if (context.json) {
    printJson(context, { version: 1, environment, backups: verdicts });
    return;
  }
  if (verdicts.length === 0) context.note(`There is no backup of ${environment}.`);
  for (const { path, proved, error, entries, schemaHead } of verdicts) {
    if (error === undefined) {
      const more =
        entries === undefined
          ? proved === "restored"
            ? `restored and dropped again, last migration ${schemaHead ?? "none"}`
            : "size and checksum; its contents were not listed, for want of pg_restore or of a running server"
          : `size, checksum, ${entries} entries`;
      context.print(`${context.paint("add", "good")}  ${path}  ${more}`);
    } else {
      context.print(`${context.paint("remove", "broken")}  ${path}`);
      context.note(paintedError(error, context.paintError));
    }
  }
}

const neverVerified = (path: string): ErrorFacts => ({
  code: "BACKUP_BROKEN",
  what: `${path} has no manifest beside it, or none that is whole: nothing vouches for it`,
  next: "prove it with --deep, or take another",
});

const serverDown = ({ environment }: DesiredBackup): PoststackError =>
  new PoststackError("POSTGRES_UNREACHABLE", {
    what: `the server of ${environment} is not running, so nothing can be restored into it`,
    next: `start it with \`poststack apply ${environment}\``,
  });

import { createHash } from "node:crypto";
import { basename, dirname, resolve } from "node:path";
import { renderSchema } from "../../../core/catalog/render.ts";
import { PoststackError } from "../../../core/errors.ts";
import { catalogOf, sessionOf } from "../../catalog.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { look } from "../../look.ts";
import { openEnvironment } from "../../open.ts";
import { paintDiff } from "../../render/diff.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

/** A schema that somebody keeps; ten thousand tables are less. */
const limitBytes = 64 * 1024 * 1024;

/** The schema of the environment's database as SQL: printed, written to a file, or compared with one. Only reads. */
export async function dumpCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const [output, check] = [options.text("output"), options.text("check")];
  if (output !== undefined && check !== undefined) {
    throw new PoststackError("USAGE", {
      what: "--output writes a file and --check reads one",
      next: "give one of them",
    });
  }
  const opened = openEnvironment(context, name);
  const schema = await look(opened, world.signal, async (seen) => {
    const session = await sessionOf(seen, world.signal);
    return renderSchema(await catalogOf(session, seen, world.signal));
  });
  const { environment } = opened;
  if (check !== undefined) return compare(resolve(world.cwd, check), schema, environment, context);
  const answer = { version: 1, environment, digest: digestOf(schema) };
  if (output === undefined) {
    if (context.json) printJson(context, { ...answer, schema });
    else world.stdout.write(schema);
    return exitCode.done;
  }
  world.writeFile(resolve(world.cwd, output), schema, { overwrite: true });
  if (context.json) printJson(context, { ...answer, output });
  else context.note(`Written to ${output}.`);
  return exitCode.done;
}

const digestOf = (schema: string): string => createHash("sha256").update(schema).digest("hex");

/** For CI: 2 says that the file is not what the database is, as 2 of a plan says that there is something to do. */
async function compare(path: string, schema: string, environment: string, context: Context): Promise<ExitCode> {
  const { world, json, paint } = context;
  if (!world.exists(path)) {
    throw new PoststackError("FILE_MISSING", {
      what: `there is no ${path} to compare with`,
      next: "correct the path, which begins here and not in the project's folder; --output makes the file",
    });
  }
  const kept = world.openFiles(dirname(path)).read(basename(path), { limitBytes }).replaceAll("\r\n", "\n");
  const same = kept === schema;
  const patch = same ? undefined : await patchOf(basename(path), kept, schema);
  if (json) printJson(context, { version: 1, environment, digest: digestOf(schema), same, patch: patch ?? null });
  else if (patch === undefined) context.note(`${basename(path)} is the schema of ${environment}.`);
  else context.print(paintDiff(patch, paint));
  return same ? exitCode.done : exitCode.changes;
}

async function patchOf(file: string, kept: string, schema: string): Promise<string> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import("diff");
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
  return createTwoFilesPatch(file, "the database", kept, schema, undefined, undefined, options);
}

import type { Place } from "../../core/place.ts";
import type { Files } from "../../core/ports/files.ts";
import { limitError } from "../limits.ts";
import type { MapTree, Tree } from "../tree.ts";
import { canonical } from "./canonical.ts";
import { checkSchema } from "./check-schema.ts";
import type { ReadDocuments } from "./documents.ts";
import { applyExtends } from "./extends.ts";
import { applyIncludes, type Inclusion } from "./include.ts";
import { merge, untagged } from "./merge.ts";
import { rebase, rebaseDevices, type Base } from "./rebase.ts";
import type { Report } from "./report.ts";
import { fileShape } from "./shape.ts";
import { isNull, mapValues, textTree, valueAt, withValue } from "./trees.ts";
import { fillIn, type Variables } from "./variables.ts";

export interface Assembly {
  readonly files: Files;
  readonly read: ReadDocuments;
  readonly report: Report;
  /** Values of variables that configs and secrets name, by `SECTION.NAME`: a file that is included has variables of its own. */
  readonly values: Map<string, string>;
  /** Collects what does not fit the schema, as `SECTION.NAME`: there is no sense in looking closer. */
  readonly misfits: Set<string>;
  /** How many models were included. */
  included: number;
}

/** More than any project has: a file that two files include, which two files include … is read a million times. */
const mostIncluded = 500;

/** What several files say together: one document, canonical, its paths absolute, nothing left to look up elsewhere. */
export function assemble(
  { files: paths, base, variables, place }: Omit<Inclusion, "place"> & { readonly place?: Place },
  trail: readonly string[],
  assembly: Assembly,
): MapTree | undefined {
  const { report } = assembly;
  if (place !== undefined) countInclusion(place, assembly);
  const told = new Set<string>();
  const prepare = (document: MapTree, from: Base): MapTree => {
    const filled = fillIn(document, variables, report, told);
    return rebase(canonical(filled, fileShape, report), fileShape, from) as MapTree;
  };
  const others = new Map<string, MapTree | undefined>();
  const servicesOf = (file: string, from: Base, where: Place): MapTree | undefined => {
    if (!others.has(file)) others.set(file, readServices(file, from, where));
    return others.get(file);
  };
  const readServices = (file: string, from: Base, where: Place): MapTree | undefined => {
    const documents = assembly.read(file, where).map((document) => prepare(document, from));
    const services = valueAt(joined(documents, report), "services");
    if (services?.type === "map") return services;
    if (documents.length > 0) report.mistake("CONFIG_EXTENDS", `${file} has no services`, where, "name another file");
    return undefined;
  };

  const documents = paths.flatMap((file) =>
    assembly.read(file, place).map((document) => {
      const own = applyExtends(prepare(document, base), file, base, { report, servicesOf });
      return applyIncludes(own, base, variables, {
        files: assembly.files,
        report,
        trail: trail.length === 0 ? [file] : trail,
        load: (inclusion, longer) => assemble(inclusion, longer, assembly),
      });
    }),
  );
  const whole = joined(documents, report);
  if (whole === undefined) return undefined;
  const model = finished(whole, base, variables, assembly);
  checkSchema(model, assembly);
  return model;
}

/** @throws PoststackError `CONFIG_LIMIT` */
function countInclusion(where: Place, assembly: Assembly): void {
  if (++assembly.included > mostIncluded) throw limitError(`more than ${mostIncluded} inclusions`, where);
}

function joined(documents: readonly MapTree[], report: Report): MapTree | undefined {
  let whole: Tree | undefined;
  for (const document of documents) whole = merge(whole, document, fileShape, report);
  return whole?.type === "map" ? (untagged(whole) as MapTree) : undefined;
}

/** What depends on the folder and the variables of these very files. */
function finished(document: MapTree, base: Base, variables: Variables, { values, report }: Assembly): MapTree {
  let whole = document;
  const services = valueAt(whole, "services");
  if (services?.type === "map") {
    whole = withValue(
      whole,
      "services",
      mapValues(services, (service) => finishedService(service, base, variables, report)),
    );
  }
  const volumes = valueAt(whole, "volumes");
  if (volumes?.type === "map") whole = withValue(whole, "volumes", rebaseDevices(volumes, base));
  for (const section of ["configs", "secrets"]) {
    const entries = valueAt(whole, section);
    if (entries?.type !== "map") continue;
    for (const [name, { tree }] of entries.entries) {
      const variable = valueAt(tree, "environment");
      const value = variable?.type === "scalar" ? variables.get(variable.text) : undefined;
      const key = `${section}.${name}`;
      if (value !== undefined && !values.has(key)) values.set(key, value);
    }
  }
  return whole;
}

/** A build's folder is this one unless it says otherwise, and a variable without a value has the shell's. */
function finishedService(service: Tree, base: Base, variables: Variables, report: Report): Tree {
  if (service.type !== "map") return service;
  let whole = service;
  const build = valueAt(whole, "build");
  if (build?.type === "map") {
    const args = valueAt(build, "args");
    const withArgs = args === undefined ? build : withValue(build, "args", resolved(args, variables, report));
    const context = valueAt(build, "context") ?? textTree(base.directory, build.place);
    whole = withValue(whole, "build", withValue(withArgs, "context", context));
  }
  const environment = valueAt(whole, "environment");
  return environment === undefined ? whole : withValue(whole, "environment", resolved(environment, variables, report));
}

function resolved(pairs: Tree, variables: Variables, report: Report): Tree {
  if (pairs.type !== "map") return pairs;
  return mapValues(pairs, (value, name) => {
    const found = isNull(value) ? variables.get(name) : undefined;
    if (found === undefined) return value;
    report.lookedUp(name, value.place);
    return textTree(found, value.place);
  });
}

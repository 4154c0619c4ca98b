import { dirname } from "node:path";
import { renderPlace, type Place } from "../../core/place.ts";
import { didYouMean } from "../suggest.ts";
import type { MapTree, Tree } from "../tree.ts";
import { fileShape, inside, type Shape } from "./shape.ts";
import { merge } from "./merge.ts";
import { isRemote, refuseRemote } from "./remote.ts";
import { absolute, type Base } from "./rebase.ts";
import type { Report } from "./report.ts";
import { countValues, isNull, textAt, valueAt, withValue, without } from "./trees.ts";

const serviceShape: Shape = inside(inside(fileShape, "services"), "any");

/** Where services are defined that others extend. */
interface Origin {
  /** Absolute. */
  readonly file: string;
  readonly services: MapTree;
  readonly base: Base;
}

export interface ExtendsContext {
  readonly report: Report;
  /** The services of another file: canonical, with absolute paths, `extends` still in them; undefined: told already. */
  readonly servicesOf: (file: string, base: Base, from: Place) => MapTree | undefined;
}

/**
 * The document with every service that extends another one joined with it (spec, 05-services: extends). Paths of the
 * other file stay relative to that file.
 */
export function applyExtends(document: MapTree, file: string, base: Base, context: ExtendsContext): MapTree {
  const services = valueAt(document, "services");
  if (services?.type !== "map") return document;
  const origin: Origin = { file, services, base };
  const done = new Map<string, Tree>();
  const entries = Array.from(services.entries, ([name, entry]) => {
    const tree = extended(name, origin, [], { ...context, done });
    return [name, tree === undefined ? entry : { ...entry, tree }] as const;
  });
  return withValue(document, "services", { ...services, entries: new Map(entries) });
}

interface Progress extends ExtendsContext {
  /** What is joined already, by file and name. */
  readonly done: Map<string, Tree>;
}

/** A service with all that it extends, or undefined when there is none of that name. */
function extended(name: string, origin: Origin, trail: readonly string[], context: Progress): Tree | undefined {
  const step = `${origin.file}\0${name}`;
  const known = context.done.get(step);
  if (known !== undefined) return known;
  const service = origin.services.entries.get(name)?.tree;
  if (service?.type !== "map") return service;
  const clause = service.entries.get("extends");
  const wanted = textAt(clause?.tree, "service");
  if (clause === undefined || wanted === undefined) return service;

  const here = clause.place;
  if (trail.includes(step)) {
    const circle = [...trail.slice(trail.indexOf(step)), step].map((one) => one.split("\0")[1]);
    context.report.mistake(
      "CONFIG_EXTENDS",
      `services extend each other in a circle: ${circle.join(" → ")}`,
      here,
      "let one of them stand by itself",
    );
    return service;
  }
  const other = originOf(clause.tree, origin, here, context);
  if (other === undefined) return service;
  if (!other.services.entries.has(wanted)) {
    const known = [...other.services.entries.keys()];
    const place =
      other === origin ? renderPlace(other.services.place).replace(/:\d+:\d+$/, "") : other.services.place.file;
    context.report.mistake(
      "CONFIG_EXTENDS",
      `\`${name}\` extends \`${wanted}\`, which is no service of ${place}${didYouMean(wanted, known)}`,
      valueAt(clause.tree, "service")?.place ?? here,
      known.length === 0 ? "name another file" : `services there: ${known.join(", ")}`,
    );
    return service;
  }
  const found = extended(wanted, other, [...trail, step], context);
  if (found === undefined || isNull(found)) return service;
  const base = found.type === "map" ? without(found, new Set(["extends"])) : found;
  const joined = merge(base, service, serviceShape, context.report);
  const whole = joined === undefined ? service : { ...joined, place: service.place };
  context.report.spend(countValues(whole), here);
  context.done.set(step, whole);
  return whole;
}

function originOf(
  clause: Tree,
  origin: Origin,
  from: Place,
  { report, servicesOf }: ExtendsContext,
): Origin | undefined {
  const file = valueAt(clause, "file");
  if (file?.type !== "scalar" || typeof file.value !== "string") return origin;
  if (isRemote(file.value)) {
    refuseRemote(file.value, file.place, report);
    return undefined;
  }
  const full = absolute(file.value, origin.base);
  if (full === origin.file) return origin;
  const base: Base = { ...origin.base, directory: dirname(full) };
  const services = servicesOf(full, base, file.place ?? from);
  return services === undefined ? undefined : { file: full, services, base };
}

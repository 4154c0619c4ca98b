import type { ComposeService } from "../../compose/service-model.ts";
import type { ComposeWishes } from "./wishes.ts";

/** Where people write a key although others can read it there: the service's key, and what a plan calls it. */
const fields = [
  ["command", "command"],
  ["entrypoint", "entrypoint"],
  ["healthcheck", "healthcheck"],
  ["logging", "logging"],
] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Fields of a container that hold a value of the shell or of an env file: a plan says that they changed, and neither from
 * what nor to what. It is read by more people than the engine's answers are, in a pull request for one.
 */
export function privateFields(
  name: string,
  service: ComposeService,
  { loaded }: Pick<ComposeWishes, "loaded">,
): readonly string[] {
  const holds = (value: unknown, path: readonly (string | number)[]): boolean => {
    if (typeof value === "string") return loaded.isPrivate(path);
    if (typeof value !== "object" || value === null) return false;
    if (Array.isArray(value)) return value.some((one, index) => holds(one, [...path, index]));
    const map = value instanceof Map ? (value as ReadonlyMap<string, unknown>) : undefined;
    const keys = map === undefined ? Object.keys(value) : [...map.keys()];
    const inside = (key: string): unknown => (map === undefined ? (value as Fields)[key] : map.get(key));
    return keys.some((key) => holds(inside(key), [...path, key]));
  };
  const at = (...keys: readonly string[]): readonly string[] => ["services", name, ...keys];
  return [
    ...fields.flatMap(([key, field]) => (holds(service[key], at(key)) ? [field] : [])),
    ...[...(service.labels ?? [])].flatMap(([label, text]) =>
      holds(text, at("labels", label)) ? [`label/${label}`] : [],
    ),
  ];
}

import type { Findings } from "./consistency.ts";
import type { ComposeProject } from "./model.ts";

/** Tells every circle of services that wait for each other, once. */
export function checkCycles(
  { services }: ComposeProject,
  { report, placeOf }: Pick<Findings, "report" | "placeOf">,
): void {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (name: string): void => {
    const start = trail.indexOf(name);
    if (start >= 0) {
      const circle = trail.slice(start);
      const [first = name, second = name] = circle;
      report.mistake(
        "DEPENDENCY_CYCLE",
        `services wait for each other: ${[...circle, first].join(" → ")}`,
        placeOf(["services", first, "depends_on", second]),
        "remove one dependency of the circle",
      );
      return;
    }
    if (done.has(name)) return;
    trail.push(name);
    for (const next of services.get(name)?.depends_on?.keys() ?? []) if (services.has(next)) visit(next);
    trail.pop();
    done.add(name);
  };
  for (const name of services.keys()) visit(name);
}

import type { Place } from "../../core/place.ts";
import type { Path } from "../source.ts";
import { didYouMean } from "../suggest.ts";
import type { MapTree } from "../tree.ts";
import { checkContents } from "./check-contents.ts";
import { checkCycles } from "./check-cycles.ts";
import { checkExclusions } from "./check-exclusions.ts";
import { checkNames } from "./check-names.ts";
import type { ComposeProject } from "./model.ts";
import type { ComposeService } from "./service-model.ts";
import type { Report } from "./report.ts";

export interface Findings {
  readonly document: MapTree;
  /** What does not fit the schema, as `SECTION.NAME`. */
  readonly misfits: ReadonlySet<string>;
  readonly report: Report;
  readonly placeOf: (path: Path) => Place;
}

/** What the parts of a project must agree on. */
export function checkConsistency(project: ComposeProject, findings: Findings): void {
  for (const [name, service] of project.services) {
    checkReferences(name, service, project, findings);
    checkDependencies(name, service, project, findings);
    if (findings.misfits.has(`services.${name}`)) continue;
    checkImage(name, service, findings);
    checkExclusions(name, service, findings);
  }
  checkCycles(project, findings);
  checkContents(findings);
  checkNames(project, findings);
}

function checkImage(name: string, service: ComposeService, { report, placeOf }: Findings): void {
  const { image, build, provider } = service;
  if (provider !== undefined) return;
  if ((image !== undefined && image !== "") || build !== undefined) return;
  const path = ["services", name];
  report.mistake(
    "COMPOSE_IMAGE",
    `service \`${name}\` has neither \`image\` nor \`build\``,
    placeOf(image === undefined ? path : [...path, "image"]),
    image === ""
      ? "its image is empty: is a variable not set?"
      : "write `image: NAME`, or name the file that has it as well",
  );
}

type Section = "networks" | "volumes" | "configs" | "secrets";

function checkReferences(name: string, service: ComposeService, project: ComposeProject, findings: Findings): void {
  const path = ["services", name];
  const { report, placeOf } = findings;
  const check = (section: Section, wanted: string, at: Path): void => {
    const known = project[section];
    if (known.has(wanted) || findings.misfits.has(`${section}.${wanted}`) || findings.misfits.has(section)) return;
    report.mistake(
      "COMPOSE_REFERENCE",
      `service \`${name}\` names the ${section.slice(0, -1)} \`${wanted}\`, which is not defined${didYouMean(wanted, known.keys())}`,
      placeOf(at),
      `write \`${wanted}:\` below \`${section}:\` at the end of the file`,
    );
  };
  for (const network of service.networks?.keys() ?? []) check("networks", network, [...path, "networks", network]);
  for (const [index, { type, source }] of (service.volumes ?? []).entries()) {
    if (type === "volume" && source !== undefined) check("volumes", source, [...path, "volumes", index, "source"]);
  }
  for (const [index, { source }] of (service.configs ?? []).entries()) {
    check("configs", source, [...path, "configs", index, "source"]);
  }
  for (const [index, { source }] of (service.secrets ?? []).entries()) {
    check("secrets", source, [...path, "secrets", index, "source"]);
  }
  for (const [index, { source }] of (service.build?.secrets ?? []).entries()) {
    check("secrets", source, [...path, "build", "secrets", index, "source"]);
  }
}

function checkDependencies(name: string, service: ComposeService, project: ComposeProject, findings: Findings): void {
  const { report, placeOf } = findings;
  for (const [wanted, { required }] of service.depends_on ?? []) {
    if (project.services.has(wanted)) continue;
    const at = placeOf(["services", name, "depends_on", wanted]);
    const profiles = project.inactive.get(wanted);
    if (profiles !== undefined) {
      if (!required) continue;
      const what = `service \`${name}\` needs \`${wanted}\`, which is not active: it belongs to the profile ${profiles.join(", ")}`;
      report.mistake(
        "COMPOSE_REFERENCE",
        what,
        at,
        `activate the profile, or write \`required: false\` for \`${wanted}\``,
      );
      continue;
    }
    if (findings.misfits.has(`services.${wanted}`)) continue;
    const known = [...project.services.keys(), ...project.inactive.keys()];
    report.mistake(
      "COMPOSE_REFERENCE",
      `service \`${name}\` depends on \`${wanted}\`, which is not defined${didYouMean(wanted, known)}`,
      at,
      `services here: ${known.join(", ")}`,
    );
  }
}

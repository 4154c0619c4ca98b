import type { Paint } from "../../../core/render.ts";
import { renderPlace } from "../../../core/place.ts";
import type { Finding, TableSize } from "../../../resources/migration/lint/judge.ts";
import { renderBytes, renderCountOf } from "../../../core/quantity.ts";
import { githubReport } from "./lint-github.ts";
import { junitReport } from "./lint-junit.ts";
import { sarifReport } from "./lint-sarif.ts";
import type { LintReport } from "./lint-message.ts";

interface ReportOptions {
  readonly paint: Paint;
  /** Of Poststack. */
  readonly version: string;
}

/** For people, programs, code scanning, test reports and the log of a pull request. */
export function renderReport(report: LintReport, format: string, { paint, version }: ReportOptions): string {
  switch (format) {
    case "json":
      return JSON.stringify({ version: 1, ...report, ...countsOf(report.findings) }, undefined, 2);
    case "sarif":
      return JSON.stringify(sarifReport(report, version), undefined, 2);
    case "junit":
      return junitReport(report);
    case "github":
      return [...githubReport(report), summary(report)].join("\n");
    default:
      return [...report.findings.map((finding) => paragraph(finding, paint)), summary(report)].join("\n\n");
  }
}

const styles = { error: "refuse", warning: "change", note: "dim" } as const;

function paragraph({ level, rule, place, what, table, locks, recipe, statement }: Finding, paint: Paint): string {
  return [
    `${paint(styles[level], `${level} ${rule}`)}  ${paint("strong", renderPlace(place))}`,
    paint("dim", `  ${statement}`),
    `  ${what}`,
    ...(table === undefined ? [] : [`  table: ${sizeOf(table)}`]),
    ...locks.map((lock) => `  lock: ${lock}`),
    ...(recipe.length === 0 ? [] : ["  instead:"]),
    ...recipe.flatMap((line) => line.split("\n")).map((line) => `    ${line}`),
  ].join("\n");
}

/** `orders, 46.6 GiB in about 1000000 rows, 3 indexes` */
function sizeOf({ name, bytes, rows, indexes }: TableSize): string {
  const estimate = rows < 0 ? "" : ` in about ${renderCountOf(rows, "row")}`;
  return `${name}, ${renderBytes(bytes)}${estimate}, ${indexes} ${indexes === 1 ? "index" : "indexes"}`;
}

function countsOf(findings: readonly Finding[]) {
  const count = (wanted: Finding["level"]): number => findings.filter(({ level }) => level === wanted).length;
  return { errors: count("error"), warnings: count("warning"), notes: count("note") };
}

/** `3 migrations: 1 error, 2 warnings.` */
function summary({ files, findings }: LintReport): string {
  const { errors, warnings, notes } = countsOf(findings);
  const counted = (count: number, word: string): readonly string[] => (count === 0 ? [] : [renderCountOf(count, word)]);
  const parts = [...counted(errors, "error"), ...counted(warnings, "warning"), ...counted(notes, "note")];
  return `${renderCountOf(files.length, "migration")}: ${parts.length === 0 ? "nothing found" : parts.join(", ")}.`;
}

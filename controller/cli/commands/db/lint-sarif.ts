import { metaRules, rules } from "../../../resources/migration/lint/rules.ts";
import { messageOf, type LintReport } from "./lint-message.ts";

/**
 * The report as SARIF 2.1.0, which code scanning reads (OASIS Standard, sections 3.13 to 3.30). Paths are relative to the
 * root of the project, places count UTF-16 code units as SARIF's `columnKind` says.
 */
export function sarifReport({ findings }: LintReport, version: string): object {
  const known = [...rules, ...Object.entries(metaRules).map(([name, rule]) => ({ name, ...rule }))];
  const indexOf = new Map(known.map(({ name }, index) => [name, index]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "poststack",
            semanticVersion: version,
            rules: known.map(({ name, title, level }) => ({
              id: name,
              shortDescription: { text: title },
              defaultConfiguration: { level },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: indexOf.get(finding.rule) ?? -1,
          level: finding.level,
          message: { text: messageOf(finding) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: {
                  uri: finding.place.file.split("/").map(encodeURIComponent).join("/"),
                  uriBaseId: "%SRCROOT%",
                },
                region: { startLine: finding.place.line, startColumn: finding.place.column },
              },
            },
          ],
        })),
      },
    ],
  };
}

import { renderPlace } from "../../../core/place.ts";
import type { Finding } from "../../../resources/migration/lint/judge.ts";
import { messageOf, type LintReport } from "./lint-message.ts";

/** The report as JUnit XML: a suite for each migration, a failed case for each error, a passed one with output for the rest. */
export function junitReport({ files, findings }: LintReport): string {
  const byFile = files.map((file) => ({ file, own: findings.filter(({ place }) => place.file === file) }));
  const tests = byFile.reduce((sum, { own }) => sum + casesOf(own), 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="poststack db lint"${counts(findings, tests)}>`,
    ...byFile.map(({ file, own }) => suite(file, own)),
    "</testsuites>",
  ].join("\n");
}

function suite(file: string, findings: readonly Finding[]): string {
  const cases =
    findings.length === 0
      ? [`    <testcase name="all rules" classname="${escaped(file)}"/>`]
      : findings.map((finding) => testcase(file, finding));
  return [
    `  <testsuite name="${escaped(file)}"${counts(findings, casesOf(findings))}>`,
    ...cases,
    "  </testsuite>",
  ].join("\n");
}

/** Without a finding, a migration is one case. */
const casesOf = (findings: readonly Finding[]): number => Math.max(1, findings.length);

function counts(findings: readonly Finding[], tests: number): string {
  const failures = findings.filter(({ level }) => level === "error").length;
  return ` tests="${tests}" failures="${failures}"`;
}

function testcase(file: string, finding: Finding): string {
  const { rule, place, level, what } = finding;
  const text = escaped(`${renderPlace(place)}\n${messageOf(finding)}`);
  const inside =
    level === "error"
      ? `<failure type="${escaped(rule)}" message="${escaped(what)}">${text}</failure>`
      : `<system-out>${level}: ${text}</system-out>`;
  return `    <testcase name="${escaped(`${rule} ${place.line}:${place.column}`)}" classname="${escaped(file)}">${inside}</testcase>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Characters that XML 1.0 has no way to write are left out (XML 1.0, section 2.2). */
const escaped = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);

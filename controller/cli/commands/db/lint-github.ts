import { messageOf, type LintReport } from "./lint-message.ts";

const commands = { error: "error", warning: "warning", note: "notice" } as const;

/** Workflow commands, which GitHub shows beside the lines of a pull request (GitHub docs: workflow commands). */
export const githubReport = ({ findings }: LintReport): readonly string[] =>
  findings.map((finding) => {
    const { level, rule, place } = finding;
    const where = `file=${property(place.file)},line=${place.line},col=${place.column},title=${property(rule)}`;
    return `::${commands[level]} ${where}::${data(messageOf(finding))}`;
  });

const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

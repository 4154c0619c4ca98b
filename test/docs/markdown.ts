// What a Markdown file of ours is made of, as far as tests ask.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../support/build.ts";

interface Fence {
  readonly language: string;
  readonly text: string;
}

export interface Page {
  /** From the project's root. */
  readonly file: string;
  readonly text: string;
  readonly fences: readonly Fence[];
  /** `like this`, outside of fences. */
  readonly spans: readonly string[];
  /** Targets of `[text](target)` and of `[name]: target`, outside of fences. */
  readonly links: readonly string[];
  /** GitHub's anchors of the headings. */
  readonly anchors: ReadonlySet<string>;
}

function readPage(file: string): Page {
  const text = readFileSync(join(projectRoot, file), "utf8");
  const fences: Fence[] = [];
  const prose = text.replaceAll(/^```(\w*)\n([\s\S]*?)^```$/gm, (_whole, language: string, content: string) => {
    fences.push({ language, text: content });
    return "";
  });
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
  const withoutSpans = prose.replaceAll(/`[^`\n]+`/g, "code");
  const links = [...withoutSpans.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]:\s*(\S+)$/gm)].map(
    ([, inline, referred]) => inline ?? referred ?? "",
  );
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
  return { file, text, fences, spans, links, anchors: new Set(headings) };
}

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

/** Every page that a user or contributor reads. */
export const pages: readonly Page[] = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync(join(projectRoot, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .sort(),
  ...["quickstart", "external", "webapp", "compose-app"].map((name) => `examples/${name}/README.md`),
].map(readPage);

export function pageOf(file: string): Page {
  const found = pages.find((page) => page.file === file);
  if (found === undefined) throw new Error(`no page ${file}`);
  return found;
}

/** The cells of the first table whose header begins so, without that header. */
export function tableAfter(text: string, header: string): readonly (readonly string[])[] {
  const lines = text.split("\n");
  const cellsOf = (line: string): readonly string[] =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("\\|", "|"));
  const start = lines.findIndex((line) => line.startsWith("|") && cellsOf(line).join(" | ").startsWith(header));
  if (start < 0) throw new Error(`no table that begins with ${header}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  return lines.slice(start + 2, end < 0 ? undefined : end).map(cellsOf);
}

import { PoststackError } from "../../core/errors.ts";
import { paired, type Layout, type Listing, type Part } from "./layout.ts";

const plan = "sqitch.plan";

/**
 * Sqitch: `sqitch.plan` says the order, `deploy/<change>.sql` and `revert/<change>.sql` what runs. There are no numbers: the
 * version is the place in the plan. A change that stands there twice was reworked, and its older script has the name of the
 * tag behind it: `deploy/users@v1.sql` (manual: sqitchplan; sqitch-rework).
 */
export const sqitch: Layout = (tree) => {
  if (!tree.paths.includes(plan)) return { migrations: [], repeatable: [], errors: [noPlan(tree.folder)] };
  const entries = entriesOf(tree.text(plan));
  const parts: Part[] = [];
  const errors: PoststackError[] = [];
  const width = Math.max(3, String(entries.length).length);
  for (const [index, { change, line, column }] of entries.entries()) {
    const script = scriptOf(index);
    const path = `deploy/${script}.sql`;
    const version = String(index + 1).padStart(width, "0");
    const both = { version, name: script, reading: { outside: "if-needed" } } as const;
    if (tree.paths.includes(path)) parts.push({ ...both, path, way: "up" });
    else errors.push(noScript(`${tree.folder}/${plan}`, line, column, change, `${tree.folder}/${path}`));
    const back = `revert/${script}.sql`;
    if (tree.paths.includes(back) && tree.paths.includes(path)) parts.push({ ...both, path: back, way: "down" });
  }
  return paired(tree, parts, errors, projectOf(tree.text(plan)));

  /** An older one of a name: the first tag before the next that has a script. */
  function scriptOf(index: number): string {
    const { change = "" } = entries[index] ?? {};
    const next = entries.findIndex((entry, other) => other > index && entry.change === change);
    if (next < 0) return change;
    const tags = entries.slice(index, next).flatMap(({ tags: own }) => own);
    const tag = tags.find((name) => tree.paths.includes(`deploy/${change}@${name}.sql`)) ?? tags[0];
    return tag === undefined ? change : `${change}@${tag}`;
  }
};

interface Entry {
  readonly change: string;
  readonly tags: string[];
  readonly line: number;
  readonly column: number;
}

/** Lines of a plan: `%pragma=value`, `change [needs] time planner # note`, `@tag time planner`; comments and blanks. */
function entriesOf(text: string): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const word = /^\s*\+?\s*([^\s#%]\S*)/.exec(line);
    const [, name = ""] = word ?? [];
    if (name.startsWith("@")) entries.at(-1)?.tags.push(name.slice(1));
    else if (name !== "") entries.push({ change: name, tags: [], line: index + 1, column: line.indexOf(name) + 1 });
  }
  return entries;
}

function projectOf(text: string): Pick<Listing, "project"> {
  const [, project] = /^\s*%project\s*=\s*(\S+)/m.exec(text) ?? [];
  return project === undefined ? {} : { project };
}

const noPlan = (folder: string): PoststackError =>
  new PoststackError("FILE_MISSING", {
    what: `${folder}/${plan} does not exist`,
    where: { file: `${folder}/${plan}`, line: 1, column: 1 },
    next: "name the folder that the plan is in, with deploy/ and revert/ beside it",
  });

const noScript = (file: string, line: number, column: number, change: string, path: string): PoststackError =>
  new PoststackError("FILE_MISSING", {
    what: `the plan has the change ${change}, and ${path} does not exist`,
    where: { file, line, column },
    next: "put the script back",
  });

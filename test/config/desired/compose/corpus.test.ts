import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectFiles } from "../../../../controller/adapters/files.ts";
import { loadCompose } from "../../../../controller/config/compose/load.ts";
import type { Support, SupportedKeys, SupportTable } from "../../../../controller/config/compose/support/levels.ts";
import { supportTable } from "../../../../controller/config/compose/support/table.ts";
import { peersOf } from "../../../../controller/config/desired/compose/peers.ts";
import { placeholders } from "../../../../controller/config/desired/compose/placeholders.ts";
import { composeResources, type ComposeResources } from "../../../../controller/config/desired/compose/resources.ts";
import { gatherProblems } from "../../../../controller/config/problems.ts";
import type { Path } from "../../../../controller/config/source.ts";
import { canonicalText } from "../../../../controller/core/canonical.ts";
import { keyedHash } from "../../../../controller/core/secret.ts";
import { hasCorpus } from "../../../support/corpus.ts";
import { composeCases, home, nameOf, variantsOf, type ComposeCase } from "../../compose/corpus-cases.ts";
import { errorsIn } from "../../table.ts";
import { startedAt } from "./kit.ts";
import { watched } from "./watched.ts";

interface Mapped {
  readonly resources: ComposeResources;
  readonly unread: readonly Path[];
}

/** @throws PoststackErrors of all that is wrong */
function mapped(one: ComposeCase, profiles: readonly string[]): Mapped {
  const files = projectFiles(one.root);
  const name = nameOf(one);
  const variables = new Map(Object.entries(one.env));
  const { directory, compose_files: composeFiles } = one;
  const loaded = loadCompose({
    files,
    directory,
    composeFiles,
    shell: variables,
    profiles,
    home,
    ...(name === undefined ? {} : { name }),
  });
  const { value: project, unread } = watched(loaded.project);
  const problems = gatherProblems();
  const resources = composeResources({
    loaded: { ...loaded, project, configFiles: [], isPrivate: () => false },
    peers: peersOf(project),
    placeholders: placeholders(variables),
    variables,
    files,
    stateRoot: join(one.root, ".poststack"),
    identity: { mark: "", hash: (text) => keyedHash("", text), shortHash: (text) => keyedHash("", text) },
    engineProject: { project: "a", environment: "b", root: one.root, workingDirectory: directory, configFiles: [] },
    to: "running",
    deleteData: false,
    after: [],
    startedAt,
    startedAfter: () => undefined,
    problems,
    warn: () => undefined,
  });
  problems.throwAny();
  // What has got into a wish counts as looked at.
  canonicalText(resources);
  return { resources, unread: unread() };
}

const variants = composeCases.filter(({ expect: outcome }) => outcome === "ok").flatMap(variantsOf);
const outcomes = new Map<string, number>();
const count = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);

describe.skipIf(!hasCorpus)("every file of the corpus", () => {
  test.each(variants.map((variant) => [`${variant.one.id} ${variant.profiles.join("")}`, variant] as const))(
    "%s is wished for in full, or refused with a reason",
    (_id, { one, profiles }) => {
      let found: Mapped | undefined;
      const errors = errorsIn(() => (found = mapped(one, profiles)));
      for (const code of new Set(errors.map((error) => error.code))) count(code);
      expect(errors.filter(({ facts }) => facts.where === undefined || facts.next === undefined)).toEqual([]);
      if (found === undefined) return;
      count("wished for");
      const { resources: whole, unread } = found;
      const { unusedVolumes: _unusedVolumes, ...resources } = whole;
      expect(unread.filter((path) => isNeeded(path, whole)).map((path) => path.join(" "))).toEqual([]);
      const ids = Object.values(resources).flatMap((all: readonly { readonly id: string }[]) =>
        all.map(({ id }) => id),
      );
      expect(new Set(ids).size).toBe(ids.length);
      const known = new Set(ids);
      const lost = resources.container.flatMap(({ dependsOn }) => dependsOn.filter((id) => !known.has(id)));
      expect(lost).toEqual([]);
    },
  );

  test("what is refused is little, and stays so", () => {
    expect(Object.fromEntries(outcomes)).toEqual({
      "wished for": 853,
      COMPOSE_REFUSED: 10,
      FILE_MISSING: 21,
      SECRET_UNREADABLE: 8,
    });
  });
});

/** Why a part of the model is not looked at, besides what the table of keys says. */
const needless: readonly (readonly [reason: string, pattern: RegExp])[] = [
  ["made use of when the files are read", /^(?:inactive|extensions|directory|name)(?: |$)/],
  ["`ingress` and `host` are the same on one host", /^services \S+ ports \d+ mode$/],
  ["the name that a Swarm's store would have", /^(?:configs|secrets) \S+ name$/],
  ["the same as `scale`", /^services \S+ deploy replicas$/],
  ["the same as in `deploy.resources`", /^services \S+ (?:cpus|mem_limit|mem_reservation|pids_limit)$/],
];

function isNeeded(path: Path, { container, image }: ComposeResources): boolean {
  if (needless.some(([, pattern]) => pattern.test(path.join(" ")))) return false;
  const [section, name, key] = path;
  if (section !== "services") return !isIgnored(path);
  // Nothing is made of a service without containers, and nothing built of what is fetched.
  if (!container.some(({ service }) => service === name)) return false;
  if (key === "build" && !image.some(({ source }) => source.type === "build")) return false;
  return !isIgnored(path);
}

/** Whether the loading has made use of it, or the table says that nothing comes of it. */
function isIgnored(path: Path): boolean {
  let table: SupportTable = supportTable;
  for (const step of path) {
    const known: Support | SupportedKeys | undefined = Object.hasOwn(table, step) ? table[step] : undefined;
    // A name of the user's, or the number of an item.
    if (known === undefined) continue;
    const { level, reason = "" } = "own" in known ? known.own : known;
    if (level !== "supported" || reason.startsWith("worked in")) return true;
    if ("keys" in known) table = known.keys;
  }
  return false;
}

import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { corpusPath, hasCorpus } from "../../support/corpus.ts";

// The files of the corpus, as far as running them needs to know.

export interface PortOf {
  readonly target: number;
  readonly published?: string;
  readonly protocol?: string;
  readonly host_ip?: string;
  readonly mode?: string;
}

export interface VolumeOf {
  readonly type: string;
  readonly source?: string;
  readonly target: string;
  readonly bind?: { readonly create_host_path?: boolean };
}

/** Of a service, as the reference prints it after loading: the part that the rules below and the stand-in look at. */
export interface ServiceOf {
  readonly container_name?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly entrypoint?: readonly string[] | null;
  readonly command?: readonly string[] | null;
  readonly healthcheck?: {
    readonly test?: readonly string[];
    readonly disable?: boolean;
    readonly start_interval?: string;
  };
  readonly ports?: readonly PortOf[];
  readonly scale?: number;
  readonly user?: string;
  readonly group_add?: readonly string[];
  readonly volumes?: readonly VolumeOf[];
  readonly networks?: Readonly<Record<string, { readonly ipv4_address?: string } | null>>;
  readonly network_mode?: string;
  readonly pid?: string;
  readonly ipc?: string;
  readonly links?: readonly string[];
  readonly ulimits?: Readonly<Record<string, number | { readonly hard?: number }>>;
  readonly cap_add?: readonly string[];
  readonly logging?: { readonly driver?: string };
  readonly deploy?: { readonly replicas?: number };
  readonly [key: string]: unknown;
}

export interface ObjectOf {
  readonly name?: string;
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly ipam?: { readonly config?: readonly { readonly subnet?: string }[] };
}

/** A config or a secret. */
interface GivenOf {
  readonly file?: string;
  readonly environment?: string;
}

export interface Case {
  readonly id: string;
  /** Absolute: what the file was beside. */
  readonly folder: string;
  readonly projectDirectory: string;
  readonly composeFiles: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly features: readonly string[];
  readonly services: Readonly<Record<string, ServiceOf>>;
  readonly networks: Readonly<Record<string, ObjectOf>>;
  readonly volumes: Readonly<Record<string, ObjectOf>>;
  readonly configs: Readonly<Record<string, GivenOf>>;
  readonly secrets: Readonly<Record<string, GivenOf>>;
}

interface CaseFile {
  readonly expect: string;
  readonly project_dir: string;
  readonly compose_files: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly unset_variables?: readonly string[];
  readonly features?: readonly string[];
}

const sections = ["services", "networks", "volumes", "configs", "secrets"] as const;

/** Every file of the corpus that the reference loads, by name. */
export function allCases(): readonly Case[] {
  if (!hasCorpus) return [];
  return ["real", "suite"].flatMap((group) =>
    readdirSync(corpusPath("compose", group))
      .sort()
      .flatMap((id) => readCase(group, id)),
  );
}

/** Files that are not of the corpus. */
export interface OwnFiles {
  /** Absolute. */
  readonly folder: string;
  readonly composeFiles: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Files of our own as a case. What the reference makes of them says what to replace.
 *
 * @param project of the reference, loaded from there under the name `app`
 */
export function caseOf(own: OwnFiles, project: unknown): Case {
  const text = JSON.stringify(project).replaceAll(own.folder, "<project>");
  return {
    ...{ id: basename(own.folder), ...own, projectDirectory: ".", features: [] },
    ...{ networks: {}, volumes: {}, configs: {}, secrets: {} },
    ...(JSON.parse(text) as Pick<Case, "services">),
  };
}

function readCase(group: string, id: string): readonly Case[] {
  const json = (name: string): unknown => JSON.parse(readFileSync(corpusPath("compose", group, id, name), "utf8"));
  const file = json("case.json") as CaseFile;
  if (file.expect !== "ok") return [];
  const project = json("expected.json") as Partial<Pick<Case, (typeof sections)[number]>>;
  return [
    {
      id,
      folder: corpusPath("compose", group, id, "files"),
      projectDirectory: file.project_dir,
      composeFiles: file.compose_files,
      // Without a value it is blank for the reference, and an error here.
      env: { ...Object.fromEntries((file.unset_variables ?? []).map((name) => [name, ""])), ...file.env },
      features: file.features ?? [],
      services: project.services ?? {},
      networks: project.networks ?? {},
      volumes: project.volumes ?? {},
      configs: project.configs ?? {},
      secrets: project.secrets ?? {},
    },
  ];
}

/** All but those of reading a file and of building: these are compared where that is tested. */
export const isOfRunning = (feature: string): boolean =>
  !/^(?:build|cli|develop|env|extends|include|interp|profiles|top|yaml)\.|^svc\.(?:build|develop|extends|image|platform|profiles|pull_policy|x-)/.test(
    feature,
  );

/** Of what services have to do with each other, and how many there are of one. */
export const isOfSeveral = (feature: string): boolean =>
  /^(?:depends_on|svc-networks)\.|^svc\.(?:depends_on|network_mode|scale|volumes_from)$|^network_mode\.service:|^deploy\.replicas/.test(
    feature,
  );

/**
 * Few that show much: every feature of the format is in one of them. Those with fewer services come first, as the time goes
 * into containers; the largest of which the others show everything are left out again.
 *
 * @param least so many remain, needed or not
 */
export function fewThatShowAll(
  cases: readonly Case[],
  { least = 0, isShown = isOfRunning }: Choice = {},
): readonly Case[] {
  const size = ({ services }: Case): number => Object.keys(services).length;
  const showing = new Map<string, number>();
  const shownBy = ({ features }: Case): readonly string[] => [...new Set(features)].filter(isShown);
  const count = (one: Case, by: 1 | -1): void => {
    for (const feature of shownBy(one)) showing.set(feature, (showing.get(feature) ?? 0) + by);
  };
  const chosen = [...cases]
    .sort((a, b) => size(a) - size(b) || (a.id < b.id ? -1 : 1))
    .filter((one) => {
      const hasNews = shownBy(one).some((feature) => !showing.has(feature));
      if (hasNews) count(one, 1);
      return hasNews;
    });
  const kept = new Set(chosen);
  for (const one of chosen.toReversed()) {
    if (kept.size <= least || shownBy(one).some((feature) => showing.get(feature) === 1)) continue;
    count(one, -1);
    kept.delete(one);
  }
  return [...kept];
}

interface Choice {
  readonly least?: number;
  readonly isShown?: (feature: string) => boolean;
}

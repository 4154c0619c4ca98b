import type { InitConfig } from "../../../schema/generated/config.ts";
import { canonicalText } from "../../core/canonical.ts";
import { PoststackError } from "../../core/errors.ts";
import { nameOf, type ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { ContainerNetwork, ContainerSpec } from "../../core/ports/container-spec.ts";
import type { ComparedFile } from "../../resources/container/config.ts";
import type { ContainerJob, DesiredHelper, JobContainer, NeededHelper } from "../../resources/job/model.ts";
import type { ComposeService } from "../compose/service-model.ts";
import { durationMs } from "../durations.ts";
import { mountedFiles, partsOf } from "./compose/containers.ts";
import { imageId } from "./image-id.ts";
import { sharesOf } from "./compose/needs.ts";
import { hostPaths } from "./compose/host-paths.ts";
import { givenOf } from "./compose/spec/files.ts";
import { restartOf } from "./compose/spec/restart.ts";
import { specOf } from "./compose/spec/spec.ts";
import type { ComposeWishes } from "./compose/wishes.ts";
import { inputParts, specParts } from "./job-key.ts";

const defaultTimeout = "10m";
/** How long a helper may take to be healthy (RELIABILITY 31: rollout to healthy). */
const helperLimitMs = 300_000;

export interface StepServices extends ComposeWishes {
  readonly config: InitConfig;
  /** Where a key of the item in `init:` is written. */
  readonly placeInConfig: (...keys: readonly string[]) => Place;
  /** Names of what Poststack injects. */
  readonly injected: ReadonlySet<string>;
}

/** The services of one step that run to their end, with the helpers that they need. */
export function stepJobs(step: StepServices): readonly ContainerJob[] {
  const { services } = step.loaded.project;
  const helperNames = helpersIn(services);
  const helpers = new Map<string, DesiredHelper | undefined>();
  const helperOf = (name: string): DesiredHelper | undefined => {
    const service = services.get(name);
    if (service === undefined || !helperNames.has(name)) return undefined;
    if (!helpers.has(name))
      helpers.set(
        name,
        step.problems.attempt(() => helper(name, service, step, helperOf)),
      );
    return helpers.get(name);
  };
  const jobs = [...services].flatMap(([name, service]) => {
    if (helperNames.has(name)) return [];
    return step.problems.attempt(() => job(name, service, step, helperOf)) ?? [];
  });
  for (const name of helperNames) {
    if (!helpers.has(name)) step.warn("never started: nothing in `init` waits for it", placeOf(name, step));
  }
  return jobs;
}

const placeOf = (name: string, { loaded }: StepServices): Place => loaded.placeOf(["services", name]);

type HelperOf = (name: string) => DesiredHelper | undefined;

/**
 * Services that go on running beside the others: which others wait for to be healthy, or which are restarted whenever they
 * end. Only what somebody waits for to complete is a job in any case. `service_started` alone, which is also what a short
 * `depends_on` says, makes no helper: a migration is meant by it more often than a server.
 */
function helpersIn(services: ReadonlyMap<string, ComposeService>): ReadonlySet<string> {
  const waitedFor = (condition: string): ReadonlySet<string> =>
    new Set(
      [...services.values()].flatMap(({ depends_on = new Map() }) =>
        [...depends_on].flatMap(([name, one]) => (one.condition === condition ? [name] : [])),
      ),
    );
  const [healthy, completed] = [waitedFor("service_healthy"), waitedFor("service_completed_successfully")];
  const isHelper = ([name, service]: readonly [string, ComposeService]): boolean => {
    const restart = restartOf(service)?.name;
    return !completed.has(name) && (healthy.has(name) || restart === "always" || restart === "unless-stopped");
  };
  return new Set([...services].filter(isHelper).map(([name]) => name));
}

function job(name: string, service: ComposeService, step: StepServices, helperOf: HelperOf): ContainerJob {
  const { config, identity, files, placeInConfig, startedAt, peers } = step;
  const made = containerOf(name, service, step);
  refuseShared(name, service, step, helperOf);
  warnOfIgnored(name, service, step);
  const { spec } = made.container;
  const keyParts = new Map([
    ...specParts(name, service, spec, made.compared, step, step.injected),
    ...inputParts(files, config.inputs ?? [], placeInConfig("inputs")),
  ]);
  const { id } = peers.first(name);
  const when = config.when ?? "on_change";
  return {
    id,
    name: nameOf(id),
    when,
    key: identity.hash(JSON.stringify([...keyParts])),
    keyParts,
    timeoutMs: durationMs(config.timeout ?? defaultTimeout, placeInConfig("timeout")),
    ...(when === "always" ? { startedAfter: startedAt } : {}),
    ...waitsOf(name, service, step, helperOf),
    container: { ...made.container, spec: toItsEnd(name, service, spec, step) },
    place: placeOf(name, step),
  };
}

function helper(name: string, service: ComposeService, step: StepServices, helperOf: HelperOf): DesiredHelper {
  const { id } = step.peers.first(name);
  const { container } = containerOf(name, service, step);
  warnOfIgnored(name, service, step);
  return {
    id,
    name: nameOf(id),
    container,
    ...waitsOf(name, service, step, helperOf),
    limitMs: helperLimitMs,
    place: placeOf(name, step),
  };
}

interface Made {
  readonly container: JobContainer;
  /** Files whose content is compared: those inside, and those that are mounted. */
  readonly compared: readonly ComparedFile[];
}

function containerOf(name: string, service: ComposeService, step: StepServices): Made {
  const { loaded, peers, files, placeholders, variables, identity, engineProject, stateRoot, warn } = step;
  const { lift } = placeholders;
  const given = givenOf(name, service, loaded.project, { files, lift, variables, placeOf: loaded.placeOf, warn });
  const inside = given.flatMap((one) => (one.type === "file" ? [one.file] : []));
  const mounts = given.flatMap((one) => (one.type === "mount" ? [one.mount] : []));
  const spec = specOf(name, service, 1, mounts, step);
  const paths = hostPaths(spec.mounts, { volumes: loaded.project.volumes, files, stateRoot });
  const compared = [...inside, ...mountedFiles(given)];
  return {
    compared,
    container: {
      service: name,
      name: peers.first(name).name,
      spec,
      ...(paths.length === 0 ? {} : { hostPaths: paths }),
      files: inside,
      config: identity.hash(canonicalText([spec, compared])),
      image: imageId(spec.image),
      project: engineProject,
    },
  };
}

type Waits = Pick<ContainerJob, "dependsOn" | "after" | "helpers">;

/** `depends_on`: of a job always its end, which is more than `service_started` asks for; of a helper what is written. */
function waitsOf(name: string, service: ComposeService, step: StepServices, helperOf: HelperOf): Waits {
  const { services, name: project } = step.loaded.project;
  const wanted = [...(service.depends_on ?? [])].filter(([other]) => services.has(other));
  const idsOf = (required: boolean): readonly ResourceId[] =>
    wanted.filter(([, one]) => one.required === required).map(([other]) => step.peers.first(other).id);
  return {
    dependsOn: [...step.after, ...partsOf(name, service, project), ...idsOf(true)],
    after: idsOf(false),
    helpers: wanted.flatMap(([other, { condition, required }]): NeededHelper[] => {
      const helper = helperOf(other);
      if (helper === undefined) return [];
      return [{ helper, condition: condition === "service_healthy" ? "healthy" : "started", required }];
    }),
  };
}

/**
 * Not started again when it has ended, and not found under its service's name: a running service of the deployment that is
 * called the same would share its requests with the job. `docker compose run` does both.
 */
function toItsEnd(
  name: string,
  { networks = new Map() }: ComposeService,
  { restart: _restart, ...spec }: ContainerSpec,
  { loaded: { project } }: StepServices,
): ContainerSpec {
  const written = new Set(
    [...networks].flatMap(([key, one]) =>
      (one.aliases ?? []).map((alias: string) => `${project.networks.get(key)?.name ?? key} ${alias}`),
    ),
  );
  const { network } = spec;
  if (network.mode !== "networks") return spec;
  const attachments = [...network.attachments].map(([key, attachment]) => {
    const aliases = attachment.aliases.filter((alias) => alias !== name || written.has(`${key} ${alias}`));
    return [key, { ...attachment, aliases }] as const;
  });
  return { ...spec, network: { mode: "networks", attachments: new Map(attachments) } satisfies ContainerNetwork };
}

/** What lives inside of another container needs that one to be there. */
function refuseShared(name: string, service: ComposeService, step: StepServices, helperOf: HelperOf): void {
  const { peers, loaded } = step;
  const shared = new Set(sharesOf(service, peers));
  for (const other of loaded.project.services.keys()) {
    if (!shared.has(peers.first(other).id) || helperOf(other) !== undefined) continue;
    throw new PoststackError("COMPOSE_REFUSED", {
      what: `\`${name}\` shares something with \`${other}\`, whose container is gone when it has run to its end`,
      where: placeOf(name, step),
      next: "share a volume with a name, or let the other one go on running: wait for it with `condition: service_healthy`",
    });
  }
}

/** What makes no sense of something that runs once; nothing is left out in silence. */
function warnOfIgnored(name: string, service: ComposeService, { loaded, warn }: StepServices): void {
  const { scale, deploy, post_start = [], pre_stop = [] } = service;
  const where = (key: string): Place => loaded.placeOf(["services", name, key]);
  if ((scale ?? deploy?.replicas ?? 1) > 1) warn("of a service in `init` one container runs", where("scale"));
  if (post_start.length > 0) warn("`post_start` is ignored in `init`", where("post_start"));
  if (pre_stop.length > 0) warn("`pre_stop` is ignored in `init`", where("pre_stop"));
  if (restartOf(service)?.name === "on-failure")
    warn("`restart` is ignored in `init`: a job that failed runs again with the next apply", where("restart"));
}

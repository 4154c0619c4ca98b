import { canonicalText } from "../../../core/canonical.ts";
import { fullReference } from "../../../core/image-reference.ts";
import type { PoststackError } from "../../../core/errors.ts";
import type { Files } from "../../../core/ports/files.ts";
import { addressOf, claimsOf, clashesAmong, type Claim } from "../../clashes.ts";
import { readEnvFiles } from "../../env-files.ts";
import { gatherProblems } from "../../problems.ts";
import type { ComposeRecall } from "../../compose/recall/recall.ts";
import type { EnvironmentSource, ProjectSource } from "../../source.ts";
import type { VariableSources } from "../../variables.ts";
import { writtenOf } from "../environment.ts";
import { loadDeployment, type LoadedDeployment } from "./load.ts";
import { peersOf } from "./peers.ts";
import { placeholders } from "./placeholders.ts";
import { composeVariables } from "./variables.ts";

/** Where else an environment's Compose files claim what this one's do. */
export interface ClashWishes {
  readonly project: ProjectSource;
  readonly environment: EnvironmentSource;
  readonly files: Files;
  readonly sources: VariableSources;
  readonly recall?: ComposeRecall | undefined;
}

/**
 * Ports of the host and names in the engine that two containers, or two environments, cannot have both. What is wrong with
 * the files of another environment is not told here, but when that one is looked at.
 */
export function composeClashes(
  loaded: LoadedDeployment,
  { project, environment, sources, ...reading }: ClashWishes,
): readonly PoststackError[] {
  const others = [...project.environments.values()].filter((one) => one.name !== environment.name);
  const own = composeClaims(environment.name, loaded);
  const theirs = others.flatMap((one) => {
    const found =
      one.template || one.obstacles.length > 0 ? undefined : otherDeployment(one, project, reading, sources);
    return [...claimsOf(one, project.name), ...(found === undefined ? [] : composeClaims(one.name, found))];
  });
  // A clash is told where the later of two stands, and what is wrong among others is none of ours.
  const mine = new Set(own.map(({ place }) => place));
  const all = [...theirs, ...claimsOf(environment, project.name), ...own];
  return clashesAmong(all).filter(({ facts: { where } }) => where !== undefined && mine.has(where));
}

/** Another environment's files; undefined: it has none, or they are not in order. */
function otherDeployment(
  environment: EnvironmentSource,
  project: ProjectSource,
  { files, recall }: Pick<ClashWishes, "files" | "recall">,
  { injected, shell }: VariableSources,
): LoadedDeployment | undefined {
  const problems = gatherProblems();
  return problems.attempt(() => {
    const { values } = composeVariables(
      {
        // How to reach its database makes no difference to what it claims.
        injected: new Map([...injected, ["POSTSTACK_ENVIRONMENT", environment.name]]),
        written: writtenOf(environment.config.variables, (name) => environment.placeOf(["variables", name])),
        shell,
        envFiles: readEnvFiles(files, environment.name, [], shell),
      },
      problems,
    );
    const { variables } = placeholders(values);
    const options = { files, variables, publicNames: new Set<string>(), requiresVariables: false, recall };
    return loadDeployment(project.name, environment, options);
  });
}

function composeClaims(environment: string, { project, placeOf }: LoadedDeployment): readonly Claim[] {
  const peers = peersOf(project);
  const services = [...project.services].flatMap(([name, service]) => {
    const ports = service.network_mode === "host" ? [] : (service.ports ?? []);
    const published = ports.flatMap(({ published: port, protocol, host_ip: hostIp = "" }, index): readonly Claim[] => {
      // Of a range, or of all ports, the engine takes one that is free.
      if (port === undefined || port.includes("-")) return [];
      const claim: Claim = {
        environment,
        thing: `port ${Number(port)}${protocol === "tcp" ? "" : `/${protocol}`}`,
        address: hostIp === "" ? "*" : addressOf(hostIp),
        place: placeOf(["services", name, "ports", index]),
        next: "publish another port, or a range such as 8000-8010 for several containers",
      };
      return peers.of(name).map(() => claim);
    });
    const { container_name: called } = service;
    if (called === undefined) return published;
    const place = placeOf(["services", name, "container_name"]);
    return [...published, named(environment, `the container name ${called}`, place, "remove `container_name`")];
  });
  const objects = (["networks", "volumes"] as const).flatMap((section) =>
    [...project[section]].flatMap(([key, { name, external }]) => {
      if (external === true) return [];
      const thing = `the ${section.slice(0, -1)} ${name}`;
      const next = "remove `name:`, or make it once and call it `external: true` in both";
      return [named(environment, thing, placeOf([section, key, "name"]), next)];
    }),
  );
  return [...services, ...objects, ...imageClaims(environment, { project, placeOf })];
}

/**
 * Images that are built under a name of their own. Built in two ways under one name each environment would build it anew
 * after the other, for ever; built from the same things it is one image.
 */
function imageClaims(
  environment: string,
  { project, placeOf }: Pick<LoadedDeployment, "project" | "placeOf">,
): readonly Claim[] {
  const claims = new Map<string, Claim>();
  for (const [service, { image, build, platform = "" }] of project.services) {
    if (build === undefined || image === undefined || image === "") continue;
    const { cache_from: _cacheFrom, no_cache: _noCache, pull: _pull, ...made } = build;
    const thing = `the image ${fullReference(image).replace(/^docker\.io\/(?:library\/)?/, "")}`;
    // What the services of one environment ask of one image is compared elsewhere.
    if (claims.has(thing)) continue;
    const next = "build it in the same way in both, or give each its own: `image: NAME:${POSTSTACK_ENVIRONMENT}`";
    const place = placeOf(["services", service, "image"]);
    claims.set(thing, { ...named(environment, thing, place, next), from: String(canonicalText([made, platform])) });
  }
  return [...claims.values()];
}

const named = (environment: string, thing: string, place: Claim["place"], next: string): Claim => ({
  environment,
  thing,
  address: "",
  place,
  next,
});

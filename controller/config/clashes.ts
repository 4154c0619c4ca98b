import { PoststackError } from "../core/errors.ts";
import { renderPlace, type Place } from "../core/place.ts";
import { providerOf } from "./provider.ts";
import type { EnvironmentSource } from "./source.ts";

/** Something that only one environment can have. */
export interface Claim {
  readonly environment: string;
  /** `port 5433`, as a sentence says it; what is claimed under one name excludes each other. */
  readonly thing: string;
  /** Of a port: the address; `*` takes in all others. */
  readonly address: string;
  /** Of an image: what it is built from. Those that build it from the same things share it. */
  readonly from?: string;
  readonly place: Place;
  readonly next: string;
}

/** What two environments of one file claim at once. */
export const findClashes = (environments: Iterable<EnvironmentSource>, project: string): readonly PoststackError[] =>
  clashesAmong([...environments].flatMap((environment) => claimsOf(environment, project)));

/** What the configuration file itself says that an environment needs for itself. */
export function claimsOf(environment: EnvironmentSource, project: string): readonly Claim[] {
  // A template is never applied; and with a value missing, what an environment claims is not known.
  if (environment.template || environment.obstacles.some(({ code }) => code !== "NOT_YET")) return [];
  return [...portClaims(environment), ...serverClaims(environment, project)];
}

/** Each claim that an earlier one excludes. */
export function clashesAmong(all: readonly Claim[]): readonly PoststackError[] {
  const claims = new Map<string, Claim[]>();
  return all.flatMap((claim) => {
    const others = claims.get(claim.thing) ?? [];
    const other = others.find((one) => overlap(one.address, claim.address) && !isShared(one, claim));
    if (other !== undefined) return [clash(other, claim)];
    claims.set(claim.thing, [...others, claim]);
    return [];
  });
}

const isShared = (one: Claim, other: Claim): boolean => one.from !== undefined && one.from === other.from;

const overlap = (one: string, other: string): boolean => one === other || one === "*" || other === "*";

function clash(one: Claim, other: Claim): PoststackError {
  const isShared = one.place === other.place;
  return new PoststackError("CONFIG_CLASH", {
    what:
      one.environment === other.environment
        ? `environment ${one.environment} uses ${one.thing} twice`
        : `environments ${one.environment} and ${other.environment} both use ${one.thing}`,
    where: other.place,
    ...(isShared ? {} : { details: [`also used at ${renderPlace(one.place)}`] }),
    next:
      isShared && one.environment !== other.environment
        ? `${other.next}, or mark the one that is only extended with \`template: true\``
        : other.next,
  });
}

function* portClaims({ name, config, placeOf }: EnvironmentSource): Generator<Claim> {
  const { postgres = {}, variables = {}, deployment = {} } = config;
  if (providerOf(config) !== "external") {
    yield {
      environment: name,
      thing: `port ${postgres.port ?? 5432}`,
      address: addressOf(postgres.bind ?? "127.0.0.1"),
      place: placeOf(["postgres", "port"]),
      next: "give one of them another `postgres.port`; without the key it is 5432",
    };
  }
  // Written as a number it is known here; a process may listen on any address.
  const port = String(variables["PORT"] ?? "");
  if (deployment.procfile !== undefined && /^[0-9]{1,5}$/.test(port)) {
    const next = "give one of them another `variables.PORT`";
    yield {
      environment: name,
      thing: `port ${Number(port)}`,
      address: "*",
      place: placeOf(["variables", "PORT"]),
      next,
    };
  }
}

/** Of a port that is bound there. */
export function addressOf(bind: string): string {
  if (bind === "localhost") return "127.0.0.1";
  return bind === "0.0.0.0" || bind === "::" ? "*" : bind;
}

/** Roles and databases of one external server, as far as the file says which server it is. */
function* serverClaims({ name, config, placeOf }: EnvironmentSource, project: string): Generator<Claim> {
  const { postgres = {} } = config;
  const server = providerOf(config) === "external" ? serverOf(postgres.url, postgres.host, postgres.port) : undefined;
  if (server === undefined) return;
  const derived = `${project}_${name}`.replaceAll("-", "_");
  for (const key of ["database", "user"] as const) {
    const thing = `the ${key} ${postgres[key] ?? derived} on ${server}`;
    const next = `give one of them another \`postgres.${key}\``;
    yield { environment: name, thing, address: "", place: placeOf(["postgres", key]), next };
  }
}

/** `host:port`, without the login that a URL may hold. */
function serverOf(url: unknown, host: string | undefined, port: number | undefined): string | undefined {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  const name = host ?? parsed?.hostname ?? "";
  return name === "" ? undefined : `${name.toLowerCase()}:${port ?? (parsed?.port || 5432)}`;
}

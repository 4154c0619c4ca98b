import type { EnvironmentConfig, GrantTargetConfig, JobConfig } from "../../schema/generated/config.ts";
import { PoststackError } from "../core/errors.ts";
import type { Place } from "../core/place.ts";
import { embeddedMajors } from "../core/postgres-versions.ts";
import { providerOf } from "./provider.ts";
import type { Path } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import { renderPath } from "./tree.ts";

type PlaceOf = (path: Path) => Place;

/** What an environment must obey and a JSON Schema cannot say. The environment fits the schema. */
export function checkRules(config: EnvironmentConfig, placeOf: PlaceOf): readonly PoststackError[] {
  return [
    ...checkProvider(config, placeOf),
    ...checkServer(config, placeOf),
    ...checkIdentifiers(config, placeOf),
    ...(config.postgres?.grants ?? []).flatMap(({ on }, index) =>
      checkTarget(on, ["postgres", "grants", index, "on"], placeOf),
    ),
    ...(config.init ?? []).flatMap(({ run, cwd }, index) => [
      ...(run === undefined || Array.isArray(run) ? [] : checkJobs(run, ["init", index, "run"], placeOf)),
      ...(run !== undefined || cwd === undefined ? [] : [ofCommands(["init", index, "cwd"], placeOf)]),
    ]),
  ];
}

const mistake = (what: string, where: Place, next: string): PoststackError =>
  new PoststackError("CONFIG_TYPE", { what, where, next });

const ofCommands = (path: Path, placeOf: PlaceOf): PoststackError =>
  mistake("`cwd` is for commands: a container has a `working_dir` in its file", placeOf(path), "remove `cwd`");

function checkProvider(config: EnvironmentConfig, placeOf: PlaceOf): PoststackError[] {
  const { postgres = {} } = config;
  const provider = providerOf(config);
  if (provider === "external" && postgres.url === undefined) {
    const what = "provider external needs the `url` of the server";
    return [mistake(what, placeOf(["postgres", "provider"]), "write `url: { env: NAME }` beside it")];
  }
  if (provider !== "external" && postgres.url !== undefined) {
    const what = `\`postgres.url\` is for provider external, and this one is ${provider}`;
    return [mistake(what, placeOf(["postgres", "url"]), "remove `url`, or write `provider: external`")];
  }
  if (provider === "embedded" && postgres.image !== undefined) {
    const what = "`postgres.image` is for provider container, and this one is embedded";
    return [mistake(what, placeOf(["postgres", "image"]), "remove `image`, or write `provider: container`")];
  }
  return [];
}

/** What would otherwise be known only when the server does not start, or is another one than was asked for. */
function checkServer(config: EnvironmentConfig, placeOf: PlaceOf): PoststackError[] {
  const provider = providerOf(config);
  if (provider === "external") return [];
  const { version, bind } = config.postgres ?? {};
  const errors: PoststackError[] = [];
  if (
    provider === "embedded" &&
    version !== undefined &&
    !embeddedMajors.some((major) => String(major) === String(version))
  ) {
    const what = `\`postgres.version\` of an embedded server is a major version; found ${version}`;
    errors.push(mistake(what, placeOf(["postgres", "version"]), `write one of ${embeddedMajors.join(", ")}`));
  }
  if (bind !== undefined && bind !== "*" && bind !== "localhost" && !isAddress(bind)) {
    const what = `\`postgres.bind\` must be an IP address, \`*\` or \`localhost\`; found ${JSON.stringify(bind)}`;
    errors.push(mistake(what, placeOf(["postgres", "bind"]), "write 127.0.0.1, or an address of this machine"));
  }
  return errors;
}

/** IPv6 as URLs have it; a zone such as `%eth0` is the system's to know. */
const isAddress = (text: string): boolean =>
  (/^\d+(?:\.\d+){3}$/.test(text) &&
    text.split(".").every((part) => String(Number(part)) === part && Number(part) < 256)) ||
  (/^[0-9a-f:.]+(?:%\w+)?$/i.test(text) && text.includes(":") && URL.canParse(`http://[${text.replace(/%.*$/, "")}]/`));

/** Postgres cuts names after 63 bytes without a word (manual: 4.1.1), and the schema can only count characters. */
function checkIdentifiers({ postgres = {} }: EnvironmentConfig, placeOf: PlaceOf): PoststackError[] {
  const { database, user, roles = {}, grants = [], extensions = [] } = postgres;
  const names: [Path, string | undefined][] = [
    [["database"], database],
    [["user"], user],
    ...Object.keys(roles).map((name): [Path, string] => [["roles", name], name]),
    ...Object.entries(roles).flatMap(([name, { in_roles: groups = [] }]) =>
      groups.map((group, index): [Path, string] => [["roles", name, "in_roles", index], group]),
    ),
    ...grants.flatMap(({ to, on }, index): [Path, string | undefined][] => [
      [["grants", index, "to"], to],
      [["grants", index, "on", "schema"], on.schema],
    ]),
    ...extensions.map((extension, index): [Path, string] => [
      ["extensions", index],
      typeof extension === "string" ? extension : extension.name,
    ]),
  ];
  return names
    .filter(([, name]) => name !== undefined && Buffer.byteLength(name) > 63)
    .map(([path]) => {
      const full = ["postgres", ...path];
      return mistake(`the name at \`${renderPath(full)}\` has more than 63 bytes`, placeOf(full), "shorten it");
    });
}

function checkTarget(on: GrantTargetConfig, path: Path, placeOf: PlaceOf): PoststackError[] {
  const kinds = (["tables", "sequences", "functions"] as const).filter((kind) => on[kind] !== undefined);
  if (on.database !== undefined && kinds.length > 0) {
    const what = `\`${renderPath(path)}\` names the database and \`${kinds.join("`, `")}\` at once`;
    return [mistake(what, placeOf(path), "write one grant for each")];
  }
  if (kinds.length < 2) return [];
  const what = `\`${renderPath(path)}\` names \`${kinds.join("`, `")}\` at once`;
  return [mistake(what, placeOf(path), "write one grant for each: their privileges differ")];
}

function checkJobs(jobs: { readonly [name: string]: JobConfig }, path: Path, placeOf: PlaceOf): PoststackError[] {
  const names = new Set(Object.keys(jobs));
  const errors: PoststackError[] = [];
  for (const [name, job] of Object.entries(jobs)) {
    for (const [index, needed] of (job.depends_on ?? []).entries()) {
      if (names.has(needed)) continue;
      const what = `\`${name}\` depends on \`${needed}\`, which is not in this step${didYouMean(needed, names)}`;
      const next = "name a command of the same step: what stands in earlier steps has ended before anyway";
      errors.push(mistake(what, placeOf([...path, name, "depends_on", index]), next));
    }
  }
  return errors;
}

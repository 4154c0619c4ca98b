import { resolve } from "node:path";
import { PoststackError } from "../../../../core/errors.ts";
import type { Place } from "../../../../core/place.ts";
import type { BuildSpec } from "../../../../core/ports/container-images.ts";
import type { Text } from "../../../../core/secret.ts";
import { present } from "../../../compose/decode/fields.ts";
import type { ComposeBuild, ComposeMount } from "../../../compose/part-models.ts";
import type { ComposeWishes } from "../wishes.ts";
import { hostsOf } from "./hosts.ts";

const limitBytes = 1024 * 1024;

/** @throws PoststackError `FILE_*`, `PATH_OUTSIDE`, `SECRET_UNREADABLE` */
export function buildSpec(
  name: string,
  build: ComposeBuild,
  platform: string | undefined,
  wishes: ComposeWishes,
): BuildSpec {
  const { context, dockerfile, dockerfile_inline, args, cache_from, extra_hosts, labels, network, tags = [] } = build;
  const secrets = (build.secrets ?? []).map((mount, index): [string, Text | Buffer] => {
    const from = wishes.loaded.placeOf(["services", name, "build", "secrets", index]);
    return [mount.target ?? mount.source, secretOf(mount, from, wishes)];
  });
  return {
    references: tags,
    context: resolve(context),
    ...present({
      dockerfile: dockerfile_inline === undefined ? dockerfile : undefined,
      dockerfileText: dockerfile_inline,
      arguments: args?.size === 0 ? undefined : args,
      target: build.target === "" ? undefined : build.target,
      labels: labels?.size === 0 ? undefined : labels,
      platform,
      cacheFrom: cache_from?.length === 0 ? undefined : cache_from,
      noCache: build.no_cache === true ? true : undefined,
      pull: build.pull === true ? true : undefined,
      network: network === "" ? undefined : network,
      extraHosts: extra_hosts === undefined ? undefined : hostsOf(extra_hosts),
      shmBytes: build.shm_size === 0 ? undefined : build.shm_size,
      secrets: secrets.length === 0 ? undefined : new Map(secrets),
    }),
  };

  function secretOf({ source }: ComposeMount, from: Place, { loaded, files, variables }: ComposeWishes): Text | Buffer {
    const { file, environment = "" } = loaded.project.secrets.get(source) ?? {};
    if (file !== undefined)
      return files.readBytes(file, { limitBytes, from: loaded.placeOf(["secrets", source, "file"]) });
    const value = variables.get(environment);
    if (value !== undefined) return value;
    throw new PoststackError("SECRET_UNREADABLE", {
      what: `variable ${environment}, which \`secrets.${source}\` has its content from, is not set`,
      where: from,
      next: `set ${environment} in \`variables:\`, in the shell or in the environment's env file`,
    });
  }
}

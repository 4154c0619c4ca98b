import { PoststackError } from "../../core/errors.ts";
import type { DesiredContainer } from "../../resources/container/model.ts";
import type { Provider } from "../provider.ts";
import { chosenOf } from "./chosen.ts";
import { instanceName } from "./database.ts";
import { serverService } from "./server-container.ts";

/**
 * What a person may call the environment's Postgres where services are named: `postgres`, unless the deployment has a
 * service of that name, or as Compose's tools list it.
 *
 * @param containers of the deployment; enough are those that are named
 */
export const serverNames = (containers: readonly Pick<DesiredContainer, "service">[]): readonly string[] =>
  containers.some(({ service }) => service === instanceName) ? [serverService] : [instanceName, serverService];

/**
 * Whether the server is among the services that somebody named for the container engine.
 *
 * @throws PoststackError `TARGET_UNKNOWN`: it is, and it is no container
 */
export function isServerMeant(
  names: readonly string[] | undefined,
  containers: readonly Pick<DesiredContainer, "service">[],
  provider: Provider,
  environment: string,
): boolean {
  if (names === undefined || !chosenOf(names, "").has("instance", ...serverNames(containers))) return false;
  if (provider === "container") return true;
  throw new PoststackError("TARGET_UNKNOWN", {
    what: `the Postgres of "${environment}" is no container: its provider is ${provider}`,
    next:
      provider === "external"
        ? "it is not Poststack's to start or stop: ask who runs it"
        : `\`poststack restart postgres --env ${environment}\` restarts it, \`poststack env stop ${environment}\` stops it with all that uses it`,
  });
}

import { errorsOf } from "../../core/errors.ts";
import { imageFinder } from "../../core/image-reference.ts";
import type { Ports } from "../../core/ports.ts";
import type { ContainerSummary } from "../../core/ports/container-facts.ts";
import type { ContainerServer } from "../../resources/instance/model.ts";
import { portHolderOf } from "../../resources/instance/on-container/port-holder.ts";
import { isForsaken } from "../../resources/instance/on-container/temporary/left-behind.ts";
import { failed, ok, warning, type Check } from "./check.ts";

/** A server on a container: whether an engine answers, has the image, and who holds the port. */
export async function onContainer(
  name: string,
  server: ContainerServer,
  ports: Pick<Ports, "containers" | "host" | "clock">,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { containers } = ports;
  const title = `${name}: container engine`;
  try {
    const { engine, version, address, from } = await containers.facts(signal);
    const [images, all] = await Promise.all([containers.images(signal), containers.containers(signal)]);
    const said = `${engine === "docker" ? "Docker" : "Podman"} ${version} at ${address}, by ${from}`;
    return [
      ok(title, said),
      ok(
        `${name}: image`,
        imageFinder(images)(server.image) === undefined ? `${server.image}, fetched by the first apply` : server.image,
      ),
      await portCheck(name, server, all, ports, signal),
      ...leftChecks(name, all, ports),
    ];
  } catch (thrown) {
    return errorsOf(thrown).map(({ code, message, facts: { next } }) =>
      failed(title, `${code}: ${message}`, next ?? "start Docker or Podman"),
    );
  }
}

/** Temporary servers whose rehearsal was killed or lost them: they take room, and no other command tells of them. */
function leftChecks(
  name: string,
  all: readonly ContainerSummary[],
  { host, clock }: Pick<Ports, "host" | "clock">,
): readonly Check[] {
  const left = all.filter((one) => isForsaken(one, (maker) => host.isGone(maker), clock.date()));
  if (left.length === 0) return [];
  const names = left.flatMap((one) => one.names);
  return [
    warning(
      `${name}: temporary servers`,
      `${names.join(", ")}: left by a rehearsal that was killed, or could not remove ${left.length === 1 ? "it" : "them"}`,
      `the next rehearsal takes ${left.length === 1 ? "it" : "them"} away, or: docker rm --force --volumes ${names.join(" ")}`,
    ),
  ];
}

async function portCheck(
  name: string,
  server: ContainerServer,
  all: readonly ContainerSummary[],
  ports: Pick<Ports, "containers" | "host">,
  signal: AbortSignal,
): Promise<Check> {
  const title = `${name}: port ${server.port}`;
  const ours = all.filter(({ names }) => names.includes(server.name)).map(({ id }) => id);
  const holder = await portHolderOf(server, ours, all, ports, signal);
  if (holder !== undefined) return failed(title, `taken by ${holder}`, "end that program, or write another `port:`");
  const isUp = all.some(({ id, state }) => ours.includes(id) && state === "running");
  return ok(title, isUp ? "our server listens" : "free");
}

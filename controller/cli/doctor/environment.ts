import { errorsOf } from "../../core/errors.ts";
import { renderPlace } from "../../core/place.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { Endpoint } from "../../core/ports/postgres.ts";
import type { Desired } from "../../resources/index.ts";
import { wantedPort } from "../../resources/process/port.ts";
import type { Context } from "../context.ts";
import { openEnvironment, type OpenedEnvironment } from "../open.ts";
import { failed, ok, type Check } from "./check.ts";
import { onContainer } from "./on-container.ts";
import { leftDatabases } from "./left-databases.ts";

/** One environment: its files, what would run its server, and who holds its ports. */
export async function environmentChecks(name: string, context: Context): Promise<readonly Check[]> {
  let opened: OpenedEnvironment;
  let desired: Desired;
  try {
    opened = openEnvironment(context, name);
    desired = await opened.load();
  } catch (thrown) {
    return errorsOf(thrown).map(({ code, message, facts: { where, next } }) => {
      const place = where === undefined ? "" : ` at ${renderPlace(where)}`;
      return failed(`${name}: files`, `${code}${place}: ${message}`, next ?? "run `poststack config validate`");
    });
  }
  const { signal } = context.world;
  const server = await serverChecks(name, desired, opened, signal);
  return [...server, ...(await processes(name, desired, opened, signal))];
}

async function serverChecks(
  name: string,
  { endpoint, resources }: Desired,
  opened: OpenedEnvironment,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { spec, container } = resources.instance[0] ?? {};
  if (container === undefined && spec === undefined) return external(name, endpoint);
  const server = await (container === undefined
    ? embedded(name, spec, opened, signal)
    : onContainer(name, container, opened.ports, signal));
  const asked = { environment: name, endpoint, mark: resources.database[0]?.mark };
  return [...server, ...(await leftDatabases(asked, opened.ports, signal))];
}

const external = (name: string, endpoint: Endpoint | undefined): readonly Check[] =>
  endpoint === undefined
    ? []
    : [
        ok(
          `${name}: server`,
          `external at ${endpoint.host}:${endpoint.port}; try it with \`poststack db test-connection ${name}\``,
        ),
      ];

async function embedded(
  name: string,
  spec: EmbeddedSpec | undefined,
  { ports }: OpenedEnvironment,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  if (spec === undefined) return [];
  const { binaries, running, runningPort, portHolder, dataMajor } = await ports.embedded.observe(spec, signal);
  const program =
    binaries === undefined
      ? failed(
          `${name}: Postgres`,
          `no programs of version ${dataMajor ?? spec.major ?? "17"}, and none can be fetched`,
          "install that version with the system's package manager, or ask for another with `version:`",
        )
      : ok(`${name}: Postgres`, `${binaries.version} from ${binaries.from}`);
  const title = `${name}: port ${spec.port}`;
  if (portHolder !== undefined) {
    return [program, failed(title, `taken by ${portHolder}`, "end that program, or write another `port:`")];
  }
  const isOurs = running && runningPort === spec.port;
  return [program, ok(title, isOurs ? "our server listens" : "free")];
}

async function processes(
  name: string,
  { resources }: Desired,
  { ports }: OpenedEnvironment,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const process of resources.process) {
    const wanted = wantedPort(process);
    if (wanted === undefined) continue;
    const holder = await ports.host.portHolder(wanted.host, wanted.port, signal);
    const title = `${name}: port ${wanted.port}`;
    if (holder === undefined) checks.push(ok(title, `free for ${process.name}`));
    else if (holder.resource === process.id) checks.push(ok(title, `${process.name} listens`));
    else {
      const next = "end that program, or give the process another PORT";
      checks.push(failed(title, `${process.name} wants it, and ${holder.text} has it`, next));
    }
  }
  return checks;
}

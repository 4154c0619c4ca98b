import { ownHost } from "../../../config/desired/server.ts";
import { providerOf } from "../../../config/provider.ts";
import type { EnvironmentSource } from "../../../config/source.ts";
import { kindOf } from "../../../core/id.ts";
import { ownContainers } from "../../containers/own.ts";
import { contextOf, printJson, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { forgottenEnvironments, noteForgotten } from "../../forgotten.ts";
import { openProject, type OpenedProject } from "../../open.ts";
import { renderCountOf } from "../../../core/quantity.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

interface Listed {
  readonly name: string;
  readonly default: boolean;
  readonly template: boolean;
  readonly provider: string;
  /** Without login and password: what the file says, and nothing that had to be looked up. */
  readonly address: string | null;
  readonly deployment: readonly string[];
  /** Of a server of ours; null where it is not ours to know without asking it, or its engine does not answer. */
  readonly serverRunning: boolean | null;
  readonly processesRunning: number;
  /** Null: the container engine does not answer. */
  readonly containersRunning: number | null;
  readonly protected: boolean;
}

interface Counted extends Listed {
  readonly isComposed: boolean;
}

/** The environments of the project. Cheap: nobody logs in anywhere. */
export async function listCommand({ options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openProject(context);
  const environments = [...opened.project.environments.values()];
  const listed = await Promise.all(environments.map((environment) => listedFrom(environment, opened, context)));
  const forgotten = await forgottenEnvironments(opened, context);
  if (context.json) {
    printJson(context, { version: 1, project: opened.project.name, environments: listed, forgotten });
    return exitCode.done;
  }
  const { paint } = context;
  const rows = listed.map((one) => [
    `${one.default ? paint("strong", `${one.name} (default)`) : one.name}${one.protected ? " (protected)" : ""}`,
    one.template ? paint("dim", "template") : `${one.provider} ${one.address ?? ""}`.trim(),
    one.deployment.join(", "),
    one.template ? "" : runningText({ ...one, isComposed: isComposed(opened, one.name) }),
  ]);
  context.print(await renderTable(["ENVIRONMENT", "POSTGRES", "DEPLOYMENT", "RUNNING"], rows, paint));
  noteForgotten(forgotten, opened.project, context);
  return exitCode.done;
}

async function listedFrom(
  environment: EnvironmentSource,
  { project, root }: OpenedProject,
  { world, log }: Context,
): Promise<Listed> {
  const { name, template, config } = environment;
  const { postgres = {}, deployment = {} } = config;
  const provider = providerOf(config);
  const ports = world.openEngine(root, name, log);
  const { embedded, host } = ports;
  const { bind = "127.0.0.1", port = 5432 } = postgres;
  const isOurs = provider === "embedded" && !template;
  const facts = isOurs ? await embedded.observe({ name, major: undefined, bind, port }, world.signal) : undefined;
  const records = template ? [] : await host.processes(world.signal);
  // One that does not answer hides nothing else.
  const containers = template ? [] : await ownContainers({ ports }, world.signal).catch(() => null);
  const up = containers?.filter(({ summary }) => summary.state === "running").map(({ resource }) => kindOf(resource));
  const usable = [...project.environments.values()].filter((one) => !one.template);
  return {
    name,
    default: name === (project.defaultEnvironment ?? (usable.length === 1 ? usable[0]?.name : undefined)),
    template,
    provider,
    address: addressOf(environment, facts?.runningPort ?? port),
    deployment: [deployment.procfile ?? deployment.compose ?? deployment.pod ?? []].flat(),
    serverRunning:
      provider === "container" && !template ? (up?.includes("instance") ?? null) : (facts?.running ?? null),
    processesRunning: records.filter(({ running }) => running).length,
    containersRunning: up?.filter((kind) => kind === "container").length ?? null,
    protected: config.protected ?? false,
  };
}

const isComposed = ({ project }: OpenedProject, name: string): boolean =>
  project.environments.get(name)?.config.deployment?.compose !== undefined;

/** An external server's address is known here only when the file says it outside of a secret. */
function addressOf({ config: { postgres = {} } }: EnvironmentSource, port: number): string | null {
  const { url, host } = postgres;
  if (url === undefined) return hostAndPort(ownHost(postgres), port);
  if (typeof url === "string" && URL.canParse(url)) return new URL(url).host;
  return host === undefined ? null : hostAndPort(host, port);
}

const hostAndPort = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

function runningText({ serverRunning, processesRunning, containersRunning, deployment, isComposed }: Counted): string {
  const server = serverRunning === null ? [] : [serverRunning ? "Postgres" : "no Postgres"];
  const hasProcesses = processesRunning > 0 || (deployment.length > 0 && !isComposed);
  const processes = hasProcesses ? [`${processesRunning} process${processesRunning === 1 ? "" : "es"}`] : [];
  const hasContainers = isComposed || (containersRunning ?? 0) > 0;
  const containers =
    containersRunning === null ? "the container engine does not answer" : renderCountOf(containersRunning, "container");
  return [...server, ...processes, ...(hasContainers ? [containers] : [])].join(", ");
}

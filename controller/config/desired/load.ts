import { PoststackErrors } from "../../core/errors.ts";
import type { ResourceId } from "../../core/id.ts";
import type { Files } from "../../core/ports/files.ts";
import { thorough } from "../../resources/thorough.ts";
import type { Desired, DesiredResources } from "../../resources/index.ts";
import type { Outline, OutlineResources } from "../../resources/outline.ts";
import { readEnvFiles } from "../env-files.ts";
import { gatherProblems, type Problems } from "../problems.ts";
import type { SecretContext } from "../secrets.ts";
import type { EnvironmentSource } from "../source.ts";
import type { VariableSources } from "../variables.ts";
import type { DeploymentWishes } from "./compose/desired.ts";
import type { ComposeResources } from "./compose/resources.ts";
import type { ComposeStep } from "./container-jobs.ts";
import { desiredBackup } from "./backup.ts";
import { desiredDatabase, desiredExtensions, desiredInstance, instanceId, instanceName } from "./database.ts";
import { writtenOf } from "./environment.ts";
import { chosenOf, type Chosen } from "./chosen.ts";
import { knowingContracts, withDeployment } from "./deployed.ts";
import { desiredGrants } from "./grants.ts";
import { identityOf, type Identity } from "./identity.ts";
import { injectedVariables } from "./injected.ts";
import { desiredInit, leavingSteps, skippedInit } from "./jobs.ts";
import { idsOfMigrations, listedMigrations, readListed } from "./migrations.ts";
import type { DesiredOptions, DesiredSource } from "./options.ts";
import { desiredProcesses } from "./processes.ts";
import { restartsOf } from "./restart.ts";
import { imagesToBuild } from "./images-to-build.ts";
import { withPruned } from "./prune.ts";
import { desiredRoles } from "./roles.ts";
import { kindsInScope } from "./scope.ts";
import { serverName, serverPort, withServer } from "./server-container.ts";
import { isServerMeant, serverNames } from "./server-named.ts";
import { instanceSecret, roleSecret, serverOf, type Server } from "./server.ts";

/**
 * One environment of the configuration → what is wanted of the world. Reads the files that it names and the state, and
 * resolves the secrets of this environment and no other. The same files give the same wish, in whatever order their keys
 * stand.
 *
 * @param begin told what is wanted as soon as nothing but the texts of migrations is left to be read, if nothing was wrong
 *   until then: the world can be looked at meanwhile
 * @throws PoststackErrors of all that is wrong, sorted by place
 */
export async function loadDesired(
  source: DesiredSource,
  options: DesiredOptions = {},
  begin?: (outline: Outline) => void,
): Promise<Desired> {
  const { project, environment, shell, files } = source;
  if (environment.obstacles.length > 0) throw new PoststackErrors(environment.obstacles);
  const state = source.state.read();
  const envFiles = readEnvFiles(files, environment.name, source.envFiles, shell);
  const context: SecretContext = {
    state,
    sources: source.secrets,
    root: project.root,
    environment: (name) =>
      shell.get(name) ?? envFiles.find(({ entries }) => entries.has(name))?.entries.get(name)?.value,
    warn: source.warn,
  };

  const isRunning = (options.to ?? "running") === "running" && options.prune === undefined;
  const server = await serverOf(project.name, environment, isRunning, context);
  const variables: VariableSources = {
    injected: injectedVariables(environment.name, server.endpoint),
    written: writtenOf(environment.config.variables, (name) => environment.placeOf(["variables", name])),
    shell,
    envFiles,
  };
  const problems = gatherProblems();
  const identity = identityOf(state, source.secrets);
  const wishes = { source, options, files, server, variables, context, identity, problems };
  const mayHaveContainers = hasContainers(environment, server) || state?.engine !== undefined;
  const asked = isRunning ? await runningResources(wishes) : await leavingResources(wishes);
  const found = withDeployment(asked, options, mayHaveContainers);
  const resources = options.isThorough === true ? thorough(found) : found;
  const isMeant = () => isServerMeant(options.services, resources.container, server.provider, environment.name);
  const outline: Outline = {
    project: project.name,
    environment: environment.name,
    root: project.root,
    secretNames: generatedNames(server, resources),
    endpoint: server.endpoint,
    lockName: `${project.name}/${environment.name}`,
    protected: environment.config.protected ?? false,
    scope: kindsInScope(options, server.provider, resources.backup.length > 0, {
      hasContainers: mayHaveContainers,
      isPreparedThere: isOnEngine(environment, server),
      isServerMeant: problems.attempt(isMeant) ?? false,
    }),
    ...(state?.engine === undefined ? {} : { knownEngine: state.engine }),
    resources,
  };
  if (problems.isEmpty()) begin?.(outline);
  const migration = await Promise.all(
    resources.migration.map((listed) => readListed(listed, files, problems, source.texts)),
  );
  problems.throwAny();
  return { ...outline, resources: knowingContracts({ ...resources, migration }) };
}

interface Wishes {
  readonly source: DesiredSource;
  readonly options: DesiredOptions;
  readonly files: Files;
  readonly server: Server;
  readonly variables: VariableSources;
  readonly context: SecretContext;
  readonly identity: Identity;
  readonly problems: Problems;
}

/** Everything that the files ask for; what is skipped is not even read. */
async function runningResources(wishes: Wishes): Promise<OutlineResources> {
  const { source, options, files, server, variables, context, identity, problems } = wishes;
  const { project, environment } = source;
  const { attempt } = problems;
  const restarts = restartsOf(options.restart);
  const startedAfter = restarts.after("instance", instanceName);
  const roleWishes = { environment, server, instance: instanceId, mark: identity.mark, context, absent: false };
  const roles = await desiredRoles(roleWishes);
  // Nothing waits for a role to go: it may own the database until now, or a process may still be logged in as it.
  const staying = roles.filter(({ ensure }) => ensure === "present");
  const database = desiredDatabase(environment, server, identity.mark, options, idsOf(staying));
  const extensions = desiredExtensions(environment, database.id);
  const prepared = [database.id, ...idsOf(extensions)];
  const migrations = attempt(() => listedMigrations(project, environment, files, options, prepared, problems));

  const migrated = [...prepared, ...(migrations === undefined ? [] : idsOfMigrations(migrations))];
  const owner = server.endpoint.owner.user;
  const grantWishes = { environment, database: database.name, owner, after: migrated, roles: idsOf(roles) };
  const grants = attempt(() => desiredGrants(grantWishes)) ?? [];

  const ready = [...idsOf(staying), ...migrated, ...idsOf(grants)];
  const common = { environment, files, sources: variables, identity, problems };
  const initWishes = { ...common, source, sourcesInContainers: inContainers(wishes), after: ready };
  const { job, over, onEngine: steps } = await (options.skipInit === true ? skippedInit : desiredInit)(initWishes);
  const processes =
    options.skipDeployment === true
      ? []
      : attempt(() =>
          desiredProcesses({
            ...common,
            to: "running",
            after: [...ready, ...over],
            startedAfter: (...names) => restarts.after("process", ...names),
          }),
        );
  const alone = await deploymentOf(wishes, {
    to: "running",
    after: [...ready, ...over],
    startedAfter: (...names) => restarts.after("container", ...names),
  });
  const { unusedVolumes: _unusedVolumes, ...deployment } = await withSteps(alone, steps, problems);
  const onEngine = withServer({ ...source, identity, server, to: "present", deployment, jobs: job });
  attempt(restarts.checkAll);
  const built = attempt(() => imagesToBuild({ ...wishes, ...source }, options.build, onEngine.resources));
  const instance = desiredInstance({ ...wishes, environment, state: context.state, startedAfter, onEngine });

  return {
    ...onEngine.resources,
    ...(options.build === undefined ? {} : { image: built ?? [] }),
    instance: [instance],
    role: roles,
    database: [database],
    extension: extensions,
    backup: desiredBackup({ ...wishes, ...source, instance }),
    migration: migrations === undefined ? [] : [migrations],
    grant: grants,
    job,
    process: processes ?? [],
  };
}

/** What goes: nothing that it is made of has to be in order, only its name has to be known. */
async function leavingResources(wishes: Wishes): Promise<OutlineResources> {
  const { source, options, files, server, variables, context, identity, problems } = wishes;
  const { environment } = source;
  const to = options.to === "absent" ? "absent" : "stopped";
  const isKept = options.prune !== undefined && to !== "absent";
  const chosen = chosenOf(options.services ?? "all", "runs on the container engine");
  const { unusedVolumes, ...deployment } = await leavingContainers(wishes, isKept ? "as-is" : to, chosen);
  chosen.has("instance", ...serverNames(deployment.container));
  problems.attempt(chosen.checkAll);
  const keeping = isKept ? "as-is" : "present";
  const onEngine = withServer({
    ...source,
    identity,
    server,
    to: to === "absent" ? to : keeping,
    deployment,
    jobs: [],
  });
  const instance = desiredInstance({ ...wishes, environment, state: context.state, startedAfter: undefined, onEngine });
  const roleWishes = { environment, server, instance: instanceId, mark: identity.mark, context, absent: true };
  return {
    ...withPruned(onEngine, options, source, unusedVolumes),
    instance: [instance],
    role: options.to === "absent" ? await desiredRoles(roleWishes) : [],
    database: [desiredDatabase(environment, server, identity.mark, options, [])],
    extension: [],
    backup: desiredBackup({ ...wishes, ...source, instance }),
    migration: [],
    grant: [],
    job: [],
    process:
      problems.attempt(() =>
        desiredProcesses({
          environment,
          files,
          sources: variables,
          identity,
          problems,
          to,
          after: [],
          startedAfter: () => undefined,
        }),
      ) ?? [],
  };
}

const noContainers: ComposeResources = { network: [], volume: [], image: [], container: [], unusedVolumes: [] };

/** What the steps of `init` need is there along with what the deployment needs; both may be the same. */
async function withSteps(
  deployment: ComposeResources,
  steps: readonly ComposeStep[],
  problems: Problems,
): Promise<ComposeResources> {
  if (steps.length === 0) return deployment;
  const { together } = await import("./compose/together.ts");
  return together(deployment, steps, problems);
}

/** Most environments of processes never read a Compose file: what reads them is loaded by the first that has one. */
async function desiredContainers(wishes: DeploymentWishes): Promise<ComposeResources> {
  if (!isComposed(wishes.source.environment)) return noContainers;
  const { desiredCompose } = await import("./compose/desired.ts");
  return desiredCompose(wishes);
}

/** What a run without the deployment asks of the engine: the networks, on which the server's container is. */
async function deploymentOf(
  wishes: Wishes,
  when: Pick<DeploymentWishes, "to" | "after" | "startedAfter">,
): Promise<ComposeResources> {
  const { source, options, server, identity, problems } = wishes;
  const isSkipped = options.skipDeployment === true;
  if (isSkipped && !isOnEngine(source.environment, server)) return noContainers;
  const all = { source, sources: inContainers(wishes), identity, problems, deleteData: false };
  const found = await desiredContainers({ ...all, ...when, scale: options.scale });
  return isSkipped ? { ...noContainers, network: found.network } : found;
}

/** What containers are told: a server on a container has a name of its own there, and the port that it has inside. */
function inContainers({ source, server, variables }: Wishes): VariableSources {
  if (server.provider !== "container") return variables;
  const { project, environment } = source;
  const endpoint = { ...server.endpoint, host: serverName(project.name, environment.name), port: serverPort };
  return { ...variables, injected: injectedVariables(environment.name, endpoint) };
}

/** Without the leave to delete data, files that do not load are no obstacle: what is ours goes, whatever they say. */
async function leavingContainers(
  wishes: Wishes,
  to: DeploymentWishes["to"],
  { has }: Chosen,
): Promise<ComposeResources> {
  const { source, options, identity, problems } = wishes;
  const deleteData = options.deleteData ?? false;
  const isAll = to === "absent" && !deleteData && options.services === undefined;
  const own = isAll ? gatherProblems() : problems;
  const isMeant = (...names: readonly string[]): boolean => has("container", ...names);
  const all = { source, sources: inContainers(wishes), identity, problems: own, to, isMeant, deleteData };
  const found = await desiredContainers({ ...all, after: [], startedAfter: () => undefined });
  const steps = await leavingSteps({ ...all, after: [] });
  const both = await withSteps(found, steps, own);
  return own.isEmpty() || own === problems ? both : noContainers;
}

const idsOf = (all: readonly { readonly id: ResourceId }[]): readonly ResourceId[] => all.map(({ id }) => id);

const isComposed = ({ config }: EnvironmentSource): boolean => config.deployment?.compose !== undefined;

const hasComposedInit = ({ config }: EnvironmentSource): boolean =>
  (config.init ?? []).some(({ compose }) => compose !== undefined);

/** Whether the engine has something of the environment even without its deployment. */
const isOnEngine = (environment: EnvironmentSource, { provider }: Server): boolean =>
  provider === "container" || hasComposedInit(environment);

const hasContainers = (environment: EnvironmentSource, server: Server): boolean =>
  isOnEngine(environment, server) || isComposed(environment);

/** What the state keeps for this environment, sorted. */
function generatedNames(server: Server, { role }: Pick<DesiredResources, "role">): readonly string[] {
  const roles = role.filter(({ generated }) => generated !== "no").map(({ name }) => roleSecret(name));
  return [...(server.provider === "external" ? [] : [instanceSecret]), ...roles].sort();
}

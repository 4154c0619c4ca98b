import { cpSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { onTestFinished } from "vitest";
import { answerOf, start, type Ended, type Running } from "./command.ts";
import { projectRoot } from "./build.ts";
import { endEverything } from "./scenario-end.ts";
import { freePort } from "./scenario-ports.ts";

type Variables = Readonly<Record<string, string>>;
export type SqlRow = Readonly<Record<string, unknown>>;

/** A project of its own in a temporary folder, with ports of its own, and the commands that are run in it. */
export interface Project {
  readonly root: string;
  /** Of the environments' servers and of what they deploy, in the order in which they were asked for. */
  readonly ports: readonly number[];
  path(...parts: readonly string[]): string;
  read(path: string): string;
  /** Makes the folders that it needs. */
  write(path: string, text: string | Buffer, mode?: number): void;
  /** Fails when there is nothing to replace. */
  edit(path: string, from: string | RegExp, to: string): void;
  run(...args: readonly string[]): Promise<Ended>;
  runWith(environment: Variables, ...args: readonly string[]): Promise<Ended>;
  start(...args: readonly string[]): Running;
  /** As `run`; anything but exit code 0 fails the test with what was said. */
  ok(...args: readonly string[]): Promise<Ended>;
  /** One line for each action of `plan`, as people see it. Empty: nothing to do. */
  plan(...args: readonly string[]): Promise<readonly string[]>;
  /** As superuser, with the password that the state holds. */
  sql(text: string, options?: SqlOptions): Promise<readonly SqlRow[]>;
  dispose(): Promise<void>;
}

export interface SqlOptions {
  readonly database?: string;
  readonly environment?: string;
  readonly port?: number;
  /** Of a server that is not Poststack's own. */
  readonly password?: string;
}

interface PublicAction {
  readonly id: string;
  readonly verb: string;
  readonly reason: string;
  readonly hazards: readonly string[];
}

interface PlanAnswer {
  readonly settled: boolean;
  readonly fingerprint: string;
  readonly actions: readonly PublicAction[];
  readonly deferred: readonly { readonly id: string; readonly reason: string }[];
}

export interface PlaceOptions {
  /** Folders on the way to the data that a server of another user can pass, as in most people's homes, or not. */
  readonly isPrivate?: boolean;
  /** What each command is told besides. */
  readonly environment?: Variables;
}

/** A project from these files. `PORT0`, `PORT1` … in them stand for ports of its own. */
export async function newProject(files: Variables, options: PlaceOptions = {}): Promise<Project> {
  const root = temporaryFolder(options);
  const ports: number[] = [];
  for (const [path, text] of Object.entries(files)) {
    for (const [, number] of text.matchAll(/\bPORT(\d)\b/g)) ports[Number(number)] ??= await freePort();
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(
      join(root, path),
      text.replaceAll(/\bPORT(\d)\b/g, (_whole, number: string) => String(ports[Number(number)])),
    );
  }
  return projectIn(root, ports, options.environment);
}

/** A copy of `examples/<name>` whose ports are replaced by ports of its own. */
export async function exampleProject(name: string, portsInIt: readonly number[], options: PlaceOptions = {}) {
  const root = temporaryFolder(options);
  cpSync(join(projectRoot, "examples", name), root, { recursive: true, filter: isPartOfExample });
  // What the example's own programs import, as `npm ci` in the repository installs it.
  symlinkSync(join(projectRoot, "node_modules"), join(root, "node_modules"));
  const ports = await Promise.all(portsInIt.map(() => freePort()));
  const file = join(root, ".poststack.yml");
  // All at once: a new one may have the digits of another old one in it.
  const text = readFileSync(file, "utf8").replaceAll(new RegExp(portsInIt.join("|"), "g"), (port) =>
    String(ports[portsInIt.indexOf(Number(port))]),
  );
  writeFileSync(file, text);
  return projectIn(root, ports, options.environment);
}

/** What running the example in its place has left there is not. */
const isPartOfExample = (path: string): boolean => !/\/(?:\.poststack|node_modules)$/.test(path);

/** Ports in `examples/quickstart`: dev's server and web page, staging's server and web page. */
export const quickstart = (options?: PlaceOptions): Promise<Project> =>
  exampleProject("quickstart", [5433, 3000, 5434, 3100], options);

/** For one test: what is left when it ends, in whatever way, is ended and removed. */
export async function forThisTest(project: Promise<Project>): Promise<Project> {
  const made = await project;
  onTestFinished(() => made.dispose(), 60_000);
  return made;
}

function temporaryFolder({ isPrivate = false }: PlaceOptions): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "poststack-test-")));
  chmodSync(root, isPrivate ? 0o700 : 0o755);
  return root;
}

function projectIn(root: string, ports: readonly number[], always: Variables = {}): Project {
  const commands: Running[] = [];
  const begin = (environment: Variables, args: readonly string[]): Running => {
    const command = start(args, { cwd: root, environment: { ...always, ...environment } });
    commands.push(command);
    return command;
  };
  const project: Project = {
    root,
    ports,
    path: (...parts) => join(root, ...parts),
    read: (path) => readFileSync(join(root, path), "utf8"),
    write: (path, text, mode = 0o644) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, { mode });
    },
    edit: (path, from, to) => {
      const before = project.read(path);
      const after = before.replace(from, to);
      if (after === before) throw new Error(`${path} has no ${String(from)}`);
      project.write(path, after);
    },
    run: (...args) => begin({}, args).ended,
    runWith: (environment, ...args) => begin(environment, args).ended,
    start: (...args) => begin({}, args),
    ok: async (...args) => {
      const ended = await project.run(...args);
      if (ended.code !== 0) throw new Error(`exit code ${ended.code ?? ended.signal}\n${ended.text}`);
      return ended;
    },
    plan: async (...args) => planLines(await project.run("plan", ...args, "--json")),
    sql: (text, options = {}) => query(project, text, options),
    dispose: async () => {
      for (const command of commands) command.kill("SIGKILL");
      await Promise.allSettled(commands.map(({ ended }) => ended));
      await endEverything(root);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return project;
}

/** The plan as `--json` gives it, also one that holds a refusal. */
export const planAnswer = async (project: Project, ...args: readonly string[]): Promise<PlanAnswer> =>
  plannedBy(await project.run("plan", ...args, "--json"));

/** What `plan --json` answered. Anything else fails the test with all that was said. */
function plannedBy(ended: Ended): PlanAnswer {
  const answer = ended.stdout === "" ? {} : (answerOf(ended) as Partial<PlanAnswer>);
  const { actions, deferred } = answer;
  if (actions === undefined || deferred === undefined) {
    throw new Error(`no plan, exit code ${ended.code ?? ended.signal}\n${ended.text}`);
  }
  return answer as PlanAnswer;
}

/** Of `plan --json`, as people see it: one line for each action. */
export function planLines(ended: Ended): readonly string[] {
  const { actions, deferred } = plannedBy(ended);
  return [
    ...actions.map(
      ({ verb, id, reason, hazards }) =>
        `${verb} ${id}  ${reason}${hazards.length === 0 ? "" : `  [${hazards.join(", ")}]`}`,
    ),
    ...deferred.map(({ id, reason }) => `deferred ${id}  ${reason}`),
  ];
}

async function query(project: Project, text: string, options: SqlOptions): Promise<readonly SqlRow[]> {
  const { environment = "dev", database, port, password = superuserPassword(project, environment) } = options;
  const name = /\bname: ([a-z0-9]+)/.exec(project.read(".poststack.yml"))?.[1] ?? "";
  const client = new Client({
    host: "127.0.0.1",
    port: port ?? project.ports[0] ?? 0,
    user: "postgres",
    password,
    database: database ?? `${name}_${environment}`,
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const result: unknown = await client.query(text);
    const [last] = (Array.isArray(result) ? result.slice(-1) : [result]) as { readonly rows: readonly SqlRow[] }[];
    return last?.rows ?? [];
  } finally {
    await client.end();
  }
}

function superuserPassword(project: Project, environment: string): string {
  const { facts } = JSON.parse(project.read(`.poststack/${environment}/state.json`)) as {
    readonly facts: { readonly secrets: readonly { readonly name: string; readonly current: string }[] };
  };
  return facts.secrets.find(({ name }) => name === "instance:postgres")?.current ?? "";
}

import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { postgres } from "../../../controller/adapters/postgres.ts";
import { fileState } from "../../../controller/adapters/state.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { Endpoint, Server, Session } from "../../../controller/core/ports/postgres.ts";
import { renderActions } from "../../../controller/core/render.ts";
import { Secret } from "../../../controller/core/secret.ts";
import { apply } from "../../../controller/resources/instance/apply.ts";
import { diff } from "../../../controller/resources/instance/diff.ts";
import type { DesiredInstance } from "../../../controller/resources/instance/model.ts";
import { observe } from "../../../controller/resources/instance/observe.ts";
import { sandbox, type Sandbox } from "../../support/embedded.ts";
import { freePort } from "../../support/cluster.ts";
import { desired as standard, endpointOn } from "./stage.ts";

interface Stage {
  readonly box: Sandbox;
  readonly ports: Ports;
  /** What the plan of one pass says. */
  readonly plan: (more?: Partial<DesiredInstance>) => Promise<string>;
  /** Passes until the plan is empty; all that was done, and at most five. */
  readonly converge: (more?: Partial<DesiredInstance>) => Promise<string>;
}

const opened: Stage[] = [];
afterEach(async () => {
  for (const { box, ports } of opened.splice(0)) {
    await ports.server.reset();
    await box.dispose();
  }
});

const driver = postgres("poststack-test");
const { signal } = new AbortController();

async function stage(major: number | undefined = 15): Promise<Stage> {
  const box = await sandbox(major);
  const state = fileState(join(box.project, ".poststack"), "dev");
  let endpoint: Endpoint = endpointOn(box.spec.port, box.admin);
  const server = lazyServer(() => endpoint);
  const unused = new Proxy({}, { get: (_, name) => () => Promise.reject(new Error(`not expected: ${String(name)}`)) });
  const ports: Ports = {
    ...({ log: unused, files: unused, host: unused, passwords: unused, containers: unused } as unknown as Ports),
    clock,
    state,
    embedded: box.servers,
    postgres: driver,
    server,
    progress: () => undefined,
  };
  state.ensure([]);
  const wish = (more: Partial<DesiredInstance>): DesiredInstance => {
    const spec = more.spec ?? box.spec;
    endpoint = more.endpoint ?? endpointOn(spec.port, box.admin);
    const { systemIdentifier } = state.read() ?? {};
    return standard({ spec, ...(systemIdentifier && { knownIdentifier: systemIdentifier }), ...more, endpoint });
  };
  const pass = async (more: Partial<DesiredInstance>): Promise<ReturnType<typeof diff>> => {
    const one = wish(more);
    await server.reset();
    return diff([one], await observe([one], ports, signal));
  };
  const made: Stage = {
    box,
    ports,
    plan: async (more = {}) => renderActions(await pass(more)),
    converge: async (more = {}) => {
      const lines: string[] = [];
      for (let number = 1; number <= 5; number++) {
        const actions = await pass(more);
        if (actions.length === 0) return lines.join("\n");
        lines.push(renderActions(actions));
        for (const action of actions) await apply(action, ports, signal);
      }
      throw new Error(`not converged:\n${lines.join("\n")}`);
    },
  };
  opened.push(made);
  return made;
}

/** Opened on first use and forgotten by reset, as the engine's. */
function lazyServer(endpoint: () => Endpoint): Server {
  let session: Promise<Session> | undefined;
  const admin = (): Promise<Session> => {
    const { admin: login } = endpoint();
    session ??= driver.connect(endpoint(), login, "postgres", signal);
    return session;
  };
  return {
    admin,
    database: admin,
    maintenance: admin,
    owner: admin,
    login: (login, database, stop) => driver.connect(endpoint(), login, database, stop),
    fence: () => 0,
    reset: async () => {
      const open = session;
      session = undefined;
      await open?.then((one) => one.close()).catch(() => undefined);
    },
  };
}

const failure = (work: Promise<unknown>): Promise<PoststackError> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => (error instanceof PoststackError ? error : Promise.reject(error as Error)),
  );
const parameters = (values: Readonly<Record<string, string>>): Partial<DesiredInstance> => ({
  parameters: new Map(Object.entries(values)),
});

test("from nothing to running, stopped, running again and gone, each in one action, then silence", async () => {
  const { box, ports, converge, plan } = await stage();
  expect(await converge()).toMatch(/^create instance:postgres {2}no data yet; initdb with PostgreSQL 15/);
  const { systemIdentifier } = ports.state.read() ?? {};
  expect(systemIdentifier).toBe(await box.ask("select system_identifier::text from pg_control_system()"));
  await box.ask("create table public.kept as select 42 as n");
  expect(await plan()).toBe("");

  expect(await converge({ to: "stopped" })).toBe("stop instance:postgres  wanted stopped  [downtime]");
  expect(await converge()).toBe("start instance:postgres  not running");
  expect(await box.ask("select n from public.kept")).toBe(42);
  expect(await converge({ startedAfter: new Date() })).toBe("restart instance:postgres  restart requested  [downtime]");
  expect(await box.ask("select n from public.kept")).toBe(42);

  expect(await converge({ to: "absent" })).toContain("its data stays");
  const { dataDirectory } = await box.servers.observe(box.spec, signal);
  expect(existsSync(dataDirectory)).toBe(true);
  expect(await converge({ to: "absent", deleteData: true })).toContain("[deletes-data]");
  expect(existsSync(dataDirectory)).toBe(false);
  expect(ports.state.read()).toBeUndefined();
});

test("parameters are brought by reload or restart, taken back, and mean what the server says", async () => {
  const { box, converge, plan } = await stage();
  await converge(parameters({ work_mem: "8MB", shared_buffers: "16MB", DateStyle: "iso, dmy" }));
  expect(await plan(parameters({ work_mem: "8192kB", shared_buffers: "2048", datestyle: "iso, dmy" }))).toBe("");
  const started = await box.ask("select pg_postmaster_start_time()::text");
  expect(await converge(parameters({ work_mem: "9MB", shared_buffers: "16MB" }))).toBe(
    "reload instance:postgres  datestyle iso, dmy → default; work_mem 8MB → 9MB",
  );
  expect(await box.ask("show work_mem")).toBe("9MB");
  expect(await box.ask("select pg_postmaster_start_time()::text")).toBe(started);
  expect(await converge(parameters({ shared_buffers: "24MB" }))).toBe(
    "restart instance:postgres  shared_buffers 16MB → 24MB; work_mem 9MB → default  [downtime]",
  );
  expect([await box.ask("show shared_buffers"), await box.ask("show work_mem")]).toEqual(["24MB", "4MB"]);
});

test("what ALTER SYSTEM put over the files is taken back, for what the files speak of", async () => {
  const { box, converge } = await stage();
  await converge(parameters({ work_mem: "8MB", max_connections: "30" }));
  for (const change of ["work_mem = '1MB'", "max_connections = 40", "maintenance_work_mem = '32MB'"]) {
    await box.ask(`alter system set ${change}`);
  }
  await box.ask("select pg_reload_conf()");
  await expect.poll(() => box.ask("show work_mem")).toBe("1MB");
  expect(await converge(parameters({ work_mem: "8MB", max_connections: "30" }))).toBe(
    "reload instance:postgres  max_connections another value from the next restart on → 30; work_mem 1024kB by ALTER SYSTEM → 8MB",
  );
  expect([await box.ask("show work_mem"), await box.ask("show max_connections")]).toEqual(["8MB", "30"]);
  expect(await box.ask("show maintenance_work_mem")).toBe("32MB");
});

test("a crash between writing the settings and reading them is seen", async () => {
  const { box, converge } = await stage();
  await converge(parameters({ work_mem: "8MB" }));
  await box.servers.configure(box.spec, new Map([["work_mem", "9MB"]]), signal);
  expect(await converge(parameters({ work_mem: "9MB" }))).toBe(
    "reload instance:postgres  the server has not read its settings yet",
  );
  expect(await box.ask("show work_mem")).toBe("9MB");
});

test("parameters that the server does not take are refused in the plan, and change nothing", async () => {
  const { box, converge, plan } = await stage();
  await converge();
  const before = readFileSync(
    join((await box.servers.observe(box.spec, signal)).dataDirectory, "poststack.conf"),
    "utf8",
  );
  expect(await plan(parameters({ work_mem: "much" }))).toMatch(/^refuse instance:postgres/);
  const error = await failure(converge(parameters({ work_mem: "much", no_such: "1" })));
  expect(error.facts).toMatchObject({
    code: "PARAMETER_INVALID",
    details: [
      "no_such: PostgreSQL 15 has no such parameter",
      'work_mem: "much" is no number, with a unit such as kB, MB, GB',
    ],
  });
  const after = readFileSync(
    join((await box.servers.observe(box.spec, signal)).dataDirectory, "poststack.conf"),
    "utf8",
  );
  expect(after).toBe(before);
  expect(await plan()).toBe("");
});

test("a restart into settings that the server dies of puts the old ones back and the server up", async () => {
  const { box, converge, plan } = await stage();
  await converge(parameters({ work_mem: "8MB" }));
  const error = await failure(converge(parameters({ shared_preload_libraries: "nowhere" })));
  expect(error.code).toBe("POSTGRES_START");
  expect(error.message).toContain("the settings from before are back, and the server runs with them");
  expect(error.facts.details?.join()).toContain("nowhere");
  expect(await box.ask("show work_mem")).toBe("8MB");
  expect(await plan(parameters({ work_mem: "8MB" }))).toBe("");
});

test("another port and another address are a restart, and a taken port is refused before it", async () => {
  const { box, converge, plan } = await stage();
  await converge();
  const spec = { ...box.spec, port: await freePort(), bind: "0.0.0.0" };
  const blocker = createServer();
  await new Promise<void>((resolve) => {
    blocker.listen(spec.port, "127.0.0.1", resolve);
  });
  try {
    expect(await plan({ spec })).toMatch(/^refuse .*\(pid \d+\) listens on 0\.0\.0\.0/);
    expect((await failure(converge({ spec }))).code).toBe("PORT_TAKEN");
    expect(await box.ask("select 1")).toBe(1);
  } finally {
    await new Promise((resolve) => {
      blocker.close(resolve);
    });
  }
  expect(await converge({ spec })).toBe(
    `restart instance:postgres  bind 127.0.0.1 → 0.0.0.0; port ${box.spec.port} → ${spec.port}  [downtime]`,
  );
  const session = await box.connect(spec.port);
  const [row] = await session.query("show listen_addresses", [], signal);
  await session.close();
  expect(row).toEqual({ listen_addresses: "0.0.0.0" });
});

test("data that is gone is no new beginning; destroying clears the record", async () => {
  const { box, ports, converge, plan } = await stage();
  await converge();
  await box.servers.stop(box.spec, signal);
  const { dataDirectory } = await box.servers.observe(box.spec, signal);
  rmSync(dataDirectory, { recursive: true });
  expect(await plan()).toMatch(/^refuse instance:postgres {2}the data of instance:postgres is gone/);
  expect((await failure(converge())).code).toBe("DATABASE_REPLACED");
  expect(existsSync(dataDirectory)).toBe(false);
  await converge({ to: "absent", deleteData: true });
  ports.state.ensure([]);
  expect(await converge()).toMatch(/^create/);
});

test("another cluster in its place is refused, running or not", async () => {
  const { ports, converge, plan } = await stage();
  await converge();
  ports.state.recordSystemIdentifier("42");
  expect(await plan()).toMatch(/^refuse .* and was 42$/);
  await converge({ to: "stopped" });
  expect(await plan()).toMatch(/^refuse .* and was 42$/);
});

test("another major version than the data's is refused; without a version the data decides", async () => {
  const { box, converge, plan } = await stage();
  await converge();
  expect(await plan({ spec: { ...box.spec, major: 17 } })).toMatch(/^refuse .*made by PostgreSQL 15, and version 17/);
  expect(await plan({ spec: { ...box.spec, major: undefined } })).toBe("");
});

test("a login that the running server refuses is told, and does not count as down", async () => {
  const { box, converge, plan } = await stage();
  await converge();
  const endpoint = endpointOn(box.spec.port, { user: "postgres", password: new Secret("wrong") });
  expect(await plan({ endpoint })).toMatch(/^refuse .*password authentication failed/);
});

test("an external server is asked and left alone", async () => {
  const { box, plan, converge } = await stage();
  await converge();
  const { spec: _, ...external } = { ...standard(), endpoint: endpointOn(box.spec.port, box.admin) };
  const one: DesiredInstance = { ...external, provider: "external" };
  const ports = opened[0]?.ports;
  if (ports === undefined) throw new Error("no stage");
  await ports.server.reset();
  const [found] = await observe([one], ports, signal);
  expect(found).toMatchObject({ provider: "external", server: "up", systemIdentifier: expect.stringMatching(/^\d+$/) });
  expect(found?.version).toBeGreaterThan(150_000);
  expect(diff([one], found === undefined ? [] : [found])).toEqual([]);
  expect(await plan()).toBe("");

  await box.servers.stop(box.spec, signal);
  await ports.server.reset();
  const gone = await observe([one], ports, signal);
  expect(gone).toMatchObject([{ server: "down", error: { code: "POSTGRES_UNREACHABLE" } }]);
  expect(diff([one], gone)).toEqual([]);
});

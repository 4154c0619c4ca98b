import { expect, test } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import { resourceId } from "../../../controller/core/id.ts";
import type { Claim } from "../../../controller/core/ownership.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { PublishedPort } from "../../../controller/core/ports/container-spec.ts";
import type { PortHolder } from "../../../controller/core/ports/host.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import { observeMachine, withHolder } from "../../../controller/resources/container/machine.ts";
import type { DesiredContainer } from "../../../controller/resources/container/model.ts";
import { desired, foreign, observed } from "./kit.ts";

// What the plan warns of before a container is started: who has its port on this machine, which folders are not there.

const port: PublishedPort = { containerPort: 80, hostPort: 8080, protocol: "tcp" };
const publishing = (...ports: readonly PublishedPort[]): DesiredContainer => desired({ spec: { ports } });
const mounting = (createHostPath: boolean): DesiredContainer =>
  desired({
    spec: { mounts: [{ type: "bind", source: "/srv/conf", target: "/conf", readOnly: true, createHostPath }] },
  });

interface World {
  readonly holders?: Readonly<Record<string, PortHolder>>;
  readonly files?: readonly string[];
  readonly isLocal?: boolean;
}

/** A machine on which only that is asked for which a test names. */
const machine = ({ holders = {}, files = [], isLocal = true }: World) => {
  const asked: string[] = [];
  const ports = {
    containers: { facts: () => Promise.resolve({ isLocal }) },
    host: {
      portHolder: (host: string, number: number) => {
        asked.push(`${host}:${number}`);
        return Promise.resolve(holders[`${host}:${number}`]);
      },
    },
    files: { exists: (path: string) => files.includes(path) },
  } as unknown as Ports;
  return { ports, asked };
};

const { signal } = new AbortController();
const nginx: PortHolder = { pid: 12, text: "nginx (pid 12)" };
const taken = "port 8080:80/tcp is taken on this machine: nginx (pid 12)";

async function notesOn(wish: DesiredContainer, world: World, seen: Parameters<typeof diff>[1] = []) {
  const found = seen.flatMap((one) => ("summary" in one ? [one] : []));
  const own = found.flatMap(({ resource, summary }): Claim[] =>
    resource === undefined ? [] : [{ resource, summary }],
  );
  const { ports } = machine(world);
  const listed = found.map(({ summary }) => summary);
  const facts = await observeMachine([wish], own, listed, ports, signal);
  return diff([wish], [...seen, ...facts]).map(({ verb, notes = [] }) => [verb, ...notes]);
}

test.each<[string, DesiredContainer, World, Parameters<typeof diff>[1], readonly (readonly string[])[]]>([
  ["a port that a program has", publishing(port), { holders: { "0.0.0.0:8080": nginx } }, [], [["create", taken]]],
  [
    "on one address only",
    publishing({ ...port, hostIp: "127.0.0.1" }),
    { holders: { "127.0.0.1:8080": nginx } },
    [],
    [["create", "port 127.0.0.1:8080:80/tcp is taken on this machine: nginx (pid 12)"]],
  ],
  ["a free one", publishing(port), {}, [], [["create"]]],
  [
    "a process of this environment may go in the same plan",
    publishing(port),
    { holders: { "0.0.0.0:8080": { ...nginx, resource: "process:web" } } },
    [],
    [["create"]],
  ],
  [
    "an engine that has not let go yet",
    publishing(port),
    { holders: { "0.0.0.0:8080": { text: "docker-proxy (pid 9)" } } },
    [],
    [["create"]],
  ],
  [
    "the container that is replaced gives it back",
    desired({ spec: { ports: [port], command: ["new"] } }),
    { holders: { "0.0.0.0:8080": nginx } },
    [observed(publishing(port), { ports: [port] })],
    [["replace"]],
  ],
  [
    "another container has it, which is refused",
    publishing(port),
    { holders: { "0.0.0.0:8080": nginx } },
    [foreign({ names: ["other"], ports: [port] })],
    [["refuse"]],
  ],
  [
    "one that is started again",
    publishing(port),
    { holders: { "0.0.0.0:8080": nginx } },
    [observed(publishing(port), { state: "exited", exitCode: 1 })],
    [["start", taken]],
  ],
  ["an engine elsewhere", publishing(port), { holders: { "0.0.0.0:8080": nginx }, isLocal: false }, [], [["create"]]],
  [
    "a folder that the engine makes",
    mounting(true),
    {},
    [],
    [["create", "/srv/conf is not there: the engine makes an empty folder of that name, which belongs to its user"]],
  ],
  [
    "a folder that nobody makes",
    mounting(false),
    {},
    [],
    [["create", "/srv/conf is not there, and without `create_host_path` the engine makes none: the start fails"]],
  ],
  ["a folder that is there", mounting(true), { files: ["/srv/conf"] }, [], [["create"]]],
])("%s", async (_name, wish, world, seen, expected) => {
  expect(await notesOn(wish, world, seen)).toEqual(expected);
});

test("the error of a start names who has the port", async () => {
  const { ports } = machine({ holders: { "0.0.0.0:8080": nginx } });
  const error = new PoststackError("PORT_TAKEN", { what: "starting container: port is already allocated" });
  const named = await withHolder(error, publishing(port), ports, signal);
  expect(named).toMatchObject({ facts: { code: "PORT_TAKEN", details: ["8080:80/tcp: nginx (pid 12)"] } });
  const other = new PoststackError("ENGINE_BUSY", { what: "busy" });
  expect(await withHolder(other, publishing(port), ports, signal)).toBe(other);
  expect(await withHolder(error, publishing(port), machine({ isLocal: false }).ports, signal)).toBe(error);
});

test("of what runs as it should, of ranges and of ports that the engine chooses nothing is asked", async () => {
  const running = publishing(port);
  const wishes = [
    running,
    desired({
      id: resourceId("container", "db"),
      spec: {
        ports: [
          { containerPort: 1, protocol: "tcp" },
          { ...port, hostPort: { first: 1, last: 9 } },
          { ...port, protocol: "udp" },
        ],
      },
    }),
  ];
  const { ports, asked } = machine({});
  const { summary } = observed(running);
  expect(await observeMachine(wishes, [{ resource: running.id, summary }], [summary], ports, signal)).toEqual([]);
  expect(asked).toEqual([]);

  const job = desired({ ...publishing(port), runs: "once" });
  const { summary: ended } = observed(job, { state: "exited", exitCode: 0 });
  const own = [{ resource: job.id, summary: ended }];
  expect(
    await observeMachine([job], own, [ended], machine({ holders: { "0.0.0.0:8080": nginx } }).ports, signal),
  ).toEqual([]);
});

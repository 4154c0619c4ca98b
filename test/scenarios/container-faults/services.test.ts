import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ContainerSpec } from "../../../controller/core/ports/container-spec.ts";
import { ensureBare } from "../../engine/images.ts";
import { errorsOf } from "../../support/command.ts";
import type { Stage } from "../containers/stage.ts";
import { box, stage } from "./stage.ts";

// Services that cannot work, on a real engine: each is an error with a place, a next step and what was said last, and what
// does not depend on it runs.

afterAll(() => box?.close());

/** Somebody else's program. */
const other = createServer().listen(0, "127.0.0.1");
await once(other, "listening");
const { port } = other.address() as AddressInfo;
afterAll(() => void other.close());

interface Row {
  /** Keys of the service `web`. */
  readonly keys: string;
  readonly exitCode: number;
  readonly code: string;
  readonly what: RegExp;
  readonly next: RegExp;
  /** Some of its lines. */
  readonly details?: readonly unknown[];
  /** What there is of `web` then. */
  readonly left?: string;
  /** What somebody else has in the engine before, and the port that it has. */
  readonly given?: (app: Stage, image: string) => Promise<{ readonly id: string; readonly port?: number }>;
  /** Where the error lies, if not at the service. */
  readonly line?: number;
}

/** A container of another project. */
async function foreignContainer(
  { box: { engine, labels, signal } }: Stage,
  name: string,
  spec: object,
): Promise<string> {
  const whole = {
    environment: new Map(),
    ports: [],
    expose: [],
    mounts: [],
    network: { mode: "bridge" },
    labels,
    ...spec,
  };
  const { id } = await engine.createContainer(name, whole as unknown as ContainerSpec, signal);
  await engine.startContainer(id, signal);
  return id;
}

const rows: readonly (readonly [name: string, row: Row])[] = [
  [
    "a check that never passes",
    {
      keys: 'image: IMAGE, healthcheck: { test: "echo still ill; exit 1", interval: 100ms, retries: 2 }',
      ...{ exitCode: 3, code: "UNHEALTHY", what: /container:web was started, and its healthcheck fails/, next: /log/ },
      ...{ details: ["check: still ill"], left: "web-1 running" },
    },
  ],
  [
    "one that exits at once",
    {
      keys: 'image: IMAGE, command: ["sh", "-c", "echo no such setting; exit 3"]',
      ...{ exitCode: 3, code: "UNHEALTHY", what: /container:web was started, and .*3/, next: /log/ },
      ...{ details: ["no such setting"], left: "web-1 exited" },
    },
  ],
  [
    "a program that the image does not have",
    {
      keys: "image: IMAGE, command: [no-such-program]",
      ...{ exitCode: 1, code: "COMMAND_MISSING", what: /no-such-program/, next: /command/, left: "web-1 created" },
    },
  ],
  [
    "a check with a shell in an image without one",
    {
      keys: 'image: BARE, healthcheck: { test: "true", interval: 100ms, retries: 2 }',
      ...{ exitCode: 3, code: "UNHEALTHY", what: /its healthcheck fails/, next: /log/, left: "web-1 running" },
      details: [expect.stringMatching(/check: .*\/bin\/sh.*no such file/)],
    },
  ],
  [
    "a hook with a shell in an image without one",
    {
      keys: 'image: BARE, post_start: [{ command: "true" }]',
      ...{
        exitCode: 1,
        code: "COMMAND_MISSING",
        what: /^running true in container \w{12}: /,
        next: /image has the program/,
      },
      left: "web-1 running",
    },
  ],
  [
    "a port that another program has",
    {
      keys: `image: IMAGE, ports: ["127.0.0.1:${port}:80"]`,
      ...{
        exitCode: 1,
        code: "PORT_TAKEN",
        what: new RegExp(String(port)),
        next: /another|stop/,
        left: "web-1 created",
      },
      details: [expect.stringContaining(`(pid ${process.pid})`)],
    },
  ],
  [
    "a port that a container of another project has",
    {
      keys: 'image: IMAGE, ports: ["127.0.0.1:PORT:80"]',
      given: async (app, image) => {
        const ports = [{ containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1" }];
        const id = await foreignContainer(app, app.box.name("other"), { image, ports });
        const details = await app.box.engine.inspectContainer(id, app.box.signal);
        return { id, port: Number(details?.ports[0]?.hostPort) };
      },
      ...{ exitCode: 1, code: "PORT_TAKEN", what: /is taken by container "\S+other"$/, next: /docker stop \S+other\)/ },
    },
  ],
  [
    "a name that a container of another project has",
    {
      keys: "image: IMAGE",
      given: async (app, image) => ({ id: await foreignContainer(app, `${app.name}-dev-web-1`, { image }) }),
      ...{
        exitCode: 1,
        code: "NAME_TAKEN",
        what: /^a container "\S+-dev-web-1" is there already/,
        next: /container_name/,
      },
    },
  ],
  [
    "a name that a network of another project has",
    {
      keys: "image: IMAGE, networks: [lan]",
      given: ({ name, box: { engine, labels, signal } }) => engine.createNetwork(`${name}-dev_lan`, { labels }, signal),
      ...{
        exitCode: 1,
        code: "NAME_TAKEN",
        what: /^a network "\S+-dev_lan" is there already/,
        next: /external: true/,
      },
      line: 4,
    },
  ],
  [
    "a build whose step fails",
    {
      keys: 'build: { context: ., dockerfile_inline: "FROM IMAGE\\nRUN echo the last words; exit 3\\n" }',
      ...{ exitCode: 1, code: "BUILD_FAILED", what: /building \S+web/, next: /Dockerfile/ },
      details: [expect.stringContaining("the last words")],
    },
  ],
  [
    "an image that is nowhere",
    {
      keys: "image: pst/none:1, pull_policy: never",
      ...{ exitCode: 1, code: "IMAGE_MISSING", what: /pst\/none:1/, next: /./ },
    },
  ],
];

describe.skipIf(box === undefined)("a service that cannot work", () => {
  // One environment for all of them: what is wrong can be put right by changing the file (RELIABILITY 7).
  let app: Stage;
  let bare: string;
  beforeAll(async () => {
    if (box !== undefined) bare = await ensureBare(box);
  });

  test("each says what, where and what next; the next file is applied as if nothing had been", async () => {
    app = await stage({ "compose.yml": "services: { beside: { image: IMAGE, init: true } }" });
    await app.ok("apply", "--yes", "--no-wait");
    const { id: besideId } = await app.container("beside-1");
    const image = /image: (\S+),/.exec(app.project.read("compose.yml"))?.[1] ?? "";
    const { engine, signal } = app.box;
    for (const [name, row] of rows) {
      const given = await row.given?.(app, image);
      const places = { IMAGE: image, BARE: bare, PORT: String(given?.port) };
      const keys = row.keys.replaceAll(/IMAGE|BARE|PORT/g, (place) => places[place as keyof typeof places]);
      const beside = `beside: { image: "${image}", init: true }`;
      const lan = keys.includes("lan") ? "networks: { lan: {} }\n" : "";
      app.project.write("compose.yml", `services:\n  ${beside}\n  web: { ${keys}, stop_grace_period: 0s }\n${lan}`);
      const ended = await app.run("apply", "--yes", "--json");
      expect(ended.code, `${name}\n${ended.text}`).toBe(row.exitCode);
      const [error, ...others] = errorsOf(ended);
      expect(others, name).toEqual([]);
      expect(error, name).toMatchObject({
        code: row.code,
        what: expect.stringMatching(row.what) as unknown,
        next: expect.stringMatching(row.next) as unknown,
        where: { file: "compose.yml", line: row.line ?? 3 },
      });
      if (row.details !== undefined) expect(error?.details, name).toEqual(expect.arrayContaining([...row.details]));
      expect(await app.containers(), name).toEqual(["beside-1 running", ...(row.left === undefined ? [] : [row.left])]);
      expect((await app.container("beside-1")).id, name).toBe(besideId);
      if (given !== undefined) {
        const all = [...(await engine.containers(signal)), ...(await engine.networks(signal))];
        expect(all.map(({ id }) => id)).toContain(given.id);
        await app.box.empty();
      }
      // The next one is the first again, and replaces nothing.
      if (row.left === undefined) continue;
      const { id } = await app.container("web-1");
      await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
    }
    app.project.write("compose.yml", `services:\n  web: { image: "${image}", init: true }\n`);
    await app.ok("apply", "--yes", "--no-wait");
    expect([await app.containers(), await app.plan()]).toEqual([["web-1 running"], []]);
  }, 240_000);
});

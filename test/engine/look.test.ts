import { expect, test } from "vitest";
import { resourceId } from "../../controller/core/id.ts";
import { PoststackError } from "../../controller/core/errors.ts";
import type { Endpoint, Postgres } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import type { EnginePorts, LoadDesired } from "../../controller/engine/converge.ts";
import { see } from "../../controller/engine/look.ts";
import { kinds, type Desired } from "../../controller/resources/index.ts";
import { place } from "../resources/role/kit.ts";

const login = { user: "postgres", password: new Secret("pw") };
const endpoint: Endpoint = {
  ...{ host: "127.0.0.1", port: 1, sslmode: "disable", database: "app", maintenanceDatabase: "postgres" },
  ...{ admin: login, owner: login },
};
const none = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Desired["resources"];
const desired: Desired = {
  ...{ project: "p", environment: "prod", root: "/", secretNames: [], lockName: "p/prod", protected: false, endpoint },
  scope: new Set(["instance"]),
  resources: {
    ...none,
    instance: [
      {
        ...{ id: resourceId("instance", "postgres"), provider: "external", to: "running", endpoint },
        ...{ parameters: new Map(), deleteData: false, dependsOn: [], place },
      },
    ],
  },
};

/** A server that never answers: a connection ends by its signal alone. */
function silentServer(): { readonly ports: EnginePorts; readonly asked: Promise<AbortSignal> } {
  let ask: (signal: AbortSignal) => void;
  const asked = new Promise<AbortSignal>((resolve) => (ask = resolve));
  const connect: Postgres["connect"] = (_endpoint, _login, _database, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new PoststackError("POSTGRES_UNREACHABLE", { what: "ended" })));
      ask(signal);
    });
  return { ports: { postgres: { connect }, state: { read: () => undefined } } as unknown as EnginePorts, asked };
}

const refusing: EnginePorts = {
  state: { read: () => undefined },
  postgres: {
    connect: () => Promise.reject(new PoststackError("POSTGRES_UNREACHABLE", { what: "nobody answers" })),
  },
} as unknown as EnginePorts;
const { signal } = new AbortController();

test("the world is asked while the files are still being read", async () => {
  const { ports, asked } = silentServer();
  const stop = new AbortController();
  const load: LoadDesired = async (begin) => {
    begin?.(desired);
    await asked;
    stop.abort();
    return desired;
  };
  const server = await see(load, ports, stop.signal, ({ observation }) => observation.observed.instance?.[0]?.server);
  expect(server).toBe("down");
});

test("an error in the files ends the looking at once, and is what is told", async () => {
  const { ports, asked } = silentServer();
  const wrong = new PoststackError("MIGRATION_HEADER", { what: "wrong" });
  const load: LoadDesired = async (begin) => {
    begin?.(desired);
    await asked;
    throw wrong;
  };
  await expect(see(load, ports, signal, () => "seen")).rejects.toBe(wrong);
  expect((await asked).aborted).toBe(true);
});

test("what a load does not tell early is looked at when it is whole", async () => {
  const told = await see(
    () => Promise.resolve(desired),
    refusing,
    signal,
    (seen) => [seen.desired === desired, seen.observation.observed.instance?.[0]?.error?.what],
  );
  expect(told).toEqual([true, "nobody answers"]);
});

/** What is asked of an engine, and when the files are read. */
function asked(engine: object | undefined) {
  const order: string[] = [];
  const list = (of: string) => (listing: AbortSignal) => {
    order.push(of);
    return new Promise((_resolve, reject) => {
      listing.addEventListener("abort", () => {
        order.push(`${of} ends`);
        reject(new Error("ended"));
      });
    });
  };
  const ports = {
    ...refusing,
    state: { read: () => (engine === undefined ? undefined : { engine }) },
    containers: {
      identify: () => Promise.resolve({ engine: "docker", address: "here" }),
      containers: list("containers"),
      images: list("images"),
      networks: list("networks"),
    },
  } as unknown as EnginePorts;
  const load: LoadDesired = () => {
    order.push("files");
    return Promise.resolve(desired);
  };
  return { order, look: () => see(load, ports, signal, () => order.push("told")) };
}

test("an engine that is known lists what it has while the files are read; whoever needs nothing of it does not wait", async () => {
  const { order, look } = asked({ engine: "docker", address: "here" });
  await look();
  const lists = ["containers", "images", "networks"];
  expect(order).toEqual([...lists, "files", "told", ...lists.map((one) => `${one} ends`)]);
});

test("no engine is asked before the files say so, where none is known", async () => {
  const { order, look } = asked(undefined);
  await look();
  expect(order).toEqual(["files", "told"]);
});

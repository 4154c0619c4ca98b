import { describe, expect, test } from "vitest";
import { passwords } from "../../../controller/adapters/scram.ts";
import { PoststackError } from "../../../controller/core/errors.ts";
import { reveal } from "../../../controller/core/secret.ts";
import type { Endpoint } from "../../../controller/core/ports/postgres.ts";
import type { ContainerServer } from "../../../controller/resources/instance/model.ts";
import {
  isForsaken,
  labelsOfTemporary,
} from "../../../controller/resources/instance/on-container/temporary/left-behind.ts";
import {
  onTemporaryContainer,
  type TemporaryPorts,
} from "../../../controller/resources/instance/on-container/temporary/run.ts";
import { virtualClock } from "../../support/fake-clock.ts";
import type { Program } from "../../support/fake-container.ts";
import { fakeEngine, type FakeEngine, type FakeOptions } from "../../support/fake-engine.ts";
import { endpointOn } from "./stage.ts";

const { signal } = new AbortController();

/** An engine that has the image of the environment, and a server in each container that answers at the second try. */
function world(options: Partial<FakeOptions> = {}, connect?: TemporaryPorts["postgres"]["connect"]) {
  let made = 0;
  const clock = { ...virtualClock(), random: () => (8 + made++) / 16 };
  const containers = fakeEngine({ clock, ...options });
  const image = containers.addImage("postgres:17", {
    entrypoint: ["docker-entrypoint.sh"],
    environment: new Map([
      ["PG_MAJOR", "17"],
      ["PGDATA", "/var/lib/postgresql/data"],
      ["POSTGRES_PASSWORD", "of the image"],
    ]),
    labels: new Map([["io.poststack.owner", "of an environment"]]),
    volumes: ["/var/lib/postgresql/data"],
  });
  const asked: Endpoint[] = [];
  const answering: TemporaryPorts["postgres"]["connect"] = (endpoint) => {
    asked.push(endpoint);
    return asked.length < 2
      ? Promise.reject(new PoststackError("POSTGRES_CONNECTION_LOST", { what: "not yet" }))
      : Promise.resolve({ close: () => Promise.resolve() } as never);
  };
  const warnings: string[] = [];
  const ports: TemporaryPorts = {
    clock,
    containers,
    passwords,
    postgres: { connect: connect ?? answering },
    host: { self: () => "me", isGone: (self: string) => self === "gone" } as unknown as TemporaryPorts["host"],
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (facts, text) => warnings.push(`${"container" in facts ? String(facts.container) : "?"}: ${text}`),
    },
  };
  /** One that is there already, under that name. */
  const make = async (name: string, labels: ReadonlyMap<string, string>): Promise<void> => {
    const spec = { image: image.id, environment: new Map<string, string>(), ports: [], expose: [], mounts: [] };
    await containers.createContainer(name, { ...spec, labels, network: { mode: "default" } }, signal);
  };
  const names = (): readonly string[] => [...containers.byId.values()].map(({ name }) => name);
  return { containers, image, ports, asked, warnings, make, names };
}

const container = { bind: "127.0.0.1" } as ContainerServer;
const parameters = new Map([
  ["Shared_Preload_Libraries", "timescaledb"],
  ["timescaledb.license", "apache"],
  ["wal_level", "minimal"],
  ["max_wal_senders", "0"],
  ["shared_buffers", "16GB"],
  ["archive_command", "cp %p /archive"],
  ["ssl_cert_file", "/etc/server.crt"],
  ["fsync", "on"],
]);
const wanted = { endpoint: endpointOn(5433), parameters, container };
const only = (engine: FakeEngine) => [...engine.byId.values()][0] ?? expect.fail("there is no container");

describe("a temporary server on a container", () => {
  test("has the image and what its extensions need, nothing else of the environment, and goes with its data", async () => {
    const { containers, image, ports, asked } = world();
    const written = await onTemporaryContainer(wanted, image, ports, signal, ({ host, port, admin }) => {
      const { spec, files } = only(containers);
      expect({ host, port }).toEqual({ host: "127.0.0.1", port: 49_153 });
      expect(asked.map((one) => [one.host, one.port, one.database])).toEqual(asked.map(() => [host, port, "app_dev"]));
      expect(spec).toMatchObject({
        image: image.id,
        network: { mode: "default" },
        restart: { name: "no" },
        ports: [{ containerPort: 5432, hostIp: "127.0.0.1" }],
        mounts: [{ type: "volume", target: "/var/lib/postgresql/data" }],
      });
      expect(spec.mounts[0]).not.toHaveProperty("name");
      expect(spec.labels.get("io.poststack.owner")).toBe("");
      expect(spec.environment.get("POSTGRES_PASSWORD")).toBeUndefined();
      const texts = [...files.values()].map(({ content }) => String(content)).join("\n");
      expect(texts).toContain("SCRAM-SHA-256$");
      expect([texts, JSON.stringify([...spec.environment])].join("\n")).not.toContain(reveal(admin.password));
      expect(admin.user).toBe("postgres");
      return Promise.resolve(texts);
    });
    expect(written).toContain("Shared_Preload_Libraries = 'timescaledb'");
    expect(written).toContain("timescaledb.license = 'apache'");
    // The one without the other is a server that does not start.
    expect(written).toContain("wal_level = 'minimal'");
    expect(written).toContain("max_wal_senders = '0'");
    expect(written).toContain("fsync = 'off'");
    expect(written).not.toMatch(/16GB|archive_command|ssl_cert_file|fsync = 'on'/);
    expect([...containers.byId.values()]).toEqual([]);
  });

  test("of an engine on another machine is published and reached as the environment's own", async () => {
    const { containers, image, ports } = world();
    const endpoint = { ...wanted.endpoint, host: "db.example" };
    const far = { ...wanted, endpoint, container: { ...container, bind: "10.0.0.5" } };
    await onTemporaryContainer(far, image, ports, signal, ({ host }) => {
      expect(host).toBe("db.example");
      expect(only(containers).spec.ports).toMatchObject([{ hostIp: "10.0.0.5" }]);
      return Promise.resolve();
    });
  });

  const lost = new PoststackError("ENGINE_CONNECTION_LOST", { what: "the answer was lost" });
  const failing =
    (call: string, when: "before" | "after"): NonNullable<FakeOptions["fault"]> =>
    (name, at) =>
      name === call && at === when ? lost : undefined;

  test.each<[how: string, options: Partial<FakeOptions>]>([
    ["its creation lost the answer", { fault: failing("createContainer", "after") }],
    ["its files could not be put there", { fault: failing("putFiles", "before") }],
    ["its start lost the answer", { fault: failing("startContainer", "after") }],
  ])("is gone when %s", async (_how, options) => {
    const { containers, image, ports } = world(options);
    await expect(onTemporaryContainer(wanted, image, ports, signal, () => Promise.resolve())).rejects.toBe(lost);
    expect(containers.byId.size).toBe(0);
    expect(containers.writes.some((line) => line.startsWith("createContainer"))).toBe(true);
  });

  test("leaves one alone that somebody else has made under its name", async () => {
    const { containers, image, ports, make } = world();
    const name = "poststack-temporary-80000000";
    await make(name, labelsOfTemporary(name, "somebody"));
    const refused = onTemporaryContainer(wanted, image, ports, signal, () => Promise.resolve());
    await expect(refused).rejects.toMatchObject({ code: "NAME_TAKEN" });
    expect(only(containers).name).toBe(name);
  });

  test("is gone when what ran on it failed, or was interrupted", async () => {
    const { containers, image, ports } = world();
    const failed = new Error("failed");
    await expect(onTemporaryContainer(wanted, image, ports, signal, () => Promise.reject(failed))).rejects.toBe(failed);
    expect(containers.byId.size).toBe(0);
    const interrupt = new AbortController();
    const running = onTemporaryContainer(wanted, image, ports, interrupt.signal, () => {
      interrupt.abort(failed);
      return Promise.reject(failed);
    });
    await expect(running).rejects.toBe(failed);
    expect(containers.byId.size).toBe(0);
  });

  test("that ends before it answers says its last words, and is gone", async () => {
    const program = (): Program => ({ exitsAfterMs: 200, exitCode: 3, output: ["could not load library"] });
    const unreachable = (): Promise<never> =>
      Promise.reject(new PoststackError("POSTGRES_UNREACHABLE", { what: "nobody is there" }));
    const { containers, image, ports } = world({ program }, unreachable);
    const error: unknown = await onTemporaryContainer(wanted, image, ports, signal, () => Promise.resolve()).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "POSTGRES_START", facts: { details: ["could not load library"] } });
    expect(String(error)).toContain("exit code 3");
    expect(containers.byId.size).toBe(0);
  });

  test("takes away what killed ones left, and nothing that lives or only looks like it", async () => {
    const { image, ports, make, names } = world();
    await make("left", labelsOfTemporary("left", "gone"));
    await make("living", labelsOfTemporary("living", "another"));
    await make("committed", labelsOfTemporary("left", "gone"));
    await make("web", new Map());
    const seen = await onTemporaryContainer(wanted, image, ports, signal, () => Promise.resolve(names()));
    expect(seen).toEqual(["living", "committed", "web", expect.stringMatching(/^poststack-temporary-[0-9a-f]{8}$/)]);
    expect(names()).toEqual(["living", "committed", "web"]);
  });

  const left = labelsOfTemporary("left", "gone");

  test("is made though what a killed one left cannot be removed, which is told", async () => {
    const fault: FakeOptions["fault"] = (_call, when, written) =>
      when === "before" && written === "removeContainer left" ? lost : undefined;
    const { image, ports, make, names, warnings } = world({ fault });
    await make("left", left);
    await make("left too", labelsOfTemporary("left too", "gone"));
    expect(await onTemporaryContainer(wanted, image, ports, signal, () => Promise.resolve("run"))).toBe("run");
    expect(names()).toEqual(["left"]);
    expect(warnings).toEqual(["left: a temporary server that was left cannot be removed"]);
  });

  test("is not made when it was interrupted while it removed what was left", async () => {
    const interrupt = new AbortController();
    const fault: FakeOptions["fault"] = (call, when) => {
      if (call === "removeContainer" && when === "before") interrupt.abort(lost);
      return interrupt.signal.aborted ? lost : undefined;
    };
    const { containers, image, ports, make, warnings } = world({ fault });
    await make("left", left);
    const interrupted = onTemporaryContainer(wanted, image, ports, interrupt.signal, () => Promise.resolve());
    await expect(interrupted).rejects.toBe(lost);
    expect(containers.writes).toEqual(["createContainer left"]);
    expect(warnings).toEqual([]);
  });

  test("leaves one alone that somebody has given another name since it was listed", async () => {
    const renamed = world({
      fault: (call, when) => {
        if (call === "containers" && when === "after") only(renamed.containers).name = "kept";
        return undefined;
      },
    });
    await renamed.make("left", left);
    await onTemporaryContainer(wanted, renamed.image, renamed.ports, signal, () => Promise.resolve());
    expect(renamed.names()).toEqual(["kept"]);
  });

  test("that this process has lost goes with its next one, and those that it is at stay", async () => {
    let isStuck = true;
    const fault: FakeOptions["fault"] = (call, when) =>
      isStuck && call === "removeContainer" && when === "before" ? lost : undefined;
    const { image, ports, names, warnings } = world({ fault });
    const run = <T>(what: () => Promise<T>): Promise<T> => onTemporaryContainer(wanted, image, ports, signal, what);
    await run(() => Promise.resolve());
    expect(names()).toEqual(["poststack-temporary-80000000"]);
    expect(warnings).toEqual([
      "poststack-temporary-80000000: a temporary server is left; the next rehearsal takes it away",
    ]);
    isStuck = false;
    const both = await run(() => run(() => Promise.resolve(names())));
    expect(both).toEqual(["poststack-temporary-90000000", "poststack-temporary-a0000000"]);
    expect(names()).toEqual([]);
  });
});

const day = 24 * 60 * 60_000;
const now = new Date(100 * day);

test.each<[is: string, of: boolean | undefined, ageMs: number, more: object, forsaken: boolean]>([
  ["its maker is gone", true, 0, {}, true],
  ["its maker lives", false, 0.9 * day, {}, false],
  ["its maker lives, and it is old", false, 1.1 * day, {}, true],
  ["its maker is another machine's", undefined, 0.9 * day, {}, false],
  ["its maker is another machine's, and it is old", undefined, 1.1 * day, {}, true],
  ["the engine removes it already", true, 0, { state: "removing" }, false],
  ["somebody renamed it", true, 0, { names: ["kept"] }, false],
  ["an image brought its labels along", true, 0, { names: ["other"] }, false],
  ["it has another label of ours", true, 30 * day, { labels: new Map([["io.poststack.owner", "x"]]) }, false],
  ["its maker is no text of ours", undefined, 0, { labels: new Map([["io.poststack.temporary", "t"]]) }, false],
])("forsaken or not, when %s", (_is, isGone, ageMs, more, forsaken) => {
  const createdAt = new Date(now.getTime() - ageMs);
  const summary = { names: ["t"], state: "running", labels: labelsOfTemporary("t", "somebody"), createdAt } as const;
  expect(isForsaken({ ...summary, ...more }, () => isGone, now)).toBe(forsaken);
});

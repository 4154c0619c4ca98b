import { randomBytes } from "node:crypto";
import { describe, expect, test, onTestFinished } from "vitest";
import { engineBox } from "../engine/box.ts";
import { ensureBusybox } from "../engine/images.ts";
import { forThisTest, newProject } from "../support/scenario.ts";
import { ensurePostgres, isPossible } from "./container-instance/image.ts";
import { engineProxy } from "./containers/engine-proxy.ts";

// What a look at containers costs: calls to the engine, the same on every machine. Times are the business of bench/.

/** All that a look asks where everything is as it should be; each list tells of all its objects at once. */
const look = ["/_ping", "/containers/json?all=1", "/images/json", "/networks", "/volumes"];

/** Undefined: there is no engine here, or no server for an image; the end of the run says so. */
const box = isPossible ? await engineBox("docker") : undefined;

describe.skipIf(box === undefined)("a plan of services and their Postgres", () => {
  test("with nothing to do is one list of containers and one of each other thing, however many services there are; an apply that changes one is four of containers", async () => {
    if (box === undefined) throw new Error("no engine");
    const { engine, signal } = box;
    const [busybox, postgres] = [await ensureBusybox(box), await ensurePostgres(box)];
    const name = `pst${randomBytes(4).toString("hex")}`;
    // Most of what it takes to start a container is its network.
    const service = (index: number): string =>
      `  s${index}: { image: ${busybox}, stop_signal: KILL, volumes: ["data:/data"]${index === 0 ? "" : ", network_mode: none"} }`;
    const services = (count: number): string =>
      ["services:", ...Array.from({ length: count }, (_, index) => service(index)), "volumes: { data: {} }", ""].join(
        "\n",
      );
    const project = await forThisTest(
      newProject({
        ".poststack.yml": `project: { name: ${name} }
environments:
  dev:
    postgres: { provider: container, image: ${postgres}, port: PORT0 }
    deployment: { compose: compose.yaml }
`,
        "compose.yaml": services(3),
      }),
    );
    const proxy = await engineProxy(box.socket);
    onTestFinished(() => proxy.close());
    const isOurs = ({ labels }: { readonly labels: ReadonlyMap<string, string> }): boolean =>
      labels.get("io.poststack.project") === name;
    onTestFinished(async () => {
      for (const { id } of (await engine.containers(signal)).filter(isOurs))
        await engine.removeContainer(id, { force: true, anonymousVolumes: true }, signal);
      for (const { id } of (await engine.networks(signal)).filter(isOurs)) await engine.removeNetwork(id, signal);
      for (const volume of (await engine.volumes(signal)).filter(isOurs))
        await engine.removeVolume(volume.name, signal);
    }, 60_000);
    const counted = async (...args: readonly string[]): Promise<readonly string[]> => {
      proxy.reads();
      const { code, text } = await project.runWith({ DOCKER_HOST: proxy.host }, ...args);
      if (code !== 0) throw new Error(text);
      expect(text).toContain("Nothing to do");
      return [...proxy.reads()].sort();
    };

    for (const count of [3, 30]) {
      project.write("compose.yaml", services(count));
      const { code, text } = await project.runWith({ DOCKER_HOST: proxy.host }, "apply", "--yes", "--no-wait");
      if (code !== 0) throw new Error(text);
      const wrote = [...proxy.writes()];
      expect(await counted("plan"), `plan of ${count}`).toEqual(look);
      expect(await counted("apply", "--no-wait"), `apply of ${count}`).toEqual(look);
      expect(proxy.writes(), "neither of them wrote").toEqual(wrote);
    }

    project.write("compose.yaml", services(30).replace("stop_signal: KILL", "stop_signal: KILL, labels: { a: b }"));
    proxy.reads();
    const { code, text } = await project.runWith({ DOCKER_HOST: proxy.host }, "apply", "--yes", "--no-wait");
    expect(text).toContain("replace container:s0");
    expect(code).toBe(0);
    // Before anything is done, under the lock, for what is recorded of it, and to see that it is done.
    expect(proxy.reads().filter((path) => path.startsWith("/containers/json"))).toHaveLength(4);
  }, 300_000);
});

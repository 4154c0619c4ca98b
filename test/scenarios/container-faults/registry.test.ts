import { chmodSync } from "node:fs";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { tarEntry } from "../../../controller/adapters/containers/tar.ts";
import { busyboxArchive } from "../../engine/images.ts";
import { errorsOf } from "../../support/command.ts";
import { startRegistry } from "../../support/registry.ts";
import type { Stage } from "../containers/stage.ts";
import { box, stage } from "./stage.ts";

// Images out of a registry: a small one of our own, which the real engine pulls from.

const registry = await startRegistry();
// A layer of its own: of one that is unpacked already, containerd fetches nothing, and Docker cannot read such an image.
const mark = tarEntry({ path: "of-the-registry", type: "folder", mode: 0o755 });
const archive = box === undefined ? Buffer.alloc(0) : Buffer.concat([mark, busyboxArchive()]);
const config = (value: string): object => ({ Env: ["PATH=/bin", `MARK=${value}`], Cmd: ["sleep", "100000"] });
const login = { user: "me", password: "pa:ss" };
beforeEach(() => {
  registry.protect(undefined);
  registry.fail(0);
});
afterAll(async () => {
  await registry.close();
  await box?.close();
});

/** A name of its own: what an engine has pulled stays. */
async function staged(policy: string): Promise<Stage & { readonly image: string }> {
  const compose = `services:\n  web: { image: ${registry.host}/NAME:latest, pull_policy: ${policy}, init: true, stop_grace_period: 0s }\n`;
  const app = await stage({ "compose.yml": compose });
  registry.put(app.name, "latest", archive, config("one"));
  return { ...app, image: `${registry.host}/${app.name}:latest` };
}
const markOf = async (app: Stage): Promise<string | undefined> => {
  const { engine, signal } = app.box;
  const details = await engine.inspectContainer((await app.container("web-1")).id, signal);
  return (await engine.inspectImage(details?.imageId ?? "", signal))?.config.environment?.get("MARK");
};

describe.skipIf(box === undefined)("images of a registry", () => {
  test("latest, which is another one than before: pulled, told, and the container made anew", async () => {
    const app = await staged("always");
    await app.ok("apply", "--yes", "--no-wait");
    const { id } = await app.container("web-1");
    // The same one again: nothing of the container is touched.
    await app.ok("apply", "--yes", "--no-wait");
    expect((await app.container("web-1")).id).toBe(id);
    registry.put(app.name, "latest", archive, config("two"));
    const { text } = await app.ok("apply", "--yes", "--no-wait");
    expect(text).toMatch(/pull image:\S+ {2}sha256:\w{12} → sha256:\w{12}/);
    expect([(await app.container("web-1")).id === id, await markOf(app)]).toEqual([false, "two"]);
  });

  test("a private one: who has no login is told so, and a login works from config.json and from a helper", async () => {
    const app = await staged("missing");
    registry.protect(login);
    const folder = app.project.path("docker");
    const environment = { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const apply = () =>
      app.runWith(
        environment,
        "apply",
        "--yes",
        "--no-wait",
        "--json",
        "--target",
        `image:${app.image.replace(":latest", "")}`,
      );
    const configure = (configuration: object): void =>
      app.project.write("docker/config.json", JSON.stringify(configuration));
    const auth = (password: string): string => Buffer.from(`me:${password}`).toString("base64");

    for (const configuration of [
      {},
      { auths: { [registry.host]: { auth: auth("wrong") } } },
      { credsStore: "nowhere" },
    ]) {
      configure(configuration);
      const refused = await apply();
      expect(refused.code, refused.text).toBe(1);
      expect(errorsOf(refused)).toMatchObject([
        {
          code: "REGISTRY_LOGIN",
          where: { file: "compose.yml", line: 2 },
          next: expect.stringContaining("docker login") as unknown,
        },
      ]);
      expect(refused.text).not.toContain("wrong");
    }
    expect(await app.containers()).toEqual([]);

    app.project.write(
      "docker/docker-credential-test",
      `#!/bin/sh\nread -r server\n[ "$1" = get ] && echo '{"Username":"me","Secret":"pa:ss"}'\n`,
    );
    chmodSync(app.project.path("docker/docker-credential-test"), 0o755);
    const { engine, signal } = app.box;
    for (const configuration of [
      { auths: { [registry.host]: { auth: auth("pa:ss") } } },
      { credHelpers: { [registry.host]: "test" } },
    ]) {
      configure(configuration);
      const done = await apply();
      expect(done.code, done.text).toBe(0);
      expect(done.text).not.toContain("pa:ss");
      await engine.removeImage(app.image, signal);
    }
  });

  test("a build on a private one logs in, too", async () => {
    const app = await staged("missing");
    registry.protect(login);
    app.project.write("compose.yml", "services:\n  web: { build: { context: built }, init: true }\n");
    app.project.write("built/Dockerfile", `FROM ${app.image}\nRUN touch /built\n`);
    const build = () =>
      app.runWith({ DOCKER_CONFIG: app.project.path("docker") }, "apply", "--yes", "--json", "--target", "image");
    const refused = await build();
    expect([refused.code, errorsOf(refused).map(({ code }) => code)], refused.text).toEqual([1, ["REGISTRY_LOGIN"]]);
    const auth = Buffer.from("me:pa:ss").toString("base64");
    app.project.write("docker/config.json", JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const done = await build();
    expect(done.code, done.text).toBe(0);
    const { engine, signal } = app.box;
    await engine.removeImage(`${app.name}-dev-web`, signal);
  });

  test("one that is not there is an error with its place; nothing else is begun", async () => {
    const app = await staged("missing");
    app.project.edit("compose.yml", ":latest", ":none");
    const ended = await app.run("apply", "--yes", "--no-wait", "--json");
    expect(ended.code, ended.text).toBe(1);
    expect(errorsOf(ended)).toMatchObject([
      {
        code: "IMAGE_MISSING",
        what: expect.stringContaining(`${app.name}:none`) as unknown,
        where: { file: "compose.yml", line: 2 },
      },
    ]);
    expect(await app.containers()).toEqual([]);
  });

  test("a registry that fails inside, or does not listen, may be better the next time", async () => {
    const app = await staged("missing");
    const { engine, signal } = app.box;
    registry.fail(503);
    await expect(engine.pullImage(app.image, {}, signal)).rejects.toMatchObject({ code: "PULL_FAILED" });
    await expect(engine.pullImage("127.0.0.1:1/none", {}, signal)).rejects.toMatchObject({
      code: "PULL_FAILED",
      facts: { next: expect.stringContaining("reaches the registry") as unknown },
    });
  });
});

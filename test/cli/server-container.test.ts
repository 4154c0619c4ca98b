import { expect, test } from "vitest";
import type { EngineBox } from "../engine/box.ts";
import { ensurePostgres } from "../scenarios/container-instance/image.ts";
import { describeServers } from "../scenarios/container-instance/stage.ts";
import { stageOn, type Stage } from "../scenarios/containers/stage.ts";
import { answerOf, type Ended } from "../support/command.ts";
import { misfits } from "../support/schemas.ts";

// The commands for an environment all of which is in containers: its Postgres, a job, a service.

const services = {
  "compose.yml": `services:
  web:
    image: IMAGE
    command: [sleep, "100000"]
    init: true
    environment: { LEVEL: "\${LEVEL}", URL: "\${POSTSTACK_DATABASE_URL}", KEY: "\${API_KEY}" }
`,
  "init.yml": `services:
  seed:
    image: IMAGE
    command: [sh, -c, "echo seeded at $$LEVEL"]
    environment: { LEVEL: "\${LEVEL}", GONE: }
`,
  "environments/dev.env": "API_KEY=canary-key\n",
};

const wholeStageOn = async (box: EngineBox): Promise<Stage> =>
  stageOn(box, {
    ...services,
    ".poststack.yml": `project: { name: NAME }
environments:
  dev:
    postgres: { provider: container, image: ${await ensurePostgres(box)}, version: 15, port: PORT0 }
    init: [{ compose: init.yml }]
    deployment: { compose: compose.yml }
    variables: { LEVEL: debug }
`,
  });

const started = ({ lines }: Ended): readonly string[] =>
  lines.filter(({ type }) => type === "start").map(({ id, verb }) => `${verb} ${id}`);

describeServers({ name: "commands for an environment in containers", isExtra: true }, wholeStageOn, ({ stage }) => {
  test("name its Postgres as a service, and show its job as they show others", { timeout: 180_000 }, async () => {
    const app = await stage();
    const dry = answerOf(await app.ok("env", "dry-run", "--json"));
    expect(misfits("answers/env dry-run", dry)).toEqual([]);
    const level = { name: "LEVEL", value: "debug", layer: "Compose file" };
    const secret = { value: "«secret»", layer: "Compose file" };
    expect(dry).toMatchObject({
      consumers: [
        { id: "job:init-seed", variables: [level] },
        {
          id: "container:web",
          variables: [level, { name: "URL", ...secret }, { name: "KEY", ...secret }],
        },
      ],
    });
    const early = await app.run("env", "deploy", "--yes");
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("error PLAN_REFUSED")]);
    expect(await app.containers()).toEqual([]);
    expect(started(await app.ok("env", "init", "--yes", "--json")).at(-1)).toBe("run job:init-seed");
    expect(await app.containers()).toEqual(["postgres running"]);
    expect(started(await app.ok("env", "deploy", "--no-wait", "--yes", "--json"))).toEqual(["create container:web"]);
    expect(await app.containers()).toEqual(["postgres running", "web-1 running"]);
    expect(started(await app.ok("env", "deploy", "--no-wait", "--yes", "--json"))).toEqual([]);

    expect((await app.ok("env", "list")).stdout).toContain("Postgres, 1 container\n");
    const logs = answerOf(await app.ok("env", "logs", "dev", "postgres", "-n", "3", "--json"));
    expect(misfits("answers/env logs", logs)).toEqual([]);
    expect(logs).toMatchObject({
      logs: [{ name: "postgres", category: "postgres", path: null, container: `${app.name}-dev-postgres` }],
    });
    expect((await app.ok("logs", "show", "postgres")).stdout).toContain("database system is ready");
    // Files it lists: of containers there are none.
    expect((await app.ok("logs", "list")).stderr).toContain("poststack env logs dev shows it");
    expect((await app.ok("env", "logs", "dev", "init-seed")).stdout).toBe("seeded at debug\n");

    const { id, labels } = await app.container("postgres");
    // `docker compose ls` lists the files of all containers; each has to name one.
    expect(labels.get("com.docker.compose.project.config_files")).toBe(app.project.path(".poststack.yml"));
    const stopped = await app.ok("container", "stop", "postgres", "--yes", "--json");
    expect(started(stopped)).toEqual(["stop instance:postgres"]);
    expect(await app.containers()).toEqual(["postgres exited", "web-1 running"]);
    expect((await app.ok("env", "list")).stdout).toContain("no Postgres, 1 container\n");
    expect((await app.run("container", "health", "dev")).code).toBe(1);
    const standing = async (): Promise<unknown> => answerOf(await app.ok("container", "status", "--json"));
    expect(await standing()).toMatchObject({
      containers: [
        { id: "container:web", drift: null },
        { id: "instance:postgres", wanted: true, found: { state: "exited" }, drift: { verb: "start" } },
      ],
    });
    expect(started(await app.ok("container", "start", "postgres", "--yes", "--json"))).toEqual([
      "start instance:postgres",
    ]);
    const restarted = await app.ok("container", "restart", "web", "postgres", "--no-wait", "--yes", "--json");
    expect(started(restarted).toSorted()).toEqual(["restart container:web", "restart instance:postgres"]);
    expect((await app.container("postgres")).id).toBe(id);

    // Its data is no part of it.
    const removed = await app.ok("container", "remove", "postgres", "--yes");
    expect(removed.stdout).toContain(`its data stays in volume ${app.name}-dev-postgres`);
    expect(await standing()).toMatchObject({
      containers: [
        { id: "container:web", drift: null },
        { id: "instance:postgres", wanted: true, found: null, drift: { verb: "create" } },
      ],
    });
    expect(await app.objects()).toContain(`volume ${app.name}-dev-postgres`.replace(`${app.name}-dev-`, ""));
    expect(started(await app.ok("apply", "--no-wait", "--yes", "--json"))).toEqual(["create instance:postgres"]);
    const status = answerOf(await app.ok("status", "dev", "--json"));
    expect(misfits("status", status)).toEqual([]);
    expect(status).toMatchObject({
      environments: [{ server: { state: "up" }, jobs: [{ state: "succeeded" }], drift: { settled: true } }],
    });
  });

  test("say which Postgres is no container", async () => {
    const app = await stage();
    app.project.edit(".poststack.yml", /provider: container, image: \S+, version: 15/, "provider: embedded");
    for (const verb of ["start", "stop", "remove"]) {
      const refused = await app.run("container", verb, "postgres", "--yes");
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining('the Postgres of "dev" is no container: its provider is embedded'),
      ]);
    }
    app.project.edit("compose.yml", "  web:", "  postgres:");
    // A service of that name is what is meant by it.
    expect((await app.run("container", "stop", "postgres", "--yes")).text).toContain("Nothing to do");
  });
});

import { expect, test } from "vitest";
import { ensureBusybox } from "../../engine/images.ts";
import { describeServers } from "../container-instance/stage.ts";
import { jobStageOn } from "./stage.ts";

// Services of a Compose file in `init:`, on a real engine: what runs, in which order, and what comes after.

const web = `services:
  web: { image: IMAGE, stop_signal: SIGKILL }
`;

describeServers("jobs in containers", jobStageOn, ({ isFull, stage }) => {
  test("run in order before the deployment, beside each other where they may, and leave nothing", async () => {
    const app = await stage(
      `services:
  migrate: { image: IMAGE, command: ["sh", "-c", "nc $$DB_HOST $$DB_PORT -e true && echo reached > /shared/migrated && echo done"], volumes: ["shared:/shared"], environment: { DB_HOST: "\${DB_HOST}", DB_PORT: "\${DB_PORT}" } }
  # Each of the two waits for what the other one writes.
  left: &beside { image: IMAGE, command: ["sh", "-c", "cat /shared/migrated && touch /shared/left && until test -e /shared/right; do sleep 0.05; done"], volumes: ["shared:/shared"], depends_on: [migrate] }
  right: { <<: *beside, command: ["sh", "-c", "touch /shared/right && until test -e /shared/left; do sleep 0.05; done"] }
  cache: { image: IMAGE, command: ["sh", "-c", "echo cache up; exec nc -ll -p 7000 -e cat"], stop_signal: SIGKILL, healthcheck: { test: ["CMD", "nc", "127.0.0.1", "7000", "-e", "true"], interval: 200ms } }
  warm: { image: IMAGE, command: ["sh", "-c", "echo hello | nc cache 7000"], depends_on: { cache: { condition: service_healthy } } }
volumes: { shared: {} }
`,
      "",
      web,
    );
    const lines = (await app.plan()).map((line) => line.replace(/ {2}.*/, ""));
    expect(lines.slice(lines.indexOf("start job:init-cache"))).toEqual([
      "start job:init-cache",
      "run job:init-warm",
      "end job:init-cache@end",
      "run job:init-migrate",
      "run job:init-left",
      "run job:init-right",
      "create container:web",
    ]);
    const { text } = await app.ok("apply", "--yes");
    expect(text).toMatch(/run job:init-migrate {2}exit code 0 in \d+\.\d s/);
    expect(await app.others()).toEqual(["web-1 running"]);
    expect((await app.runs()).toSorted()).toEqual([
      "init-left succeeded 0",
      "init-migrate succeeded 0",
      "init-right succeeded 0",
      "init-warm succeeded 0",
    ]);
    expect(app.logs().toSorted()).toEqual(["init-cache", "init-left", "init-migrate", "init-right", "init-warm"]);
    expect((await app.ok("logs", "show", "init-warm")).text).toContain("hello");
    expect(await app.plan()).toEqual([]);
    app.project.edit("deploy/init.yml", "echo done", "echo again");
    await app.ok("apply", "--yes", "--skip-init");
    expect(await app.plan()).toEqual(["run job:init-migrate  command changed"]);
    await app.ok("destroy", "dev", "--yes");
    expect(await app.containers()).toEqual([]);
  });

  test("that fail show their last words, and the deployment is not touched until they succeed", async () => {
    const app = await stage(
      `services:
  seed: { image: IMAGE, command: ["sh", "-c", "seq 1 100; exit 3"] }
  after: { image: IMAGE, command: ["true"], depends_on: { seed: { condition: service_completed_successfully } } }
`,
      "",
      web,
    );
    const failed = await app.run("apply", "--yes");
    expect(failed.code).toBe(1);
    expect(failed.text).toMatch(/error JOB_FAILED: job "init-seed" ended with exit code 3 after \d+\.\d s/);
    expect(failed.text).toMatch(/at deploy\/init\.yml:2:3/);
    expect(failed.text).toMatch(/81\n[^]*100\n[^]*next: read its log: /);
    expect(await app.others()).toEqual([]);
    expect(await app.runs()).toEqual(["init-seed failed 3"]);
    app.project.edit("deploy/init.yml", "exit 3", "exit 0");
    expect(await app.plan()).toEqual([
      "run job:init-seed  failed before with exit code 3",
      expect.stringMatching(/^run job:init-after {2}never ran: /),
      "create container:web  not found",
    ]);
    await app.ok("apply", "--yes");
    expect(await app.others()).toEqual(["web-1 running"]);
    expect(await app.plan()).toEqual([]);
  });

  test.runIf(isFull)("that take too long are ended", async () => {
    const app = await stage(
      `services:
  seed: { image: IMAGE, command: ["sh", "-c", "echo working; exec sleep 1000"], stop_signal: SIGKILL }
`,
      "timeout: 1s",
    );
    const failed = await app.run("apply", "--yes");
    expect(failed.text).toContain(
      'error JOB_TIMEOUT: job "init-seed" ran longer than its timeout of 1.0 s and was ended',
    );
    expect(failed.text).toContain("working");
    expect(await app.others()).toEqual([]);
  });

  test.runIf(isFull)(
    "run again for another image under the same name, for other inputs, and not for another password",
    async () => {
      const app = await stage(
        `services:
  seed: { image: "pst/TAG:1", command: ["true"], environment: { PASSWORD: "\${DB_PASSWORD}", LEVEL: "\${LEVEL:-info}" } }
  made: { build: ./made, command: ["cat", "/made"] }
`,
        "inputs: [seed.csv] }, { compose: deploy/first.yml, when: once",
      );
      const dockerfile = `FROM ${await ensureBusybox(app.box)}\nRUN echo 1 > /made\n`;
      app.project.write("deploy/made/Dockerfile", dockerfile);
      app.project.write("deploy/first.yml", "services:\n  made: { build: ./made, command: [cat, /made] }\n");
      const tag = `pst/${app.server}`;
      const { engine, signal } = app.box;
      app.project.edit("deploy/init.yml", "pst/TAG", tag);
      app.project.write("seed.csv", "1");
      const [busybox, other] = [
        await engine.inspectImage("poststack-test/busybox:1", signal),
        await engine.inspectImage(app.image, signal),
      ];
      await engine.tagImage(busybox?.id ?? "", `${tag}:1`, signal);
      try {
        await app.ok("apply", "--yes");
        expect(await app.plan()).toEqual([]);
        expect((await app.ok("logs", "show", "init-made")).text).toMatch(/^1$/m);
        // What is built anew is another image; what was to run once did.
        app.project.edit("deploy/made/Dockerfile", "echo 1", "echo 2");
        const made = app.server.replace(/postgres$/, "made");
        expect(await app.plan()).toEqual([
          `build image:${made}  build context or Dockerfile changed`,
          `deferred job:init-made  runs if image:${made} turns out to be another one`,
        ]);
        await app.ok("apply", "--yes");
        expect((await app.ok("logs", "show", "init-made")).text).toMatch(/^2$/m);
        expect((await app.ok("logs", "show", "first-made")).text).toMatch(/^1$/m);
        expect(await app.plan()).toEqual([]);
        app.project.write("seed.csv", "2");
        expect(await app.plan()).toEqual([
          "run job:init-made  inputs/seed.csv changed",
          "run job:init-seed  inputs/seed.csv changed",
        ]);
        await app.ok("apply", "--yes");
        await engine.tagImage(other?.id ?? "", `${tag}:1`, signal);
        expect(await app.plan()).toEqual([
          expect.stringMatching(/^run job:init-seed {2}image sha256:\w{12} → sha256:\w{12}$/),
        ]);
        // Another name for what it ran in before is nothing new.
        await engine.tagImage(busybox?.id ?? "", `${tag}:2`, signal);
        app.project.edit("deploy/init.yml", ":1", ":2");
        expect(await app.plan()).toEqual([]);
        app.project.edit("deploy/init.yml", ":-info", ":-debug");
        expect(await app.plan()).toEqual(["run job:init-seed  LEVEL changed"]);
      } finally {
        for (const name of [`${tag}:1`, `${tag}:2`]) await engine.removeImage(name, signal);
      }
    },
  );

  test("whose image is nowhere say so, and nothing else is begun", async () => {
    const app = await stage(`services:\n  seed: { image: "pst/none:1", pull_policy: never }\n`, "", web);
    const failed = await app.run("apply", "--yes");
    expect(failed).toMatchObject({ code: 1, text: expect.stringContaining("error IMAGE_MISSING") as string });
    expect(await app.containers()).toEqual([]);
  });
});

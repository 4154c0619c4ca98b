import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseDotenv } from "../../controller/config/dotenv.ts";
import { environmentText } from "../../controller/config/export/env-vars.ts";
import { disclose } from "../../controller/adapters/disclose.ts";
import type { EngineBox } from "../engine/box.ts";
import { ensureCompose } from "../engine/compose.ts";
import type { ContainerDetails } from "../../controller/core/ports/container-facts.ts";
import { Secret, type Text } from "../../controller/core/secret.ts";
import { answerOf } from "../support/command.ts";
import { misfits } from "../support/schemas.ts";
import { ensurePostgres } from "../scenarios/container-instance/image.ts";
import { describeServers } from "../scenarios/container-instance/stage.ts";
import { stageOn, type Stage } from "../scenarios/containers/stage.ts";

const texts = [
  "plain",
  "",
  "two words",
  "it's",
  'a "quoted" one',
  "$HOME and ${X} and `id`",
  "back\\slash",
  "# none",
  "a\nb",
  "ä€",
];

describe("variables", () => {
  test.each(texts)("%j is read from an env file as it is", (text) => {
    expect(valueIn(String(environmentText(new Map([["NAME", text]]), "dotenv")))).toBe(text);
  });

  test.each(texts)("%j is taken by a shell as it is", (text) => {
    const script = `${String(environmentText(new Map([["NAME", text]]), "shell"))}\nprintf %s "$NAME"`;
    expect(spawnSync("sh", ["-c", script], { encoding: "utf8", env: {} }).stdout).toBe(text);
  });

  test("a text with a secret is one", () => {
    const variables = new Map<string, Text>([
      ["A", "1"],
      ["B", new Secret("it's")],
    ]);
    const text = environmentText(variables, "shell");
    expect(String(text)).not.toContain("it");
    expect(disclose(text)).toBe("export A=1\nexport B='it'\\''s'");
  });
});

const valueIn = (text: string): string | undefined =>
  [...parseDotenv(text, { file: ".env", stronger: () => undefined })].find(({ name }) => name === "NAME")?.value;

const compose = `services:
  web:
    image: IMAGE
    command: [sh, -c, 'echo "$$URL"; sleep 100000']
    init: true
    environment:
      URL: \${POSTSTACK_DATABASE_URL}
      KEY: "key \${API_KEY}"
      PRICE: \${PRICE}
    volumes: ["data:/data"]
    ports: ["127.0.0.1:PORT1:80"]
    healthcheck: { test: ["CMD", "true"], interval: 1s }
volumes: { data: {} }
`;

const exportStageOn = async (box: EngineBox): Promise<Stage> =>
  stageOn(box, {
    ".poststack.yml": `project: { name: NAME }
environments:
  dev:
    postgres: { provider: container, image: ${await ensurePostgres(box)}, version: 15, port: PORT0, parameters: { work_mem: 5MB } }
    deployment: { compose: compose.yml }
    variables: { PRICE: "it's $$5" }
`,
    "compose.yml": compose,
    "environments/dev.env": "API_KEY=canary-key\n",
  });

describeServers({ name: "the exported Compose file", isExtra: true }, exportStageOn, ({ stage }) => {
  test("is run by docker compose as we run it, and holds no secret", { timeout: 180_000 }, async () => {
    const app = await stage();
    const { engine, signal } = app.box;
    await app.ok("apply", "--yes");
    const ours = facts(await engine.inspectContainer(`${app.name}-dev-web-1`, signal));
    const server = facts(await engine.inspectContainer(`${app.name}-dev-postgres`, signal));

    const exported = await app.ok("env", "export", "dev");
    expect(exported.stderr).toContain(
      "It needs API_KEY, DB_PASSWORD, POSTSTACK_DATABASE_URL, POSTSTACK_SUPERUSER_PASSWORD",
    );
    const variables = await app.ok("env", "export", "dev", "--format", "env-vars", "--inside", "--show-secrets");
    const password = /^DB_PASSWORD=(.+)$/m.exec(variables.stdout)?.[1] ?? "";
    expect(password).not.toBe("");
    for (const secret of [password, "canary-key"]) expect(exported.stdout).not.toContain(secret);
    const open = await app.ok("env", "export", "dev", "--format", "env-vars", "--inside");
    for (const secret of [password, "canary-key"]) expect(open.stdout).not.toContain(secret);
    for (const args of [[], ["--format", "env-vars"], ["--format", "shell", "--show-secrets"]]) {
      const answer = answerOf(await app.ok("env", "export", "dev", ...args, "--json"));
      expect(misfits("answers/env export", answer)).toEqual([]);
    }
    const whole = await app.ok("env", "export", "dev", "--show-secrets");
    expect(whole.stdout).toContain(password);

    // The same volumes, with nothing in them.
    await app.ok("reset", "--delete-data", "--confirm", "dev", "--yes");
    const file = join(app.project.root, "exported.yaml");
    const env = join(app.project.root, "exported.env");
    writeFileSync(file, exported.stdout);
    writeFileSync(env, variables.stdout);
    const docker = (...args: readonly string[]): Promise<string> =>
      whileProbed(app, () => runCompose(app, ["-f", file, "--env-file", env, ...args]));
    onTestFinished(async () => void (await docker("down", "--volumes")), 60_000);
    await docker("up", "--detach", "--wait");

    expect(facts(await engine.inspectContainer(`${app.name}-dev-web-1`, signal))).toEqual(ours);
    const { environment: _environment, ...theirs } = facts(
      await engine.inspectContainer(`${app.name}-dev-postgres`, signal),
    );
    expect(theirs).toEqual({ ...server, environment: undefined });
    // The owner logs in from another container, by the name that ours has.
    const login = await docker(
      "run",
      "--rm",
      "--no-deps",
      "-e",
      `PGPASSWORD=${password}`,
      "poststack-postgres",
      "psql",
      "-h",
      "poststack-postgres",
      "-U",
      `${app.name}_dev`,
      "-d",
      `${app.name}_dev`,
      "-Atc",
      "show work_mem",
    );
    expect(login.trim()).toBe("5MB");
  });
});

async function runCompose({ host }: Stage, args: readonly string[]): Promise<string> {
  const child = spawn(ensureCompose(), args, {
    env: { PATH: process.env["PATH"], DOCKER_HOST: host },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = ["", ""];
  for (const [index, stream] of [child.stdout, child.stderr].entries())
    stream.setEncoding("utf8").on("data", (part: string) => (said[index] += part));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`docker compose ${args.join(" ")}\n${said.join("")}`);
  return said[0] ?? "";
}

/** Podman without systemd probes nothing by itself, and Compose waits for ever: whoever looks with our adapter does. */
async function whileProbed<T>({ box: { engine, signal } }: Stage, work: () => Promise<T>): Promise<T> {
  const done = new AbortController();
  const looking = (async () => {
    while (!done.signal.aborted) {
      await engine.containers(signal).catch(() => undefined);
      await pause(500, undefined, { signal: done.signal }).catch(() => undefined);
    }
  })();
  try {
    return await work();
  } finally {
    done.abort();
    await looking;
  }
}

/** What the file determines. */
function facts(details: ContainerDetails | undefined) {
  if (details === undefined) throw new Error("there is no such container");
  const { spec, mounts, attachments } = details;
  return {
    image: details.imageId,
    environment: new Map([...spec.environment].map(([name, value]) => [name, disclose(value ?? "")])),
    healthcheck: spec.healthcheck,
    ports: spec.ports,
    mounts: mounts.filter(({ type }) => type === "volume").map(({ name, target }) => `${name ?? ""} ${target}`),
    networks: [...attachments.keys()],
    stopSignal: spec.stopSignal,
    restart: spec.restart,
    shmBytes: spec.resources?.shmBytes,
  };
}

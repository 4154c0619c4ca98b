import { expect, test } from "vitest";
import { describeStages } from "../../engine/engines.ts";
import { planLines } from "../../support/scenario.ts";
import { stageOn, type Stage } from "../container-watch/stage.ts";

const sleeper = `command: [sleep, "100000"], init: true`;
const inside = `  inside: { image: IMAGE, network_mode: "service:built", ${sleeper} }\n`;
const compose = `services:
  built: { build: app, ${sleeper} }
  after: { image: IMAGE, depends_on: { built: { condition: service_started, restart: true } }, ${sleeper} }
  beside: { image: IMAGE, ${sleeper} }
`;
const files = { "app/Dockerfile": "FROM IMAGE\nCOPY a.txt /\n", "app/a.txt": "a" };

const plan = async (app: Stage): Promise<readonly string[]> => planLines(await app.run("plan", "--json"));

describeStages("an image that is built anew", stageOn, ({ stage, kind }) => {
  test("replaces its containers by the plan that builds it, saved or not, and no other", async () => {
    // Podman lets go of no container while another one is inside its network.
    const isShared = kind === "docker";
    const app = await stage({ ...files, "compose.yml": isShared ? compose + inside : compose });
    await app.ok("apply", "--yes", "--no-wait");
    const ids = async (): Promise<ReadonlyMap<string, string>> =>
      new Map((await app.running()).map(({ name, id }) => [name, id]));
    const before = await ids();
    expect(before.size).toBe(isShared ? 4 : 3);

    app.project.write("app/a.txt", "b");
    const image = `image:${app.name}-dev-built`;
    expect(await plan(app)).toEqual([
      `build ${image}  build context or Dockerfile changed`,
      `replace container:built  if ${image} turns out to be another one`,
      `restart container:after  container:built is made anew, if ${image} turns out to be another one  [downtime]`,
      ...(isShared
        ? [
            `replace container:inside  container:built is made anew, and it lives inside, if ${image} turns out to be another one  [downtime]`,
          ]
        : []),
    ]);
    await app.run("plan", "--out", "saved.plan");
    const applied = await app.ok("apply", "saved.plan", "--no-wait");
    expect(applied.text).not.toContain("deferred");
    const now = await ids();
    const made = [...now].filter(([name, id]) => before.get(name) !== id).map(([name]) => name);
    expect(made.sort()).toEqual(isShared ? ["built-1", "inside-1"] : ["built-1"]);
    const output = await app.box.engine.exec(
      now.get("built-1") ?? "",
      { command: ["cat", "/a.txt"], timeoutMs: 10_000 },
      app.box.signal,
    );
    expect(output.output).toBe("b");
    expect(await plan(app)).toEqual([]);
  }, 120_000);
});

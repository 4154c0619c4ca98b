import { expect, test } from "vitest";
import { describeServers, stageOn } from "./stage.ts";

// RELIABILITY 36: the superuser's password enters by file. What anybody who may ask the engine is told holds no password.

describeServers("the passwords of a server on a container", stageOn, ({ stage }) => {
  test("stand in no answer of the engine, no log, no plan and no file of the container", async () => {
    const app = await stage(", parameters: { log_statement: all }");
    const since = Math.floor(Date.now() / 1_000);
    const first = await app.ok("apply", "--yes", "--json");
    // Through the socket of the container, too.
    await app.project.sql("alter role postgres password 'x'");
    const repaired = await app.ok("apply", "--yes", "-vv");
    const { facts } = JSON.parse(app.project.read(".poststack/dev/state.json")) as {
      readonly facts: { readonly secrets: readonly { readonly current: string }[] };
    };
    const passwords = facts.secrets.map(({ current }) => current);
    expect(passwords.length).toBe(2);
    const until = Math.ceil(Date.now() / 1_000);
    const { engine, signal } = app.box;
    const { id } = await app.container();
    const inside = await engine.exec(
      id,
      {
        command: ["sh", "-c", "cat /etc/poststack/*; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline"],
        timeoutMs: 10_000,
      },
      signal,
    );
    const sinks: Readonly<Record<string, string>> = {
      first: first.text,
      repaired: repaired.text,
      inspect: await app.call("GET", `/containers/${id}/json`),
      list: await app.call("GET", "/containers/json?all=true"),
      logs: await app.call("GET", `/containers/${id}/logs?stdout=true&stderr=true`),
      events: await app.call("GET", `/events?since=${since}&until=${until}`),
      processes: await app.call("GET", `/containers/${id}/top`),
      volume: await app.call("GET", `/volumes/${app.server}`),
      inside: inside.output,
    };
    expect(sinks["inspect"]).toContain("POSTGRES_PASSWORD_FILE");
    // Docker's word, and Podman's, whose log of events begins anew when it has grown: of a busy engine none may be left.
    const { engine: kind } = await engine.identify(signal);
    expect(sinks["events"]).toMatch(kind === "podman" ? /^$|"exec"/ : /exec_create/);
    expect(sinks["inside"]).toContain("config_file");
    const forms = passwords.flatMap((plain) => [
      plain,
      encodeURIComponent(plain),
      Buffer.from(plain).toString("base64").replace(/=+$/, ""),
    ]);
    const found = Object.entries(sinks).filter(([, text]) => forms.some((form) => text.includes(form)));
    expect(found.map(([name]) => name)).toEqual([]);
  });
});

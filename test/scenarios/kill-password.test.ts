import { Client } from "pg";
import { expect, test } from "vitest";
import { start, type Running } from "../support/command.ts";
import { forThisTest, newProject, type Project } from "../support/scenario.ts";

// RELIABILITY 16: a command that is killed while it changes a password. The new one is on disk before, so the next apply
// compares it with what the server has, and the login works after it, whichever of the two the server had taken.
const files = {
  ".poststack.yml": `project: { name: shop }
environments:
  dev:
    postgres:
      port: PORT0
      version: 17
      password: { env: OWNER_PASSWORD }
      roles:
        shop_reporting: { login: true, password: { file: reporting.secret } }
`,
};

type Moment = "as it begins" | "while ALTER ROLE waits" | "once it is done";
const moments: readonly Moment[] = ["as it begins", "while ALTER ROLE waits", "once it is done"];

function client(project: Project, user: string, password: string): Client {
  const [port = 0] = project.ports;
  const made = new Client({ host: "127.0.0.1", port, user, password, database: "shop_dev" });
  made.on("error", () => undefined);
  return made;
}

/** The superuser's password as the state has it. */
function adminPassword(project: Project): string {
  const { facts } = JSON.parse(project.read(".poststack/dev/state.json")) as {
    readonly facts: { readonly secrets: readonly { readonly name: string; readonly current: string }[] };
  };
  return facts.secrets.find(({ name }) => name === "instance:postgres")?.current ?? "";
}

/** What a login comes to: `works`, or the SQLSTATE. */
async function login(project: Project, user: string, password: string): Promise<string> {
  const one = client(project, user, password);
  try {
    await one.connect();
    return "works";
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error);
  } finally {
    await one.end().catch(() => undefined);
  }
}

/** Ends the command with SIGKILL at that moment of the role's action. */
async function killAt(project: Project, command: Running, role: string, moment: Moment): Promise<void> {
  command.onLine(({ type, id }) => {
    if (id !== `role:${role}`) return;
    if (type === (moment === "as it begins" ? "start" : "end")) command.kill("SIGKILL");
  });
  if (moment === "while ALTER ROLE waits") {
    const waiting =
      "select 1 from pg_stat_activity where wait_event = 'transactionid' and application_name like 'poststack%'";
    await expect.poll(() => project.sql(waiting), { timeout: 20_000, interval: 50 }).not.toEqual([]);
    command.kill("SIGKILL");
  }
  const { signal, text } = await command.ended;
  expect(signal, text).toBe("SIGKILL");
}

test.each(["shop_dev", "shop_reporting"])(
  "the password of %s, changed by a command that is killed",
  async (role) => {
    const project = await forThisTest(newProject(files));
    const passwords = { shop_dev: "owner-0", shop_reporting: "reporting-0" };
    const run = (...args: readonly string[]): Running =>
      start(args, { cwd: project.root, environment: { OWNER_PASSWORD: passwords.shop_dev } });
    const ok = async (...args: readonly string[]): Promise<void> => {
      const { code, text } = await run(...args).ended;
      expect(code, text).toBe(0);
    };
    const change = (round: string): void => {
      Object.assign(passwords, { [role]: `${role}-${round}` });
      project.write("reporting.secret", passwords.shop_reporting, 0o600);
    };
    change("first");
    await ok("apply", "--yes");

    for (const [round, moment] of moments.entries()) {
      const before = passwords[role as keyof typeof passwords];
      const open = client(project, role, before);
      await open.connect();
      change(String(round));
      // The owner logs in with the new password in the same apply that changes it.
      project.write(`migrations/00${round + 1}_t.sql`, `create table t${round} (id int);\n`);
      const holder = await hold(project, role, moment);
      await killAt(project, run("apply", "--yes", "--json"), role, moment);
      await holder.end();

      await ok("apply", "--yes");
      const logins = await Promise.all(
        [passwords[role as keyof typeof passwords], before].map((password) => login(project, role, password)),
      );
      expect(logins, moment).toEqual(["works", "28P01"]);
      // Who was logged in stays so.
      expect((await open.query("select current_user::text as is")).rows).toEqual([{ is: role }]);
      await open.end();
      await ok("plan", "--detailed-exitcode");
      await ok("db", "test-connection");
    }
    expect(await project.sql("select name from poststack.schema_migrations order by 1")).toHaveLength(moments.length);
  },
  120_000,
);

/** A transaction that has changed the role and neither commits nor goes on: another change of it waits. */
async function hold(project: Project, role: string, moment: Moment): Promise<{ readonly end: () => Promise<void> }> {
  if (moment !== "while ALTER ROLE waits") return { end: () => Promise.resolve() };
  const holding = client(project, "postgres", adminPassword(project));
  await holding.connect();
  await holding.query(`begin; alter role ${role} connection limit 99`);
  return { end: () => holding.end() };
}

import { describe, expect, test } from "vitest";
import { reveal, Secret } from "../../../controller/core/secret.ts";
import type { Desired } from "../../../controller/resources/index.ts";
import { projectOf, told, wishOf, type WishOptions } from "./wish.ts";

const files = { Procfile: "web: x" };
/** What a process is told, secrets revealed: they reach it so. */
const given = ({ resources }: Desired, name: string): string | undefined => {
  const value = resources.process[0]?.environment.get(name);
  return value instanceof Secret ? reveal(value) : value;
};
const deployed = (postgres: string, options: WishOptions = {}) =>
  wishOf(
    projectOf(`postgres:\n  ${postgres.replaceAll("\n", "\n  ")}\ndeployment: { procfile: Procfile }`, files),
    options,
  );

describe("the way to the database", () => {
  test.each<[string, string, string]>([
    ["embedded", "password: { env: PW }", "postgresql://my_app_dev:pw@127.0.0.1:5432/my_app_dev"],
    [
      "names and port of one's own",
      "user: Ä b\ndatabase: a/b?c\nport: 6000\npassword: { env: PW }",
      "postgresql://%C3%84%20b:pw@127.0.0.1:6000/a%2Fb%3Fc",
    ],
    [
      "every kind of sign",
      "password: { env: ODD }",
      "postgresql://my_app_dev:a%24b%40%3A%2F%3F%23%25%20%26%3Dc@127.0.0.1:5432/my_app_dev",
    ],
    [
      "listening everywhere",
      "bind: 0.0.0.0\npassword: { env: PW }",
      "postgresql://my_app_dev:pw@127.0.0.1:5432/my_app_dev",
    ],
    [
      "listening at one address",
      "bind: 10.0.0.7\npassword: { env: PW }",
      "postgresql://my_app_dev:pw@10.0.0.7:5432/my_app_dev",
    ],
    ["IPv6", "bind: '::1'\npassword: { env: PW }", "postgresql://my_app_dev:pw@[::1]:5432/my_app_dev"],
    [
      "external",
      "url: postgres://root:r@db.example.com\npassword: { env: PW }",
      "postgresql://my_app_dev:pw@db.example.com:5432/my_app_dev",
    ],
    [
      "external with TLS",
      "url: postgres://root:r@db.example.com:7/x?sslmode=verify-full\npassword: { env: PW }",
      "postgresql://my_app_dev:pw@db.example.com:7/my_app_dev?sslmode=verify-full",
    ],
    [
      "external, the admin is the owner",
      "url: postgres://root:r%40@db.example.com\nuser: root",
      "postgresql://root:r%40@db.example.com:5432/my_app_dev",
    ],
    [
      "external over a socket",
      "url: postgres://root:r@%2Frun%2Fpg/x\npassword: { env: PW }",
      "postgresql://my_app_dev:pw@%2Frun%2Fpg:5432/my_app_dev",
    ],
  ])("%s", async (_name, postgres, url) => {
    const desired = await deployed(postgres, { shell: { PW: "pw", ODD: "a$b@:/?#% &=c" } });
    expect(given(desired, "POSTSTACK_DATABASE_URL")).toBe(url);
    const parsed = new URL(url);
    expect(given(desired, "DB_HOST")).toBe(decodeURIComponent(parsed.hostname.replaceAll(/[[\]]/g, "")));
    expect(given(desired, "DB_PORT")).toBe(parsed.port);
    expect(given(desired, "DB_NAME")).toBe(decodeURIComponent(parsed.pathname.slice(1)));
    expect(given(desired, "DB_USER")).toBe(decodeURIComponent(parsed.username));
    expect(given(desired, "DB_PASSWORD")).toBe(decodeURIComponent(parsed.password));
    expect(given(desired, "POSTSTACK_ENVIRONMENT")).toBe("dev");
  });

  test("a password with a dollar survives a variable that is made of it", async () => {
    const body =
      'postgres: { password: { env: PW } }\ndeployment: { procfile: Procfile }\nvariables: { MINE: "[${DB_PASSWORD:-none}]" }';
    const desired = await wishOf(projectOf(body, files), { shell: { PW: "a$b${c}$$" } });
    expect(given(desired, "MINE")).toBe("[a$b${c}$$]");
    expect(JSON.stringify([...(desired.resources.process[0]?.fields ?? [])])).not.toContain("a$b");
  });
});

describe("an external server", () => {
  test.each<[string, string, Readonly<Record<string, unknown>>]>([
    [
      "defaults",
      "postgres://root:r@db.example.com",
      {
        host: "db.example.com",
        port: 5432,
        sslmode: "prefer",
        maintenanceDatabase: "postgres",
        database: "my_app_dev",
      },
    ],
    [
      "all in the URL",
      "postgresql://root:r@db.example.com:7/neon?sslmode=require&channel_binding=require",
      { port: 7, sslmode: "require", maintenanceDatabase: "neon" },
    ],
    ["on this machine there is nobody to listen in", "postgres://root@localhost/x", { sslmode: "disable" }],
    ["a socket", "postgres://root@%2Frun%2Fpg/x", { host: "/run/pg", sslmode: "disable" }],
    ["libpq's allow", "postgres://root@h?sslmode=allow", { sslmode: "prefer" }],
  ])("%s", async (_name, url, expected) => {
    const { endpoint } = await wishOf(projectOf("postgres: { url: { env: URL } }"), { shell: { URL: url } });
    expect(endpoint).toMatchObject({ ...expected, admin: { user: "root" } });
  });

  test("keys of the file are stronger than the URL", async () => {
    const postgres = "host: other\nport: 9\nsslmode: verify-ca\nurl: { env: URL }";
    const { endpoint } = await deployed(postgres, { shell: { URL: "postgres://root@h:8/x?sslmode=require" } });
    expect(endpoint).toMatchObject({ host: "other", port: 9, sslmode: "verify-ca" });
  });

  test("its admin is no role of ours, also when it is the owner", async () => {
    const { resources, secretNames } = await deployed(
      "url: postgres://root@h\nuser: root\nroles: { a: { login: true } }",
    );
    expect(resources.role.map(({ name }) => name)).toEqual(["a"]);
    expect(secretNames).toEqual([]);
    expect(resources.instance[0]).not.toHaveProperty("spec");
  });

  test.each<[string, string]>([
    ["no URL", "hello"],
    ["another scheme", "mysql://root@h"],
    ["no user", "postgres://h/x"],
    ["no host", "postgres://root@/x"],
    ["a bad encoding", "postgres://root:%zz@h"],
    ["an unknown sslmode", "postgres://root:canary@h?sslmode=canary2"],
  ])("%s is an error that does not show the URL's password", async (_name, url) => {
    const work = wishOf(projectOf("postgres: { url: { env: URL } }"), { shell: { URL: url } });
    expect(await told(work)).toEqual(["CONFIG_TYPE .poststack.yml:4:17"]);
    await expect(work).rejects.not.toThrow("canary@");
  });
});

const owner = async (reference: string, contents: Readonly<Record<string, string>> = {}, options: WishOptions = {}) => {
  const project = projectOf(`postgres: { password: ${reference} }`, {
    "environments/dev.env": "FROM_FILE=from env file",
  });
  for (const [path, text] of Object.entries(contents)) project.write(path, text, 0o600);
  const { resources } = await wishOf(project, options);
  const role = resources.role[0];
  return role?.password === undefined ? undefined : `${role.generated} ${reveal(role.password)}`;
};

describe("passwords", () => {
  test.each<[string, string, Readonly<Record<string, string>>, string]>([
    ["plain text", "open", {}, "no open"],
    ["the shell", "{ env: FROM_SHELL }", {}, "no from shell"],
    ["an env file", "{ env: FROM_FILE }", {}, "no from env file"],
    ["a file, without its last line end", "{ file: secret }", { secret: "two\nlines\n" }, "no two\nlines"],
    ["a file of Windows", "{ file: ./secret }", { secret: "one\r\n" }, "no one"],
    ["a command", "{ command: [printf, 'a%sb\\n', $X] }", {}, "no axb"],
    ["a command in the project's folder", "{ command: [cat, secret] }", { secret: " kept " }, "no  kept "],
  ])("from %s", async (_name, reference, contents, expected) => {
    expect(await owner(reference, contents, { shell: { FROM_SHELL: "from shell", X: "x" } })).toBe(expected);
  });

  test("one that is made up has 32 characters that nobody mistakes for another", async () => {
    const made = await Promise.all([owner("auto_generated"), owner("auto_generated")]);
    for (const one of made) expect(one).toMatch(/^new [a-km-np-zA-HJ-NP-Z2-9]{32}$/);
    expect(new Set(made).size).toBe(2);
  });

  test.each([
    ["postgres: { password: open }", 1],
    ["postgres: { url: 'postgres://root:open@h' }", 1],
    ["postgres: { url: 'postgres://root@h' }", 0],
    ["postgres: { password: { env: PW } }", 0],
  ])("%s is warned of %i times", async (body, count) => {
    const warnings: string[] = [];
    await wishOf(projectOf(body), { shell: { PW: "x" }, warn: (what) => warnings.push(what) });
    expect(warnings).toHaveLength(count);
    expect(warnings.join(" ")).not.toContain("open");
  });
});

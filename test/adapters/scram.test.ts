import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test as plain } from "vitest";
import { postgres } from "../../controller/adapters/postgres.ts";
import { passwords } from "../../controller/adapters/scram.ts";
import type { Endpoint } from "../../controller/core/ports/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { quoteLiteral } from "../../controller/core/sql.ts";
import { startCluster } from "../support/cluster.ts";
import { test } from "../support/postgres.ts";

const texts: readonly (readonly [string, string])[] = [
  ["plain letters", "correct horse"],
  ["one letter", "x"],
  ["quotes, dollars, backslashes", `a'b"c$d$$e\\f\`g`],
  ["spaces around", "  both ends  "],
  ["control characters", "a\tb\u0001c"],
  ["umlauts", "grün äöü ß"],
  ["a letter and its accent apart", "cafe\u0301"],
  ["a ligature and a full-width letter", "ﬁＡ"],
  ["other spaces", "a\u00A0b\u2003c\u200Bd\u3000e"],
  ["what maps to nothing", "so\u00ADft\u2060word\uFE0F\uFEFF"],
  ["Greek, Cyrillic, Chinese", "пароль λόγος 密码"],
  ["right to left", "שלום"],
  ["an emoji, younger than Unicode 3.2", "😀 key"],
  ["500 letters", "p".repeat(500)],
  ["looks like a verifier", "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA"],
  ["looks like an md5 hash", `md5${"0".repeat(32)}`],
];

// The last two the server would take as they are, if it were given them.
const derivable = new Set(texts.slice(0, -2).map(([name]) => name));

test.for(texts)(
  "%s: the verifier logs in over TCP, and is what the server derives",
  async ([name, text], { database }) => {
    const role = database.unique("login");
    const password = new Secret(text);
    const verifier = async (): Promise<string> =>
      String((await database.column("select rolpassword from pg_authid where rolname = $1", [role]))[0]);
    await database.query(`create role "${role}" login password ${quoteLiteral(passwords.verifier(password))}`);
    const session = await database.server.login({ user: role, password }, database.name, database.signal);
    expect(await session.query("select current_user as me", [], database.signal)).toEqual([{ me: role }]);
    expect(await passwords.matches(password, await verifier())).toBe(true);
    expect(await passwords.matches(new Secret(`${text}.`), await verifier())).toBe(false);
    if (!derivable.has(name)) return;
    await database.query(`alter role "${role}" password ${quoteLiteral(text)}`);
    expect(await passwords.matches(password, await verifier())).toBe(true);
  },
);

test("another number of iterations is re-derived with that number", async ({ database }) => {
  if (database.admin.version < 160_000) return;
  const role = database.unique("many");
  await database.admin.pipeline(
    [`set scram_iterations = 8000; create role "${role}" password 'pw'; reset scram_iterations`],
    database.signal,
  );
  const [verifier] = await database.column("select rolpassword from pg_authid where rolname = $1", [role]);
  expect(verifier).toMatch(/^SCRAM-SHA-256\$8000:/);
  expect(await passwords.matches(new Secret("pw"), String(verifier))).toBe(true);
});

const good = passwords.verifier(new Secret("pw"));

plain("two verifiers of one password differ, and both match", async () => {
  const other = passwords.verifier(new Secret("pw"));
  expect(other).not.toBe(good);
  const matches = await Promise.all([good, other].map((one) => passwords.matches(new Secret("pw"), one)));
  expect(matches).toEqual([true, true]);
});

plain.each([
  ["nothing", ""],
  ["md5", `md5${"a".repeat(32)}`],
  ["a password in the clear", "pw"],
  ["a cut verifier", good.slice(0, -5)],
  ["an extended verifier", `${good}x`],
  ["another hash", good.replace("256", "512")],
  ["no iterations", good.replace("$4096:", "$0:")],
  ["so many iterations that it would hold a pass up", good.replace("$4096:", "$999999999:")],
  ["letters for iterations", good.replace("$4096:", "$4x96:")],
  ["an odd salt", good.replace("$4096:", "$4096:!")],
  ["a line more", `${good}\n`],
  ["a megabyte", "SCRAM-SHA-256$4096:".padEnd(1 << 20, "A")],
])("%s is no verifier of any password", async (_name, verifier) => {
  expect(await passwords.matches(new Secret("pw"), verifier)).toBe(false);
});

plain.each(["", "\u00AD\u200D"])("an empty password (%j) is refused, which Postgres would take for none", (text) => {
  expect(() => passwords.verifier(new Secret(text))).toThrow("the password is empty");
});

plain("a server that logs every statement, also a failing one, never sees the password", async () => {
  const cluster = await startCluster();
  try {
    const canary = "canary-5f1c-grün";
    const admin = { user: "postgres", password: new Secret(cluster.password) };
    const endpoint: Endpoint = {
      host: "127.0.0.1",
      port: cluster.port,
      sslmode: "disable",
      database: "postgres",
      maintenanceDatabase: "postgres",
      admin,
      owner: admin,
    };
    const signal = new AbortController().signal;
    const session = await postgres("poststack-test").connect(endpoint, admin, "postgres", signal);
    await session.query("set log_min_messages = 'info'; set log_statement = 'all'", [], signal);
    const verifier = passwords.verifier(new Secret(canary));
    await session.query(`create role logged login password ${quoteLiteral(verifier)}`, [], signal);
    const failing = `alter role nobody_here password ${quoteLiteral(verifier)}`;
    await expect(session.query(failing, [], signal)).rejects.toThrow("does not exist");
    await session.close();
    const log = readFileSync(join(cluster.directory, "log"), "utf8");
    expect(log).toContain("alter role nobody_here");
    for (const form of [canary, "canary-5f1c", Buffer.from(canary).toString("base64"), encodeURIComponent(canary)]) {
      expect(log).not.toContain(form);
    }
  } finally {
    await cluster.stop();
  }
});

// The environment's contract: https://github.com/docker-library/docs/blob/master/postgres/content.md
import { afterEach, expect, test } from "vitest";
import { describeImages, file, password, type Wish } from "./kit.ts";

const data = "/var/lib/postgresql/data";

/** Options of a tmpfs that somebody else than root may write to, in a container that is read-only: docs/podman.md */
const writable = { docker: { mode: 0o1777 }, podman: { options: ["U"] } } as const;

describeImages({ name: "poststack/postgres: settings", isExtra: true }, (images, { kind }) => {
  afterEach(() => images.box.empty());

  test.each<[name: string, wish: Wish, user: string, query: string, answer: string]>([
    [
      "a user of another name is superuser, and its database has its name",
      { environment: { POSTGRES_USER: `Ann O. Neil` } },
      `Ann O. Neil`,
      "select rolname, rolsuper from pg_roles where rolcanlogin; select datname from pg_database where not datistemplate order by 1",
      `Ann O. Neil|t\nAnn O. Neil\npostgres`,
    ],
    [
      "everything from files that only root may read",
      {
        environment: {
          POSTGRES_PASSWORD: "",
          POSTGRES_PASSWORD_FILE: "/run/secrets/password",
          POSTGRES_USER_FILE: "/run/secrets/user",
          POSTGRES_DB_FILE: "/run/secrets/database",
          POSTGRES_INITDB_ARGS_FILE: "/run/secrets/initdb",
        },
        files: [
          file("/run/secrets/password", `${password}\n`, 0o400),
          file("/run/secrets/user", "ann\n", 0o400),
          file("/run/secrets/database", "Shop; drop", 0o400),
          file("/run/secrets/initdb", "--data-checksums", 0o400),
        ],
      },
      "ann",
      "select datname from pg_database where datname = 'Shop; drop'; show data_checksums",
      "Shop; drop\non",
    ],
    [
      "words for initdb, grouped by quotes, and none of them run",
      { environment: { POSTGRES_INITDB_ARGS: `--locale-provider=icu --icu-locale='de-DE' -k "--wal-segsize=1"` } },
      "postgres",
      "select datlocprovider, daticulocale from pg_database where datname = 'postgres'; show data_checksums; show wal_segment_size",
      "i|de-DE\non\n1MB",
    ],
    [
      "a socket that asks for the password does not lock the entrypoint out",
      { environment: { POSTGRES_INITDB_ARGS: "--auth=scram-sha-256", POSTGRES_DB: "shop", PGPASSWORD: password } },
      "postgres",
      "select datname from pg_database where datname = 'shop'",
      "shop",
    ],
    [
      "arguments alone are for the server, and another port is what the check finds",
      { command: ["-c", "shared_buffers=20MB", "-c", "cluster_name=it is 'mine'"], environment: { PGPORT: "6000" } },
      "postgres",
      "show shared_buffers; show cluster_name; show port",
      "20MB\nit is 'mine'\n6000",
    ],
    [
      "a data folder elsewhere, and the log beside",
      { environment: { PGDATA: "/srv/db", POSTGRES_INITDB_WALDIR: "/srv/wal" } },
      "postgres",
      "show data_directory; select count(*) > 0 from pg_ls_waldir(); select pg_read_file('/srv/db/PG_VERSION')::int",
      "/srv/db\nt\n15",
    ],
    [
      "a uid without a name, in a folder of its own, on a file system that cannot be written",
      {
        user: "1234:1234",
        readOnly: true,
        environment: { PGDATA: `${data}/pgdata` },
        mounts: [{ type: "tmpfs", target: "/var/run/postgresql", readOnly: false, ...writable[kind] }],
      },
      "postgres",
      "show data_directory; select (pg_stat_file('PG_VERSION')).size",
      `${data}/pgdata\n3`,
    ],
  ])("%s", async (_name, wish, user, query, answer) => {
    const server = await images.postgres(wish);
    await server.healthy();
    expect(await server.sql(query, user)).toBe(answer);
  });

  test("a password alone: user postgres, its database, parameters of the image; TCP asks for it, the Unix socket does not", async () => {
    const server = await images.postgres();
    await server.healthy();
    const facts =
      "select current_user, datname, pg_encoding_to_char(encoding), datcollate, version() ~ 'PostgreSQL 15' from pg_database where datname = current_database(); show listen_addresses; show password_encryption";
    expect(await server.sql(facts)).toBe("postgres|postgres|UTF8|en_US.utf8|t\n*\nscram-sha-256");
    const tcp = async (secret: string): Promise<string> =>
      (
        await server.exec(
          ...(["env", `PGPASSWORD=${secret}`, "psql", "--host=127.0.0.1", "--username=postgres"] as const),
          ...["--no-align", "--tuples-only", "--command=select 'in'"],
        )
      ).output.trim();
    expect(await tcp(password)).toBe("in");
    expect(await tcp("wrong")).toContain("password authentication failed");
    expect(await server.sql("select left(rolpassword, 13) from pg_authid where rolname = 'postgres'")).toBe(
      "SCRAM-SHA-256",
    );
    expect(await server.shell(`grep -v '^#' ${data}/pg_hba.conf | tail -n 1`)).toBe("host all all all scram-sha-256");
  });

  test("trust is possible, without a password and with a warning", async () => {
    const server = await images.postgres({
      environment: { POSTGRES_PASSWORD: "", POSTGRES_HOST_AUTH_METHOD: "trust", POSTGRES_USER: "ann" },
    });
    await server.healthy();
    expect(await server.shell("psql --host=127.0.0.1 --username=ann --no-password -Atc 'select 1'")).toBe("1");
    expect(await server.logs()).toContain("warning: POSTGRES_HOST_AUTH_METHOD is trust");
    // The check logs in as somebody who is there.
    expect(await server.logs()).not.toContain("FATAL");
  });

  test.each<[name: string, wish: Wish, error: string]>([
    ["no password", { environment: { POSTGRES_PASSWORD: "" } }, "the superuser has no password"],
    [
      "a password twice",
      { environment: { POSTGRES_PASSWORD_FILE: "/etc/hostname" } },
      "POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set",
    ],
    [
      "a file that is not there",
      { environment: { POSTGRES_USER_FILE: "/run/none" } },
      "POSTGRES_USER_FILE names /run/none, which does not exist",
    ],
    [
      "a folder instead of a file",
      { environment: { POSTGRES_DB_FILE: "/etc" } },
      "POSTGRES_DB_FILE names /etc, which is a folder",
    ],
    [
      "a file that this uid may not read",
      {
        user: "1234:1234",
        environment: { POSTGRES_DB_FILE: "/secret", PGDATA: `${data}/pgdata` },
        files: [file("/secret", "x", 0o400)],
      },
      "POSTGRES_DB_FILE names /secret, which uid 1234 may not read",
    ],
    [
      "a password of two lines",
      { environment: { POSTGRES_PASSWORD: "a\nb" } },
      "POSTGRES_PASSWORD has more than one line",
    ],
    [
      "a quote without its end",
      { environment: { POSTGRES_INITDB_ARGS: "--locale='C" } },
      "POSTGRES_INITDB_ARGS has a quote without its end",
    ],
    [
      "data elsewhere by the back door",
      { environment: { POSTGRES_INITDB_ARGS: "-D /tmp/x" } },
      "POSTGRES_INITDB_ARGS says where the data goes",
    ],
    ["words that initdb does not know", { environment: { POSTGRES_INITDB_ARGS: "--no-such" } }, "initdb failed"],
    ["a user that Postgres keeps for itself", { environment: { POSTGRES_USER: "pg_me" } }, "initdb failed"],
    [
      "a method that Postgres does not know",
      { environment: { POSTGRES_HOST_AUTH_METHOD: "password1" } },
      "the server does not start",
    ],
    ["a parameter that Postgres does not know", { command: ["-c", "no_such=1"] }, "the server does not start"],
    ["a relative folder", { environment: { PGDATA: "data" } }, 'PGDATA is "data", which is not an absolute path'],
    ["the log inside of the data", { environment: { POSTGRES_INITDB_WALDIR: `${data}/wal` } }, "lies in PGDATA"],
    [
      "a log folder that is in use",
      { environment: { POSTGRES_INITDB_WALDIR: "/srv/wal" }, files: [file("/srv/wal/000000010000000000000001", "")] },
      "POSTGRES_INITDB_WALDIR, /srv/wal, has files in it",
    ],
    [
      "a folder of somebody else",
      { files: [file(`${data}/notes.txt`, "mine")] },
      "has files in it, and they are no Postgres cluster: notes.txt",
    ],
    ["the top of a file system", { files: [file(`${data}/lost+found/x`, "")] }, "it has a lost+found"],
    ["data of another major", { files: [file(`${data}/PG_VERSION`, "14\n")] }, "was made by Postgres 14"],
    ["a uid that owns nothing", { user: "1234:1234" }, "belongs to uid 999, and the server runs as uid 1234"],
    [
      "a verbosity that there is not",
      { environment: { POSTGRES_ENTRYPOINT_VERBOSITY: "loud" } },
      'POSTGRES_ENTRYPOINT_VERBOSITY is "loud"',
    ],
  ])("wrong use: %s", async (_name, wish, error) => {
    const server = await images.postgres(wish);
    expect(await server.exitCode()).toBe(1);
    const logs = await server.logs();
    expect(logs).toContain(error);
    expect(logs).toContain("  next: ");
    expect(logs).not.toContain(password);
  });

  test("what is somebody else's is not given to postgres", async () => {
    const volume = await images.volume();
    const refused = await images.postgres({ mounts: [volume], files: [file(`${data}/notes.txt`, "mine")] });
    expect(await refused.exitCode()).toBe(1);
    const look = await images.run({ mounts: [volume], command: ["sleep", "infinity"] });
    expect(await look.shell(`stat --format=%U:%s ${data}/notes.txt`)).toBe("root:4");
  });

  test.each<[command: readonly string[], output: RegExp]>([
    [["postgres", "--version"], /^postgres \(PostgreSQL\) 15\./],
    [["--help"], /^postgres is the PostgreSQL server/],
    [["bash", "-c", "whoami; id -G postgres"], /^root\n.*\b9999\b/],
  ])("%j needs no settings", async (command, output) => {
    const tool = await images.run({ command });
    expect(await tool.exitCode()).toBe(0);
    expect(await tool.logs()).toMatch(output);
  });
});

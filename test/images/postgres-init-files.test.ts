import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { describeImages, file, password } from "./kit.ts";

const folder = "/docker-entrypoint-initdb.d";
const note = (text: string): string => `insert into note (text) values ('${text}');\n`;

describeImages({ name: "poststack/postgres: init files", isExtra: true }, (images) => {
  afterEach(() => images.box.empty());

  test("each kind has its turn, in the order of names, once", async () => {
    // Debian's tools pack what Node cannot.
    const packer = await images.run({ command: ["sleep", "infinity"] });
    const packed = async (program: string, text: string): Promise<Buffer> =>
      Buffer.from(await packer.shell(`printf '%s' "${text}" | ${program} --stdout | base64 --wrap=0`), "base64");
    const mounts = [await images.volume()];
    const files = [
      file(`${folder}/10-table.sql`, "create table note (id serial, text text);\n"),
      file(`${folder}/20-plain.sql`, `\\set word 'with psql''s commands'\ninsert into note (text) values (:'word');`),
      file(`${folder}/30-packed.sql.gz`, gzipSync(note("gz"))),
      file(`${folder}/31-packed.sql.xz`, await packed("xz", note("xz"))),
      file(`${folder}/32-packed.sql.zst`, await packed("zstd", note("zst"))),
      file(`${folder}/40-sourced.sh`, `export FROM_SOURCED="sourced, $unset"\nfile=1; fail() { :; }\nexit 0\n`),
      file(
        `${folder}/41-sourced.sh`,
        `export SEEN="$POSTGRES_USER $POSTGRES_DB \${#POSTGRES_PASSWORD} $(id -un) $PGDATA"\n`,
      ),
      file(
        `${folder}/50-run.sh`,
        `#!/usr/bin/python3\nimport os, subprocess\nsql = f"insert into note (text) values ('run: {os.environ['SEEN']}')"\nsubprocess.run(["psql", "-U", "ann", "-d", "shop", "-c", sql], check=True)\n`,
        0o755,
      ),
      file(
        `${folder}/60-hba.sh`,
        `echo '# kept' >> "$PGDATA/pg_hba.conf"; sed -i 's/^#work_mem.*/work_mem = 5MB/' /var/lib/postgresql/data/postgresql.conf\n`,
      ),
      file(`${folder}/70-not.txt`, "never read"),
      file(`${folder}/folder/80.sql`, "syntax error"),
    ];
    const environment = { POSTGRES_USER: "ann", POSTGRES_DB: "shop" };
    const server = await images.postgres({ environment, mounts, files });
    await server.healthy();
    const notes = "psql -U ann -d shop -Atc 'select text from note order by id; show work_mem'";
    const expected = [
      ...["with psql's commands", "gz", "xz", "zst"],
      `run: ann shop ${password.length} postgres /var/lib/postgresql/data`,
      "5MB",
    ].join("\n");
    expect(await server.shell(notes)).toBe(expected);
    expect(await server.shell("grep -c '# kept' $PGDATA/pg_hba.conf")).toBe("1");
    expect(await server.logs()).toContain(`passing over ${folder}/70-not.txt`);

    await server.stop();
    await server.kill();
    const again = await images.postgres({ environment, mounts, files });
    await again.healthy();
    expect(await again.shell(notes)).toBe(expected);
  });

  test.each<[name: string, file: string, content: string | Buffer, mode: number, message: string]>([
    ["SQL that is wrong", "a.sql", "select 1;\nselct 2;\nselect 3;", 0o644, `a.sql:2: ERROR:  syntax error`],
    ["a script that fails in the middle", "a.sh", "echo one\nfalse\necho two\n", 0o644, "a.sh failed with code 1"],
    ["a program that fails", "a.sh", "#!/bin/sh\nexit 7\n", 0o755, "a.sh failed with code 7"],
    [
      "an archive that is cut off",
      "a.sql.gz",
      gzipSync("select 1;\n".repeat(9_999)).subarray(0, 60),
      0o644,
      "a.sql.gz failed",
    ],
    ["a file that postgres may not read", "a.sql", "select 1;", 0o600, "uid 999 may not read"],
  ])("%s ends it, and the next start begins anew", async (_name, name, content, mode, message) => {
    const mounts = [await images.volume()];
    const bad = await images.postgres({ mounts, files: [file(`${folder}/${name}`, content, mode)] });
    expect(await bad.exitCode()).toBe(1);
    expect(await bad.logs()).toContain(message);
    expect(await bad.logs()).not.toMatch(/^two$/m);
    const good = await images.postgres({ mounts, files: [file(`${folder}/a.sql`, "create table well ();")] });
    await good.healthy();
    expect(await good.sql("select count(*) from pg_tables where tablename = 'well'")).toBe("1");
  });
});

import { afterEach, expect, test } from "vitest";
import type { ContainerFile } from "../../controller/core/ports/containers.ts";
import { describeImages, file, password, type Wish } from "./kit.ts";

const data = "/var/lib/postgresql/data";
const initFile = file(
  "/docker-entrypoint-initdb.d/10-shop.sql",
  "create table item (id int); insert into item values (1); create tablespace fast location '/tablespace';",
);

/**
 * Takes the place of a program that the entrypoint runs: at its nth call it does its work, or a part of it, says that it
 * has come to the instant, and never comes back. From the outside it looks as if that took for ever.
 */
function stopsAt(program: string, call: number, work: string): readonly ContainerFile[] {
  const script = `#!/bin/bash
calls=/calls/${program}
echo >> $calls
real() { PATH=\${PATH#*:/usr/local/bin:} command "${program}" "$@"; }
if [[ $(wc -l < $calls) -ne ${call} ]]; then real "$@"; exit; fi
${work}
echo "the instant has come" >&2
exec sleep infinity
`;
  // Made here: in /tmp, what root has made nobody else could go on with (fs.protected_regular).
  return [file(`/usr/local/bin/${program}`, script, 0o755), file(`/calls/${program}`, "", 0o666)];
}

/** Else the output of initdb is kept back. */
const loud = { POSTGRES_ENTRYPOINT_VERBOSITY: "debug" };

const before = "";
const after = 'real "$@"';
/** Its bootstrap is under way and stands still. */
const bootstrapping = `real "$@" &
until [[ -e $PGDATA/poststack-initdb/cluster/base/1 ]]; do sleep 0.01; done
pkill -STOP -x postgres`;

describeImages({ name: "poststack/postgres: the first start, killed", isExtra: true }, (images) => {
  afterEach(() => images.box.empty());

  test.each<[instant: string, program: string, call: number, work: string]>([
    ["before the folder beside has its cluster", "initdb", 1, before],
    ["in the middle of initdb", "initdb", 1, bootstrapping],
    ["when initdb is done", "initdb", 1, after],
    ["before the mark moves up", "mv", 1, before],
    ["when the mark has moved up", "mv", 1, after],
    ["when half of the cluster has moved up", "mv", 2, 'set -- "${@:2}"; real -- "${@:1:8}" "${@: -1}"'],
    ["when all of the cluster has moved up", "mv", 2, after],
    ["when the server of the first start is up", "psql", 1, before],
    ["when an init file has run", "psql", 3, after],
    ["when everything is set up, before it is synced", "sync", 3, before],
    ["before the mark goes", "sync", 3, after],
    ["when the mark has gone", "sync", 4, before],
  ])("%s: the next start works", async (_instant, program, call, work) => {
    const mounts = [await images.volume(), await images.volume("/wal"), await images.volume("/tablespace")];
    const wish: Wish = { mounts, environment: { POSTGRES_INITDB_WALDIR: "/wal/of-15", POSTGRES_DB: "shop", ...loud } };
    // The folder is root's at first, and the init file makes a tablespace in it.
    const command = ["bash", "-c", "chown postgres /tablespace && exec docker-entrypoint.sh postgres"];
    const killed = await images.postgres({ ...wish, command, files: [initFile, ...stopsAt(program, call, work)] });
    await killed.says("the instant has come");
    await killed.kill();

    const server = await images.postgres({ ...wish, files: [initFile] });
    await server.healthy();
    expect(await server.shell("psql -U postgres -d shop -Atc 'select count(*) from item'")).toBe("1");
    expect(await server.sql("select count(*) from pg_tablespace where spcname = 'fast'")).toBe("1");
    expect(await server.shell(`readlink ${data}/pg_wal; ls -A ${data} | grep -c poststack || true`)).toBe(
      "/wal/of-15\n0",
    );
  });

  test("and killed again while it cleans up", async () => {
    const mounts = [await images.volume()];
    const first = await images.postgres({ mounts, files: stopsAt("psql", 1, before) });
    await first.says("the instant has come");
    await first.kill();
    // The second call of find is the one that removes: the first asks for owners.
    const second = await images.postgres({
      mounts,
      files: stopsAt("find", 2, `rm -rf ${data}/base ${data}/PG_VERSION ${data}/global`),
    });
    await second.says("the instant has come");
    await second.kill();
    const server = await images.postgres({ mounts });
    await server.healthy();
    expect(await server.logs()).toContain("an earlier first start did not finish");
  });

  test("another cluster, put there meanwhile, is not thrown away", async () => {
    const mounts = [await images.volume()];
    const [backup, other] = [await images.volume("/backup"), await images.volume()];
    const source = await images.postgres({ mounts: [other] });
    await source.healthy();
    await source.stop();
    const killed = await images.postgres({ mounts, files: stopsAt("psql", 1, before) });
    await killed.says("the instant has come");
    await killed.kill();
    const copy = async (from: typeof mounts, text: string): Promise<void> => {
      const tool = await images.run({ mounts: [...from, backup], command: ["bash", "-ec", text] });
      expect(await tool.exitCode()).toBe(0);
    };
    await copy([other], `cp -a ${data}/. /backup`);
    await copy(
      mounts,
      `mv ${data}/poststack-first-start /tmp; rm -rf ${data}/*; cp -a /backup/. ${data}; mv /tmp/poststack-first-start ${data}`,
    );

    const refused = await images.postgres({ mounts });
    expect(await refused.exitCode()).toBe(1);
    expect(await refused.logs()).toContain("of another cluster");
    await copy(mounts, `rm ${data}/poststack-first-start`);
    const server = await images.postgres({ mounts });
    await server.healthy();
    expect(await server.logs()).not.toContain("first start");
  });

  test("stopped in the middle, it ends at once, and the next start works", async () => {
    const mounts = [await images.volume()];
    const long = file("/docker-entrypoint-initdb.d/long.sql", "\\echo begun\nselect pg_sleep(3600);");
    const stopped = await images.postgres({ mounts, files: [long] });
    await stopped.says("begun");
    await stopped.stop();
    // Not 137: nobody had to kill it when the grace was over.
    expect(await stopped.exitCode()).toBe(130);
    const server = await images.postgres({ mounts });
    await server.healthy();
    expect(await server.logs()).not.toContain(password);
  });
});

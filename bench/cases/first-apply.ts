import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Case } from "../case.ts";
import { poststack, program } from "../poststack.ts";
import { serverPrograms } from "../server.ts";
import { copyQuickstart } from "./quickstart.ts";

export const firstApply: Case = {
  id: "first-apply",
  title: "first `poststack apply` of the quickstart",
  goal: 1.5,
  rounds: { warmUp: 1, rounds: 7 },
  async set({ folder, home }) {
    const project = await copyQuickstart(join(folder, "quickstart"));
    const destroy = (): void => {
      const args = [program, "destroy", "--delete-data", "--confirm", "dev", "--yes"];
      const { status } = spawnSync(process.execPath, args, { cwd: project.folder, stdio: "ignore" });
      if (status !== 0) throw new Error("destroy failed");
    };

    const { bin, user } = await serverPrograms(17);
    const hand = join(folder, "by-hand");
    const script = join(folder, "by-hand.sh");
    writeFileSync(script, byHand(project.folder));
    const as = user === undefined ? "" : `setpriv --reuid ${user.uid} --regid ${user.gid} --clear-groups`;
    return {
      ours: poststack(["apply", "--yes"], { cwd: project.folder, home, clean: destroy }),
      other: {
        name: "initdb, start, app by hand",
        command: ["bash", script],
        environment: {
          BIN: bin,
          FOLDER: hand,
          AS: as,
          DB_PORT: String(project.serverPort),
          PORT: String(project.webPort),
        },
        prepare: () => {
          mkdirSync(hand);
          if (user !== undefined) chownSync(hand, user.uid, user.gid);
        },
        clean: () => {
          spawnSync("bash", [script, "stop"], {
            env: { ...process.env, BIN: bin, FOLDER: hand, AS: as },
            stdio: "ignore",
          });
          rmSync(hand, { recursive: true, force: true });
        },
      },
    };
  },
};

/** The three steps that nobody can leave out: no role, no database, no migration and no seed. */
const byHand = (project: string): string => `set -e
cd "$FOLDER"
if [ "$1" = stop ]; then
  kill "$(cat web.pid)"
  $AS "$BIN/pg_ctl" -D data -m immediate -w stop
  exit
fi
echo secret > password
$AS "$BIN/initdb" -D data -U postgres --pwfile=password --auth=scram-sha-256 --encoding=UTF8 --data-checksums \\
  --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C > initdb.log
$AS "$BIN/pg_ctl" -D data -w -o "-p $DB_PORT -k $FOLDER -c listen_addresses=127.0.0.1 -c shared_buffers=32MB" -l "$FOLDER/log" start > start.log
export POSTSTACK_DATABASE_URL="postgres://postgres:secret@127.0.0.1:$DB_PORT/postgres"
node ${project}/web.mjs > web.log 2>&1 < /dev/null &
echo $! > web.pid
until curl --silent --fail --output /dev/null "http://127.0.0.1:$PORT/health"; do sleep 0.02; done
`;

// What a person does to try a migration out by hand: the schema written to a file, and restored into a new database, which
// goes again. Arguments: URL of the server's database `postgres`, a name for the new one, a file, and the program with
// which `db dump` writes it; pg_dump refuses a server that is newer than itself.
import { spawnSync } from "node:child_process";

const [server = "", copy = "", file = "", program = ""] = process.argv.slice(2);

function run(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

run("psql", "-qc", `create database ${copy}`, server);
try {
  run(process.execPath, program, "db", "dump", "--output", file);
  run("psql", "-q1", "-v", "ON_ERROR_STOP=1", "-f", file, new URL(`/${copy}`, server).href);
} finally {
  run("psql", "-qc", `drop database ${copy}`, server);
}

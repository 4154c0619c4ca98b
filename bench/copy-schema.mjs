// What a person does to try a migration out: pg_dump --schema-only of a database, restored with psql into a new one, which
// goes again. Arguments: URL of the server's database `postgres`, name of the database, a file to write to.
import { spawnSync } from "node:child_process";

const [server = "", database = "", file = ""] = process.argv.slice(2);
const copy = `${database}_copy`;
const at = (name) => new URL(`/${name}`, server).href;

function run(program, ...args) {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
}

run("psql", "-qc", `create database ${copy}`, server);
try {
  run("pg_dump", "--schema-only", "--exclude-schema=poststack", "-f", file, at(database));
  run("psql", "-q1", "-v", "ON_ERROR_STOP=1", "-f", file, at(copy));
} finally {
  run("psql", "-qc", `drop database ${copy}`, server);
}

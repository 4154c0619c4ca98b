// A process that makes the server of a project and ends: node --import tsx embedded-creator.ts <project> <port> <major> [create]
import { join } from "node:path";
import { clock } from "../../controller/adapters/clock.ts";
import { embeddedServers } from "../../controller/adapters/embedded.ts";
import { postgres } from "../../controller/adapters/postgres.ts";
import { Secret } from "../../controller/core/secret.ts";
import { projectRoot } from "../support/build.ts";
import { testPassword } from "../support/embedded.ts";

const [, , project = "", port = "", major = "", only] = process.argv;
const servers = embeddedServers({
  directory: join(project, ".poststack", "dev"),
  root: projectRoot,
  environment: process.env,
  postgres: postgres("poststack-test"),
  clock,
});
const spec = { name: "dev", major: Number(major), bind: "127.0.0.1", port: Number(port) };
const admin = { user: "postgres", password: new Secret(testPassword) };
const { signal } = new AbortController();
process.stdout.write("ready\n");
await servers.create(spec, admin, new Map(), signal);
if (only !== "create") await servers.start(spec, admin, signal);

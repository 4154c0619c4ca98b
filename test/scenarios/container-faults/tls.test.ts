import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, describe, expect, test } from "vitest";
import { authority } from "../../support/certificates.ts";
import { errorsOf, type Ended } from "../../support/command.ts";
import { planLines } from "../../support/scenario.ts";
import { freePort } from "../../support/scenario-ports.ts";
import { openBox } from "../../engine/box.ts";
import { startDocker } from "../../engine/docker-daemon.ts";
import { stageOn, type Stage } from "../containers/stage.ts";

// An engine on TCP that lets in whom its authority signed: `dockerd --tlsverify`.

const folder = mkdtempSync(join(tmpdir(), "poststack-tls-"));
const ours = authority(join(folder, "ours"));
const theirs = authority(join(folder, "theirs"));
const good = ours.pair("client", "client");

const port = await freePort();
const own = await startDocker({ tls: { port, folder: ours.pair("engine", "server") } }).catch(String);
if (typeof own === "string" && process.env["CI"] === "true") throw new Error(`no engine: ${own}`);
const box = typeof own === "string" ? undefined : openBox(own.socket);
const engine = `tcp://127.0.0.1:${port}`;

/** A server that shows a certificate which is over, and one that knows no TLS; nobody gets further than that. */
const outdated = ours.pair("outdated", "server", { isExpired: true });
const read = (name: string): Buffer => readFileSync(join(outdated, name));
const expired = createTlsServer({ cert: read("cert.pem"), key: read("key.pem") }).on("tlsClientError", () => undefined);
const plain = createServer((_, response) => void response.end());
const [expiredEngine, plainEngine] = await Promise.all([expired, plain].map(addressOf));

async function addressOf(server: Server): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterAll(async () => {
  expired.close();
  plain.close();
  await box?.close();
  if (typeof own !== "string") await own.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

function stage(files: Readonly<Record<string, string>> = {}): Promise<Stage> {
  if (box === undefined) throw new Error("no engine");
  return stageOn(box, files);
}

/** The good client's folder without one of its files, or with one of another's. */
function folderWith(name: string, change: (path: string) => void): string {
  const path = join(folder, name);
  cpSync(good, path, { recursive: true });
  change(path);
  return path;
}

type Variables = Readonly<Record<string, string>>;
const variables = (host: string | undefined, certificates: string): Variables => ({
  DOCKER_HOST: host ?? "",
  DOCKER_TLS_VERIFY: "1",
  DOCKER_CERT_PATH: certificates,
});

const cases: readonly (readonly [name: string, given: () => Variables, what: RegExp, next: RegExp])[] = [
  [
    "another authority's engine",
    () => variables(engine, theirs.pair("other", "client")),
    /^tcp:\/\/127\.0\.0\.1:\d+ does not prove who it is: /,
    /whether ca\.pem/,
  ],
  [
    "an engine whose certificate is over",
    () => variables(expiredEngine, good),
    /does not prove who it is: .*expired/,
    /still valid/,
  ],
  [
    "no certificate of this client",
    () =>
      variables(
        engine,
        folderWith("without", (path) => pair.forEach((name) => rmSync(join(path, name)))),
      ),
    /refuses the certificate of this client/,
    /cert\.pem and key\.pem/,
  ],
  [
    "a certificate of this client that is over",
    () => variables(engine, ours.pair("late", "client", { isExpired: true })),
    /refuses the certificate of this client/,
    /still valid/,
  ],
  [
    "a client of another authority",
    () => {
      const stranger = theirs.pair("stranger", "client");
      const withTheirs = (path: string): void =>
        pair.forEach((name) => copyFileSync(join(stranger, name), join(path, name)));
      return variables(engine, folderWith("mixed", withTheirs));
    },
    /refuses the certificate of this client/,
    /that engine's CA/,
  ],
  [
    "half of a pair",
    () =>
      variables(
        engine,
        folderWith("half", (path) => rmSync(join(path, "key.pem"))),
      ),
    /has cert\.pem and no key\.pem/,
    /both/,
  ],
  [
    "a folder without an authority",
    () =>
      variables(
        engine,
        folderWith("no-ca", (path) => rmSync(join(path, "ca.pem"))),
      ),
    /there is no ca\.pem in /,
    /DOCKER_CERT_PATH/,
  ],
  ["an engine that knows no TLS", () => variables(plainEngine, good), /answers, but not with TLS/, /DOCKER_TLS_VERIFY/],
  [
    "an engine that wants TLS",
    () => ({ DOCKER_HOST: engine }),
    /HTTP request to an HTTPS server/,
    /DOCKER_TLS_VERIFY=1/,
  ],
];

const pair = ["cert.pem", "key.pem"] as const;

const built = `services:
  web: { build: { context: ., dockerfile_inline: "FROM IMAGE\\nRUN --mount=type=secret,id=word test -s /run/secrets/word\\n", secrets: [word] }, init: true, stop_grace_period: 0s, configs: [{ source: page, target: /page }] }
configs: { page: { content: one } }
secrets: { word: { file: ./word } }
`;

describe.skipIf(box === undefined)("an engine on TCP with TLS", () => {
  test("runs an environment: builds with a secret, starts, finds nothing to do, and takes it away", async () => {
    const app = await stage({ "compose.yml": built, word: "hidden" });
    const run = (...args: readonly string[]): Promise<Ended> => app.runWith(variables(engine, good), ...args);
    const applied = await run("apply", "--yes", "--no-wait");
    expect(applied.code, applied.text).toBe(0);
    expect(await app.containers()).toEqual(["web-1 running"]);
    expect(planLines(await run("plan", "--json"))).toEqual([]);
    const { code, text } = await run("reset", "--delete-data", "--confirm", "dev", "--yes");
    expect(code, text).toBe(0);
    expect([await app.containers(), await app.objects()]).toEqual([[], []]);
  });

  test.each(cases)("%s: an error that says which side does not trust the other", async (_, given, what, next) => {
    const app = await stage();
    const ended = await app.runWith(given(), "apply", "--yes", "--json");
    expect(ended.code, ended.text).toBe(1);
    const [error, ...others] = errorsOf(ended);
    expect([error?.code, others]).toEqual(["ENGINE_LOGIN", []]);
    expect(error?.what).toMatch(what);
    expect(error?.next).toMatch(next);
    // Waiting makes no certificate right: there was one try.
    expect(ended.lines.filter(({ type }) => type === "retry")).toEqual([]);
    expect([await app.containers(), await app.objects()]).toEqual([[], []]);
  });

  test("a context of the docker client brings its own certificates", async () => {
    const app = await stage();
    const configuration = app.project.path("docker");
    const id = createHash("sha256").update("far").digest("hex");
    const [meta, tls] = ["meta", "tls"].map((part) => join(configuration, "contexts", part, id));
    mkdirSync(meta ?? "", { recursive: true });
    writeFileSync(
      join(meta ?? "", "meta.json"),
      JSON.stringify({ Name: "far", Endpoints: { docker: { Host: engine } } }),
    );
    const environment = { DOCKER_HOST: "", DOCKER_CONFIG: configuration, DOCKER_CONTEXT: "far" };
    const without = await app.runWith(environment, "plan", "--json");
    expect([without.code, without.text]).toEqual([1, expect.stringContaining("ENGINE_LOGIN")]);
    cpSync(good, join(tls ?? "", "docker"), { recursive: true });
    expect(planLines(await app.runWith(environment, "plan", "--json"))).toContain("create container:web  not found");
  });
});

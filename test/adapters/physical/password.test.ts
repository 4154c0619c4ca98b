import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { createCluster } from "../../../controller/adapters/embedded/cluster.ts";
import type { Layout } from "../../../controller/adapters/embedded/layout.ts";
import { Secret } from "../../../controller/core/secret.ts";

// The superuser's password of PostgreSQL 13 is set in single-user mode; the real thing is in single-user.test.ts.
const signal = new AbortController().signal;

test.each<[string, string | undefined, object]>([
  [
    "says why",
    "#!/bin/sh\necho 'FATAL:  no such thing' >&2\nexit 1\n",
    { details: expect.arrayContaining(["FATAL:  no such thing"]) as unknown },
  ],
  ["cannot be run", undefined, { details: [expect.stringContaining("ENOENT") as unknown] }],
])("of a new cluster whose server program %s nobody hears of copies", async (_what, program, facts) => {
  const folder = mkdtempSync(join(tmpdir(), "poststack-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [data, bin] = [join(folder, "dev", "postgres"), join(folder, "bin")];
  for (const path of [bin, join(folder, "dev")]) mkdirSync(path);
  for (const [name, text] of [
    ["initdb", "#!/bin/sh\nexit 0\n"],
    ["postgres", program],
  ] as const) {
    if (text === undefined) continue;
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  const layout: Layout = { link: data, data, socketDirectory: "", logFile: "", user: undefined };
  const spec = { name: "postgres", major: 13, bind: "127.0.0.1", port: 5433 };
  const admin = { user: "postgres", password: new Secret("canary") };
  const environment = { PATH: process.env["PATH"] };
  const error: unknown = await createCluster(
    layout,
    { bin, major: 13, environment },
    spec,
    admin,
    new Map(),
    clock,
    signal,
  ).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "POSTGRES_START",
    facts: {
      what: "initdb could not make a cluster (the superuser's password could not be set)",
      next: "see what initdb says above, correct it and apply again",
      ...facts,
    },
  });
  expect(JSON.stringify((error as { readonly facts: unknown }).facts)).not.toMatch(/copy|backup|canary/);
  expect([existsSync(data), readdirSync(join(folder, "dev"))]).toEqual([false, []]);
});

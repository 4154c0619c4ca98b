// What pg_dump and pg_restore are run with, where they run, and what is done about those that an earlier run has left.
import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { ExecResult, ExecSpec } from "../../../controller/core/ports/containers.ts";
import type { SpawnSpec } from "../../../controller/core/ports/host.ts";
import type { SqlValue } from "../../../controller/core/ports/postgres.ts";
import { toolbox } from "../../../controller/resources/backup/tools.ts";
import { desiredBackup } from "./kit.ts";

const { signal } = new AbortController();
const stem = `/tmp/poststack-dump-${Buffer.from("shop_dev").toString("hex")}-`;
const dumped = Buffer.from("PGDMP");
const sha256 = createHash("sha256").update(dumped).digest("hex");

/** What was done, in order: commands by their program, and sessions that were ended. */
let done: string[];
let specs: ExecSpec[];
beforeEach(() => {
  done = [];
  specs = [];
});

/** A container with the programs, as far as these are asked for; `program` may answer otherwise. */
function inContainer(program: (spec: ExecSpec) => Promise<ExecResult> | undefined = () => undefined) {
  const ports = {
    clock: { random: () => 0.5 },
    containers: {
      exec(_id: string, spec: ExecSpec): Promise<ExecResult> {
        const [name, ...args] = spec.command;
        specs.push(spec);
        done.push(name === "sh" || name === "rm" ? `${name} ${args.join(" ")}` : name);
        const answer = program(spec);
        if (answer !== undefined) return answer;
        if (name === "pg_restore") spec.onOutput?.(Buffer.from("; a list\n"));
        if (name === "cat") spec.onOutput?.(dumped);
        if (name === "sha256sum") spec.onOutput?.(Buffer.from(`${sha256}  file\n`));
        return Promise.resolve({ exitCode: 0, output: "" });
      },
    },
    server: {
      admin: (limited: AbortSignal) => {
        limited.throwIfAborted();
        return Promise.resolve({
          query(_sql: string, values: readonly SqlValue[]) {
            done.push(`end ${values.join(" ")}`);
            return Promise.resolve([]);
          },
        });
      },
    },
    backups: { append: () => undefined, measure: () => Promise.resolve({ sizeBytes: dumped.length, sha256 }) },
  } as unknown as Ports;
  return toolbox({ on: "container", name: "pg" }, desiredBackup(), ports, signal);
}

const path = `${stem}800000000000.dump`;
const begun = [`sh -c rm -f -- "$0"* ${stem}`, "end shop_dev poststack backup", "pg_dump"];
const cleaned = `rm -f -- ${path} ${path}.list`;

describe("in a container", () => {
  test("a dump ends and removes what an earlier one has left, and leaves nothing", async () => {
    expect(await inContainer().dump("/b/a.dump.partial")).toEqual({ list: "; a list\n" });
    expect(done).toEqual([...begun, "pg_restore", "cat", "sha256sum", cleaned]);
    expect(specs.find(({ command: [name] }) => name === "pg_dump")?.environment?.get("PGAPPNAME")).toBe(
      "poststack backup",
    );
  });

  test("nobody waits for it any more: its session is ended, its file is removed", async () => {
    const box = inContainer(({ command: [name] }) =>
      name === "pg_dump" ? Promise.reject(new Error("the engine is gone")) : undefined,
    );
    await expect(box.dump("/b/a.dump.partial")).rejects.toThrow("the engine is gone");
    expect(done).toEqual([...begun, "end shop_dev poststack backup", cleaned]);
  });

  test("what reads all of a file may take as long as what writes it", async () => {
    await inContainer().dump("/b/a.dump.partial");
    const limits = new Map(specs.map(({ command: [name], timeoutMs }) => [name, timeoutMs]));
    expect(limits.get("sha256sum")).toBe(limits.get("pg_dump"));
    expect(limits.get("cat")).toBe(limits.get("pg_dump"));
  });

  test("a list of contents that does not end is not kept", async () => {
    const part = Buffer.alloc(64 * 1024 * 1024);
    let taken = 0;
    const box = inContainer(({ command: [name], onOutput }) => {
      if (name !== "pg_restore") return undefined;
      return Promise.resolve().then(() => {
        for (; taken < 1000; taken++) onOutput?.(part);
        return { exitCode: 0, output: "" };
      });
    });
    const failed = await box.dump("/b/a.dump.partial").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(PoststackError);
    expect(failed).toMatchObject({ code: "FILE_UNREADABLE" });
    expect(taken).toBe(4);
    expect(done.at(-1)).toBe(cleaned);
  });
});

test.each([
  ["ep-cool-dawn-123456-pooler.us-east-2.aws.neon.tech", 5432, "ep-cool-dawn-123456.us-east-2.aws.neon.tech 5432"],
  ["db.abcdefghij.supabase.co", 6543, "db.abcdefghij.supabase.co 5432"],
  ["db.example.com", 6432, "db.example.com 6432"],
])("on this machine they go past the pooler of a service: %s:%i", async (host, port, expected) => {
  const asked: string[] = [];
  const ports = {
    state: { directory: "/shop/.poststack/dev" },
    host: {
      run({ environment, command: [program] }: SpawnSpec) {
        if (program.endsWith("pg_dump")) {
          asked.push(`${String(environment.get("PGHOST"))} ${String(environment.get("PGPORT"))}`);
        }
        return Promise.resolve({ exitCode: 0, timedOut: false });
      },
      tail: () => [],
    },
    backups: { find: () => undefined, writeText: () => undefined, readText: () => "", discard: () => undefined },
  } as unknown as Ports;
  const desired = desiredBackup();
  const endpoint = { ...desired.endpoint, host, port };
  const tools = { on: "machine", bin: "/usr/lib/postgresql/15/bin", major: 15 } as const;
  await toolbox(tools, { ...desired, endpoint }, ports, signal).dump("/b/a.dump.partial");
  expect(asked).toEqual([expected]);
});

test.each<[string, number]>([
  ["are gone after a restore", 0],
  ["are gone after a restore that failed", 1],
])("on this machine lists of contents %s", async (_name, exitCode) => {
  const there = new Set<string>();
  const ports = {
    state: { directory: "/shop/.poststack/dev" },
    host: {
      run: ({ command }: SpawnSpec) =>
        Promise.resolve({ exitCode: command.some((one) => one.startsWith("--file=")) ? 0 : exitCode, timedOut: false }),
      tail: () => [],
    },
    backups: {
      find: () => undefined,
      writeText: (path: string) => there.add(path),
      readText: () => "",
      discard: (path: string) => there.delete(path),
    },
  } as unknown as Ports;
  const tools = { on: "machine", bin: "/usr/lib/postgresql/15/bin", major: 15 } as const;
  const box = toolbox(tools, desiredBackup(), ports, signal);
  const during: string[] = [];
  const restored = box.withArchive("/b/a.dump", async (archive) => {
    during.push(...there);
    await archive.restore({ database: "shop_dev.restore_0123abcd", list: archive.list, withPrivileges: true });
  });
  await (exitCode === 0 ? restored : expect(restored).rejects.toMatchObject({ code: "BACKUP_FAILED" }));
  expect([during, [...there]]).toEqual([[], []]);
});

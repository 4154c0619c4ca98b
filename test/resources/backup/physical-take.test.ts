import { expect, test } from "vitest";
import type { Ports } from "../../../controller/core/ports.ts";
import type { BackupEnd, CopyFile, OpenCopy } from "../../../controller/core/ports/cluster-copies.ts";
import { proveCopy } from "../../../controller/resources/backup/physical/restore.ts";
import { takeBackup } from "../../../controller/resources/backup/take.ts";
import { candidate, desiredBackup, since } from "./kit.ts";

const signal = new AbortController().signal;
const embedded = { name: "postgres", major: 17, bind: "127.0.0.1", port: 5433 } as const;
const desired = desiredBackup({ embedded, wish: { type: "take", since } });
const [proved, other] = ["ab".repeat(32), "cd".repeat(32)];

/** @param published the checksum of the file when it is to get its name */
function world({ version = 170_005, published = proved } = {}) {
  const said: string[] = [];
  const opened: CopyFile[] = [];
  const ends: string[] = [];
  const label = "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\nSTART TIMELINE: 1\n";
  const session = {
    version,
    pid: 1,
    query(statement: string) {
      said.push(statement);
      const end = { lsn: "0/2000120", labelfile: label, spcmapfile: "", tablespaces: null, segment_bytes: "16777216" };
      return Promise.resolve(statement.includes("labelfile") ? [end] : []);
    },
    close: () => Promise.resolve(),
  };
  const copy: Pick<OpenCopy, "ask"> = {
    ask(_database, statements) {
      said.push(...statements);
      return Promise.resolve({ identifier: "7412", ours: true, ledger: 1, head: "001", tables: 1 });
    },
  };
  const copies = {
    async pack(_file: string, stop: () => Promise<BackupEnd>) {
      await stop();
      return { files: 3, sha256: proved };
    },
    open(_spec: unknown, file: CopyFile, _isLasting: boolean, _signal: AbortSignal, run: (one: unknown) => unknown) {
      opened.push(file);
      return run(copy);
    },
  };
  const ports = {
    clock: { date: () => since },
    progress: () => undefined,
    server: { admin: () => Promise.resolve({ version }), maintenance: () => Promise.resolve(session) },
    embedded: { copies },
    backups: {
      occupied: () => [],
      begin: (path: string) => `${path}.partial`,
      measure: () => Promise.resolve({ sizeBytes: 4096, sha256: published }),
      publish: () => ends.push("published"),
      discard: () => ends.push("discarded"),
    },
  } as unknown as Ports;
  const take = () =>
    takeBackup(
      {
        kind: "backup",
        verb: "take",
        id: desired.id,
        dependsOn: [],
        place: desired.place,
        reason: "asked for",
        hazards: [],
        desired,
        tools: { on: "files", major: 17 },
        because: "asked",
      },
      ports,
      signal,
    );
  return { ports, take, said, opened, ends };
}

test("what is sealed is what was proved", async () => {
  const good = world();
  await good.take();
  expect([good.opened.map(({ sha256 }) => sha256), good.ends]).toEqual([[proved], ["published"]]);
  const exchanged = world({ published: other });
  await expect(exchanged.take()).rejects.toMatchObject({ code: "BACKUP_FAILED" });
  expect(exchanged.ends).toEqual(["discarded"]);
});

test("what is started is what bears the seal", async () => {
  const { ports, opened } = world();
  const one = candidate({ sha256: other });
  await proveCopy(one, desired, ports, signal);
  expect(opened).toMatchObject([{ path: one.path, sha256: other }]);
});

test.each<[number, readonly string[]]>([
  [130_020, ["statement_timeout"]],
  [140_011, ["statement_timeout", "idle_session_timeout"]],
  [170_005, ["statement_timeout", "idle_session_timeout", "transaction_timeout"]],
])(
  "to a server of version %i no limit of time is left that it knows, before the backup begins",
  async (version, names) => {
    const { take, said } = world({ version });
    await take();
    const begins = said.findIndex((one) => /pg_(?:start_backup|backup_start)/.test(one));
    expect(said.slice(0, begins).filter((one) => one.startsWith("set "))).toEqual(
      names.map((name) => `set ${name} = 0`),
    );
  },
);

import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { clock } from "../../../controller/adapters/clock.ts";
import { host as makeHost } from "../../../controller/adapters/host.ts";
import { stage } from "./stage.ts";

test("in a copy of a project the original's processes are foreign: neither seen nor ended", async () => {
  const { host, script, directory, signal, alive, log } = stage();
  const record = await host.start(script("exec sleep 60"), signal);
  const copy = mkdtempSync(join(tmpdir(), "poststack-test-copy-"));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(directory, copy, { recursive: true });

  const inCopy = makeHost({ directory: copy, clock, log });
  expect(await inCopy.processes(signal)).toEqual([]);
  expect(alive()).toEqual([record.pid]);
});

test("a project that was moved knows its processes", async () => {
  const { host, script, directory, signal, log } = stage();
  const record = await host.start(script("exec sleep 60"), signal);
  const moved = `${directory}-moved`;
  onTestFinished(() => rmSync(moved, { recursive: true, force: true }));
  renameSync(directory, moved);

  const inMoved = makeHost({ directory: moved, clock, log });
  const [found] = await inMoved.processes(signal);
  expect(found).toMatchObject({ pid: record.pid, running: true });
  if (found !== undefined) await inMoved.stop(found, signal);
  expect(await inMoved.processes(signal)).toEqual([]);
});

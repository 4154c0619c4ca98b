import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { processTable } from "../../../controller/adapters/host/process-table.ts";
import { processSelf } from "../../../controller/adapters/host/self.ts";

const { self, isGone } = processSelf(processTable());
const [host = "", user = "", pid = "", ...rest] = self().split("-");
const start = rest.join("-");
const { pid: ended } = spawnSync(process.execPath, ["--version"]);

test.each<[who: string, said: string, gone: boolean | undefined]>([
  ["this process", self(), false],
  ["a process that has ended", [host, user, ended, start].join("-"), true],
  ["one whose pid another has since", [host, user, pid, `${start}0`].join("-"), true],
  [
    "one on another machine, or in another container",
    [host.replace(/^./, (c) => (c === "0" ? "1" : "0")), user, pid, start].join("-"),
    undefined,
  ],
  ["one of another user, who may hide it", [host, `${user}1`, ended, start].join("-"), undefined],
  ["nobody", "", undefined],
  ["what somebody else wrote", "{}\n", undefined],
])("%s", (_who, said, gone) => {
  expect(isGone(said)).toBe(gone);
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, onTestFinished, test } from "vitest";
import { versionNumber } from "../../../controller/adapters/containers/dialect.ts";
import { engineBox } from "../../engine/box.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { contract } from "./contract.ts";
import { buildContract, objectContract } from "./contract-objects.ts";
import { bare } from "./fields.ts";
import { roundTrip } from "./round-trip.ts";
import { realEngine } from "./tested.ts";

const box = await engineBox("podman");
afterAll(() => box?.close());

/** Behind its compatible API; of the versions that were run, those of which it is true. */
const differences: readonly (readonly [field: string, instead: string, isSo?: (version: number) => boolean])[] = [
  ["domain name", "is not taken"],
  ["bind mount that must exist", "is told as one that is made when it is missing"],
  ["cpu quota", "is told as processors"],
  ["memory without swapping", "is told of every container, so it is not told at all"],
  ["blkio weight", "is not taken"],
  ["blkio rates", "of what is no disk are refused", (version) => version >= 5_008],
  ["devices", "are told without permissions"],
  ["device rules", "are not told"],
  ["device requests", "are not told"],
  ["sysctls", "are not told"],
  ["ipc namespace", "is told as shareable", (version) => version < 5_004],
  ["user namespace", "of the host is told as none"],
  ["cgroup namespace", "is not told", (version) => version < 5_008],
  ["logging", "is told without options"],
  ["runtime", "is told as `oci`"],
];

describe.skipIf(box === undefined)("Podman", async () => {
  if (box === undefined) return;
  const image = await ensureBusybox(box);
  const { version } = await box.engine.facts(box.signal);
  const isSo = ([, , holds]: (typeof differences)[number]): boolean => holds?.(versionNumber(version)) ?? true;
  const unlike = new Map(differences.filter(isSo).map(([field, instead]) => [field, instead]));
  afterEach(() => box.empty());
  contract(realEngine(box), image);
  objectContract(realEngine(box), image);
  buildContract(realEngine(box), image);
  roundTrip(realEngine(box), image, unlike);
  const { engine, signal, labels } = box;

  test("a container without a grace of its own is given time to end, as Docker does", async () => {
    const command = ["sh", "-c", "trap 'exit 3' TERM; echo ready; while true; do sleep 0.1; done"];
    const { id } = await engine.createContainer(box.name("graceful"), { ...bare(image, labels), command }, signal);
    await engine.startContainer(id, signal);
    for await (const { line } of engine.logs(id, { follow: true }, signal)) if (line === "ready") break;
    await engine.stopContainer(id, {}, signal);
    expect((await engine.inspectContainer(id, signal))?.exitCode).toBe(3);
  });

  test("what it says of the tmpfs of a container is not believed where it mounts some of its own", async () => {
    const isBelieved = async (readOnly: boolean): Promise<boolean> => {
      const spec = { ...bare(image, labels), security: { readOnly } };
      const { id } = await engine.createContainer(box.name(`read-only-${readOnly}`), spec, signal);
      const details = await engine.inspectContainer(id, signal);
      return details?.untold?.has("tmpfs") === false;
    };
    // Podman 4.3 tells all three as those of the file, Podman 5 none.
    expect([await isBelieved(true), await isBelieved(false)]).toEqual([false, true]);
  });

  test("an image's check is told, and goes on where a container says how often alone", async () => {
    const context = mkdtempSync(join(tmpdir(), "poststack-check-"));
    onTestFinished(() => rmSync(context, { recursive: true }));
    writeFileSync(join(context, "Dockerfile"), `FROM ${image}\nHEALTHCHECK --interval=5s --retries=4 CMD true\n`);
    const reference = `${box.name("checked")}:1`;
    await engine.buildImage({ references: [reference], context, labels }, signal);
    const healthcheck = { test: ["CMD-SHELL", "true"], intervalMs: 5_000, retries: 4 };
    expect((await engine.inspectImage(reference, signal))?.config).toMatchObject({ healthcheck });
    const spec = { ...bare(reference, labels), healthcheck: { intervalMs: 700 } };
    const { id } = await engine.createContainer(box.name("often"), spec, signal);
    expect((await engine.inspectContainer(id, signal))?.spec).toMatchObject({
      healthcheck: { ...healthcheck, intervalMs: 700 },
    });
  });
});

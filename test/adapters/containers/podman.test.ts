import { afterAll, describe } from "vitest";
import { engineBox } from "../../engine/box.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { contract } from "./contract.ts";
import { buildContract, objectContract } from "./contract-objects.ts";
import { roundTrip } from "./round-trip.ts";
import { realEngine } from "./tested.ts";

const box = await engineBox("podman");
afterAll(() => box?.close());

/** Of Podman 4.3, behind its compatible API. */
const unlike = new Map([
  ["domain name", "is not taken"],
  ["bind mount that must exist", "is told as one that is made when it is missing"],
  ["cpu quota", "is told as processors"],
  ["memory without swapping", "is told of every container, so it is not told at all"],
  ["blkio weight", "is not taken"],
  ["devices", "are told without permissions"],
  ["device rules", "are not told"],
  ["device requests", "are not told"],
  ["sysctls", "are not told"],
  ["ipc namespace", "is told as shareable"],
  ["user namespace", "of the host is told as none"],
  ["cgroup namespace", "is not told"],
  ["logging", "is told without options"],
  ["runtime", "is told as `oci`"],
]);

describe.skipIf(box === undefined)("Podman", async () => {
  if (box === undefined) return;
  const image = await ensureBusybox(box);
  contract(realEngine(box), image);
  objectContract(realEngine(box), image);
  buildContract(realEngine(box), image);
  roundTrip(realEngine(box), image, unlike);
});

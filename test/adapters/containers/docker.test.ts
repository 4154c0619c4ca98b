import { afterAll, afterEach, describe } from "vitest";
import { engineBox } from "../../engine/box.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { contract } from "./contract.ts";
import { buildContract, objectContract } from "./contract-objects.ts";
import { roundTrip } from "./round-trip.ts";
import { realEngine } from "./tested.ts";

const box = await engineBox("docker");
afterAll(() => box?.close());

describe.skipIf(box === undefined)("Docker", async () => {
  if (box === undefined) return;
  const image = await ensureBusybox(box);
  afterEach(() => box.empty());
  contract(realEngine(box), image);
  objectContract(realEngine(box), image);
  buildContract(realEngine(box), image);
  roundTrip(realEngine(box), image, new Map(), (warnings) =>
    warnings.some((text) => /kernel does not support/i.test(text)),
  );
});

import { afterAll, describe } from "vitest";
import { engineBox } from "../../engine/box.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { kindsOnEngine } from "./on-engine.ts";

const box = await engineBox("docker");
afterAll(() => box?.close());

describe.skipIf(box === undefined)("the kinds on Docker", async () => {
  if (box !== undefined) kindsOnEngine(box, await ensureBusybox(box), true);
});

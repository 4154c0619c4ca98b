import { existsSync } from "node:fs";
import { afterAll, describe } from "vitest";
import { engineBox } from "../../engine/box.ts";
import { ensureBusybox } from "../../engine/images.ts";
import { kindsOnEngine } from "./on-engine.ts";

const box = await engineBox("podman");
afterAll(() => box?.close());

describe.skipIf(box === undefined)("the kinds on Podman", async () => {
  if (box !== undefined) kindsOnEngine(box, await ensureBusybox(box), existsSync("/run/systemd/system"));
});

import { afterAll, describe, expect, test } from "vitest";
import { errorsOf } from "../../support/command.ts";
import { box, stage } from "./stage.ts";

// RELIABILITY 37: as many services as a file may have, and one more.

afterAll(() => box?.close());

const named = (index: number): string => `s${String(index).padStart(3, "0")}`;
const composeOf = (count: number): string =>
  `services:\n${Array.from({ length: count }, (_, index) => `  ${named(index)}: { image: IMAGE, init: true, stop_grace_period: 0s${index === 0 ? "" : `, depends_on: [${named(index - 1)}]`} }\n`).join("")}`;

describe.skipIf(box === undefined)("500 services", () => {
  test("each after the one before, are planned; a part of them runs, and the rest is still to do", async () => {
    const app = await stage({ "compose.yml": composeOf(500) });
    const creates = (lines: readonly string[]): readonly string[] =>
      lines.filter((line) => line.startsWith("create container:"));
    expect(creates(await app.plan())).toHaveLength(500);
    await app.ok("apply", "--yes", "--no-wait", "--target", `container:${named(4)}`);
    expect(await app.containers()).toEqual([0, 1, 2, 3, 4].map((index) => `${named(index)}-1 running`));
    expect(creates(await app.plan())).toHaveLength(495);
  });

  test("and one more are refused with the place; nothing is made", async () => {
    const app = await stage({ "compose.yml": composeOf(501) });
    const ended = await app.run("apply", "--yes", "--json");
    expect(ended.code, ended.text).toBe(1);
    expect(errorsOf(ended)).toMatchObject([
      { code: "CONFIG_LIMIT", what: expect.stringContaining("500") as unknown, where: { file: "compose.yml" } },
    ]);
    expect([await app.containers(), await app.objects()]).toEqual([[], []]);
  });
});

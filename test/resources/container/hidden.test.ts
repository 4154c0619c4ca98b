import { expect, test } from "vitest";
import { renderActions } from "../../../controller/core/render.ts";
import { configOf } from "../../../controller/resources/container/config.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import type { DesiredContainer } from "../../../controller/resources/container/model.ts";
import { keyedHash } from "../../../controller/core/secret.ts";
import { desired, details, observed } from "./kit.ts";

// Fields in which a value of the shell or of an env file stands.

const serving = (key: string, hidden: readonly string[]): DesiredContainer => {
  const one = desired({ spec: { command: ["serve", key], labels: new Map([["key", key]]) } });
  return { ...one, config: configOf(one.spec, one.files, (text) => keyedHash("token", text), hidden) };
};

test.each<[string, readonly string[], readonly string[], string]>([
  ["are shown where everybody may read them", [], [], "command serve one → serve two; label key one → two"],
  [
    "are changed, and no more is said",
    ["command", "label/key"],
    ["command", "label/key"],
    "command changed; label key changed",
  ],
  ["since now", [], ["command", "label/key"], "command changed; label key changed"],
  ["until now", ["command", "label/key"], [], "command changed; label key changed"],
])("%s", (_sentence, before, after, reason) => {
  const old = serving("one", before);
  const found = observed(old, {}, { details: details(old) });
  const [line = ""] = renderActions(diff([serving("two", after)], [found])).split("\n");
  expect(line).toContain(reason);
});

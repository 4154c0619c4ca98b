import { describe, expect, test } from "vitest";
import { loadCompose } from "../../../controller/config/compose/load.ts";
import type { LoadedCompose } from "../../../controller/config/compose/loaded.ts";
import { composeDocument } from "../../../controller/config/compose/print.ts";
import type { PoststackError } from "../../../controller/core/errors.ts";
import { errorsIn } from "../table.ts";
import { hasCorpus } from "../../support/corpus.ts";
import { composeCases, meaning, optionsOf, variantsOf, type ComposeCase, type Json } from "./corpus-cases.ts";

const load = (one: ComposeCase, profiles?: readonly string[]): LoadedCompose => loadCompose(optionsOf(one, profiles));

const accepted = composeCases.filter((one) => one.expect === "ok").flatMap(variantsOf);
const refused = composeCases.filter((one) => one.expect === "error");

describe.skipIf(!hasCorpus)("the Compose corpus", () => {
  test("is there in full", () => expect([composeCases.length, refused.length]).toEqual([513, 67]));

  test.each(accepted.map((variant) => [`${variant.one.id} ${variant.profiles.join("")}`, variant] as const))(
    "%s",
    (_id, { one, profiles, expected }) => {
      const { project, warnings } = load(one, profiles);
      const unset = warnings.flatMap(({ what }) => /^the variable (\S+) is not set/.exec(what)?.[1] ?? []);
      if (profiles.length === 0) expect(new Set(unset)).toEqual(new Set(one.unset_variables));
      const printed = JSON.parse(JSON.stringify(composeDocument(project))) as Json;
      expect(meaning(printed, one.directory)).toEqual(meaning(expected, one.directory));
    },
  );

  test.each(refused.map((one) => [one.id, one] as const))("%s is refused", (_id, one) => {
    const errors = errorsIn(() => load(one));
    expect(errors.map(({ facts }) => facts.where === undefined)).not.toContain(true);
    expect(errors.some((error) => classesOf(error, one).includes(one.error_class ?? ""))).toBe(true);
  });
});

/** The corpus's classes that an error of ours belongs to. */
function classesOf({ code, message }: PoststackError, one: ComposeCase): readonly string[] {
  // The class of these two is a guess by the file's name: the reference, too, finds no file there.
  if (one.id.includes("remote__cycle")) return code === "FILE_MISSING" ? ["cycle"] : [];
  if (code === "CONFIG_TYPE" && message.includes("must be a name of")) return ["unknown-property"];
  return classes[code] ?? [];
}

const classes: Partial<Record<PoststackError["code"], readonly string[]>> = {
  CONFIG_UNKNOWN_KEY: ["unknown-property"],
  CONFIG_SYNTAX: ["yaml"],
  CONFIG_TYPE: ["yaml", "invalid-value"],
  COMPOSE_IMAGE: ["missing-image"],
  COMPOSE_EMPTY: ["empty"],
  COMPOSE_REFERENCE: ["undefined-network"],
  DEPENDENCY_CYCLE: ["cycle"],
  CONFIG_EXTENDS: ["cycle"],
  FILE_MISSING: ["missing-file"],
  PATH_OUTSIDE: ["missing-file"],
  VARIABLE_SYNTAX: ["invalid-value"],
};

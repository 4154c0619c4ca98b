import { describe, expect, test } from "vitest";
import { contentsIn, isBuiltFor, isSecretVariable, labelNames } from "../../controller/core/engine-labels.ts";

const { resource, contents } = labelNames;

test.each<readonly [string, Readonly<Record<string, string>>, boolean]>([
  [
    "another environment of the project built it",
    { "io.poststack.project": "app", "io.poststack.environment": "production", [resource]: "image:app/base" },
    true,
  ],
  ["the project, for all of them", { "io.poststack.project": "app", [resource]: "image:app/base" }, true],
  ["another project", { "io.poststack.project": "shop", [resource]: "image:app/base" }, false],
  ["a copy of a container", { "io.poststack.project": "app", [resource]: "container:web" }, false],
  ["nobody", {}, false],
])("whether an image was built by the project: %s", (_name, labels, expected) => {
  expect(isBuiltFor(new Map(Object.entries(labels)), "app")).toBe(expected);
});

describe("whether a variable of a container was a secret", () => {
  test.each<readonly [string, Readonly<Record<string, string>>, boolean]>([
    ["of somebody else's container: nothing tells, so it was", {}, true],
    ["of ours that had none", { [resource]: "container:web" }, false],
    ["of ours that lists it", { [resource]: "container:web", [contents]: '[["environment/KEY","1f"]]' }, true],
    ["of ours that lists another", { [resource]: "container:web", [contents]: '[["environment/OTHER","1f"]]' }, false],
    ["of ours whose list cannot be read", { [resource]: "container:web", [contents]: "{" }, true],
    ["of ours whose list is none", { [resource]: "container:web", [contents]: "7" }, true],
  ])("%s", (_name, labels, expected) => {
    expect(isSecretVariable(new Map(Object.entries(labels)))("KEY")).toBe(expected);
  });
});

test("what stands in the list and is no entry is passed over", () => {
  expect(contentsIn(new Map([[contents, '[1, ["/a", "2"], null]']]))).toEqual(new Map([["/a", "2"]]));
});

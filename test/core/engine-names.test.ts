import { assert, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalText } from "../../controller/core/canonical.ts";
import { asideName, derivedName } from "../../controller/core/derived-name.ts";
import { resourceIn } from "../../controller/core/engine-labels.ts";
import { fullReference, imageFinder } from "../../controller/core/image-reference.ts";
import { keyedHash, Secret } from "../../controller/core/secret.ts";

describe("a derived name", () => {
  test.each([
    ["is its parts", ["app", "dev", "web", 1], "app-dev-web-1"],
    ["has 63 bytes at most", ["a".repeat(40), "b".repeat(40)], `${"a".repeat(40)}-${"b".repeat(13)}-f5e4207a`],
  ])("%s", (_name, parts, expected) => {
    expect(derivedName(parts)).toBe(expected);
    expect(expected.length).toBeLessThanOrEqual(63);
  });

  test("is the same for the same parts, another for others, and so are the names beside it", () => {
    assert(
      property(string({ maxLength: 200 }), string({ maxLength: 200 }), (one, other) => {
        const names = [derivedName([one]), asideName(one, "next"), asideName(one, "previous")];
        expect(new Set(names).size).toBe(3);
        for (const name of names) expect(name.length).toBeLessThanOrEqual(63);
        if (one !== other) expect(derivedName([one])).not.toBe(derivedName([other]));
      }),
    );
  });
});

test.each([
  ["nginx", "docker.io/library/nginx:latest"],
  ["nginx:1.27", "docker.io/library/nginx:1.27"],
  ["library/nginx", "docker.io/library/nginx:latest"],
  ["index.docker.io/library/nginx", "docker.io/library/nginx:latest"],
  ["team/app", "docker.io/team/app:latest"],
  ["ghcr.io/team/app:1", "ghcr.io/team/app:1"],
  ["localhost/app", "localhost/app:latest"],
  ["localhost:5000/app", "localhost:5000/app:latest"],
  [`nginx@sha256:${"a".repeat(64)}`, `docker.io/library/nginx@sha256:${"a".repeat(64)}`],
  [`nginx:1.27@sha256:${"a".repeat(64)}`, `docker.io/library/nginx@sha256:${"a".repeat(64)}`],
  [`sha256:${"b".repeat(64)}`, `sha256:${"b".repeat(64)}`],
])("the reference %s is %s", (reference, expected) => {
  expect(fullReference(reference)).toBe(expected);
  expect(fullReference(expected)).toBe(expected);
});

test("an image is found by its short and long name, its digest and its id", () => {
  const id = `sha256:${"c".repeat(64)}`;
  const image = { id, references: ["docker.io/library/web:latest"], digests: [`web@sha256:${"d".repeat(64)}`] };
  const find = imageFinder([image]);
  for (const name of [
    "web",
    "web:latest",
    `web@sha256:${"d".repeat(64)}`,
    id,
    "c".repeat(64),
    `sha256:${"c".repeat(12)}`,
  ]) {
    expect([name, find(name)]).toEqual([name, image]);
  }
  expect(find("web:2")).toBeUndefined();
});

describe("the canonical text", () => {
  const hash = (value: unknown): string => keyedHash("key", canonicalText(value));
  test("is one for one meaning", () => {
    expect(
      hash(
        new Map([
          ["a", 1],
          ["b", 2],
        ]),
      ),
    ).toBe(
      hash(
        new Map([
          ["b", 2],
          ["a", 1],
        ]),
      ),
    );
    expect(hash({ a: 1, b: undefined })).toBe(hash({ a: 1 }));
    expect(hash({ a: "x" })).toBe(hash({ a: new Secret("x") }));
    expect(hash([1, 2])).not.toBe(hash([2, 1]));
    expect(hash(["ab", "c"])).not.toBe(hash(["a", "bc"]));
    expect(hash(new Map([["A", undefined]]))).not.toBe(hash(new Map()));
    expect(hash("1")).not.toBe(hash(1));
    expect(hash(Buffer.from("a"))).not.toBe(hash(Buffer.from("b")));
  });

  test("is a secret as soon as anything in it is", () => {
    expect(String(canonicalText({ deep: [new Map([["a", new Secret("hunter2")]])] }))).toBe("«secret»");
    expect(typeof canonicalText({ a: "x" })).toBe("string");
  });
});

test.each([
  ["ours", { "io.poststack.owner": "mark", "io.poststack.resource": "container:web" }, "container:web"],
  ["another owner", { "io.poststack.owner": "other", "io.poststack.resource": "container:web" }, undefined],
  ["no resource", { "io.poststack.owner": "mark" }, undefined],
  ["a resource that is none", { "io.poststack.owner": "mark", "io.poststack.resource": "web" }, undefined],
  ["nothing", {}, undefined],
])("labels of %s", (_name, labels, expected) => {
  expect(resourceIn(new Map(Object.entries(labels)), "mark")).toBe(expected);
  expect(resourceIn(new Map(Object.entries(labels)), undefined)).toBeUndefined();
});

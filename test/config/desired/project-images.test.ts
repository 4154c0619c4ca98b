import { basename, dirname } from "node:path";
import { expect, test } from "vitest";
import { shippedImages } from "../../../controller/adapters/shipped-images.ts";
import { renderPlace } from "../../../controller/core/place.ts";
import { ensureState, errorsOf, projectOf, wishOf } from "./wish.ts";

const unfit = {
  "containers/Foo/Dockerfile": "FROM scratch\n",
  "containers/large/Dockerfile": `FROM scratch\n${"#\n".repeat(1024 * 1024)}`,
};

test("a folder that no image can be built from keeps no service from being built", async () => {
  const project = projectOf("deployment: { compose: compose.yml }\npostgres: { provider: container }", {
    ...unfit,
    "compose.yml": "services:\n  web: { build: ./web }\n",
    "web/Dockerfile": "FROM my-app/app\n",
    "containers/app/Dockerfile": "FROM scratch\n",
  });
  await ensureState(project);
  const { resources } = await wishOf(project, {
    build: { names: ["web"], noCache: false, of: "services", shipped: [] },
  });
  expect(resources.image.map(({ dependsOn, id }) => [id, dependsOn])).toEqual([
    ["image:my-app/app", []],
    [expect.stringMatching(/web/), ["image:my-app/app"]],
  ]);
});

test("what is left over is found beside a folder that no image can be built from, which is told of", async () => {
  const project = projectOf("postgres: { provider: container }", {
    ...unfit,
    "containers/app/Dockerfile": "FROM scratch\n",
    "containers/Notes/about.txt": "nothing to build",
  });
  await ensureState(project);
  const told: string[] = [];
  const { resources } = await wishOf(project, {
    prune: { kinds: ["image"], named: false },
    warn: (what, where) => told.push(`${renderPlace(where)}  ${what}`),
  });
  // That of the file which cannot be read was built when it could be: somebody still asks for it.
  expect(resources.image).toMatchObject([
    { keep: expect.arrayContaining(["my-app/app", "my-app/large"]) as unknown, id: "image:leftovers" },
  ]);
  expect(told).toEqual([
    "containers/Foo/Dockerfile:1:1  the folder `Foo` has a Dockerfile, and an image cannot be called so: name the folder with small letters, digits, `.`, `_` and `-`",
  ]);
});

test("where all folders are built, one that cannot be is told of", async () => {
  const build = { names: [], noCache: false, of: "project", shipped: [] } as const;
  for (const [file, text] of Object.entries(unfit)) {
    const project = projectOf("postgres: { provider: container }", { [file]: text });
    await ensureState(project);
    const [error] = await errorsOf(wishOf(project, { build }));
    expect(error?.message).toContain(basename(dirname(file)));
  }
});

test("every image of the project and of ours is built after the ones that it is made from", async () => {
  const project = projectOf("postgres: { provider: container }", {
    "containers/app/Dockerfile": "FROM poststack/postgres:15 AS tools\nFROM poststack/base-debian\n",
    "containers/web/Dockerfile": "ARG BASE=my-app/app\nFROM ${BASE}\n",
    "containers/alone/Dockerfile": "FROM scratch\n",
  });
  await ensureState(project);
  const { resources } = await wishOf(project, {
    build: { names: [], noCache: false, of: "project", shipped: shippedImages() },
  });
  expect(Object.fromEntries(resources.image.map(({ id, dependsOn }) => [id, dependsOn.toSorted()]))).toEqual({
    "image:poststack/base-debian": [],
    "image:poststack/postgres:15": ["image:poststack/base-debian"],
    "image:my-app/app": ["image:poststack/base-debian", "image:poststack/postgres:15"],
    "image:my-app/web": ["image:my-app/app"],
    "image:my-app/alone": [],
  });
});

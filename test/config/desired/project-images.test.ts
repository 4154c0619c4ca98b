import { expect, test } from "vitest";
import { shippedImages } from "../../../controller/adapters/shipped-images.ts";
import { ensureState, projectOf, wishOf } from "./wish.ts";

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

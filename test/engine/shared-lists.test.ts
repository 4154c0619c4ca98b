import { expect, test } from "vitest";
import type { ContextSpec } from "../../controller/core/ports/container-images.ts";
import type { ContainerEngine } from "../../controller/core/ports/containers.ts";
import type { State } from "../../controller/core/ports/state.ts";
import { sharedLists, sharedState } from "../../controller/engine/shared-lists.ts";

const { signal } = new AbortController();

test("a build context is read once in a look, for all services that are built from it", async () => {
  const read: string[] = [];
  const engine = {
    buildContext: ({ context, dockerfile = "Dockerfile", dockerfileText }: ContextSpec) => {
      read.push(`${context} ${dockerfileText ?? dockerfile}`);
      return Promise.resolve({ digest: String(read.length), bases: () => [] });
    },
  } as unknown as ContainerEngine;
  const specs: readonly ContextSpec[] = [
    { context: "/app" },
    { context: "/app" },
    { context: "/app", dockerfile: "other" },
    { context: "/app", dockerfileText: "FROM scratch" },
    { context: "/app", dockerfile: "other" },
    { context: "/web" },
  ];
  const look = async (): Promise<readonly string[]> => {
    const lists = sharedLists(engine);
    return Promise.all(specs.map(async (spec) => (await lists.buildContext(spec, signal)).digest));
  };
  expect(await look()).toEqual(["1", "1", "2", "3", "2", "4"]);
  expect(read).toEqual(["/app Dockerfile", "/app other", "/app FROM scratch", "/web Dockerfile"]);
  // No observation outlives its look.
  expect(await look()).toEqual(["5", "5", "6", "7", "6", "8"]);
});

test("the state is read once in a look", () => {
  const token = ["first", "second"].values();
  const state = { read: () => ({ owner: token.next().value }) } as unknown as State;
  const look = sharedState(state);
  expect([look.read()?.owner, look.read()?.owner]).toEqual(["first", "first"]);
  expect(sharedState(state).read()?.owner, "no observation outlives its look").toBe("second");
});

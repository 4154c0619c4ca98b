import { expect, test } from "vitest";
import { PoststackError } from "../../../controller/core/errors.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { apply } from "../../../controller/resources/container/apply.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import type { Need } from "../../../controller/resources/container/model.ts";
import { ready } from "../../../controller/resources/container/needs.ts";
import { desired, need } from "./kit.ts";
import { containerStage } from "./stage.ts";

const { signal } = new AbortController();
const healthcheck = { test: ["CMD", "true"] };

/** What becomes of a container that needs `db`, which runs this command. */
async function outcome(command: string, more: Partial<Need>, isMade = true): Promise<string> {
  const it = containerStage();
  const db = desired({ id: resourceId("container", "db"), spec: { command: [command], healthcheck } });
  const [create] = diff([db], []);
  if (isMade && create !== undefined) await apply(create, it.ports, signal);
  const web = desired({ needs: [need("db", { name: db.name, ...more })] });
  const [action] = diff([web], []);
  if (action === undefined) throw new Error("nothing to do");
  const waiting = ready(action, it.ports, signal);
  if (waiting === undefined) return "at once";
  return waiting.then(
    () => "waited",
    (error: unknown) => (error instanceof PoststackError ? `${error.code}: ${error.message}` : String(error)),
  );
}

test.each<readonly [string, string, Partial<Need>, string]>([
  ["started is known from the order", "serve", { condition: "started" }, "at once"],
  ["healthy soon", "slow", { condition: "healthy" }, "waited"],
  [
    "never healthy",
    "sick",
    { condition: "healthy" },
    "DEPENDENCY_FAILED: container:web waits for container:db to be healthy, and its healthcheck fails",
  ],
  [
    "ended instead",
    "crash",
    { condition: "healthy" },
    "DEPENDENCY_FAILED: container:web waits for container:db to be healthy, and it ended with exit code 1",
  ],
  ["completed", "job", { condition: "completed" }, "waited"],
  [
    "failed",
    "crash",
    { condition: "completed" },
    "DEPENDENCY_FAILED: container:web waits for container:db to be completed, and it ended with exit code 1",
  ],
  [
    "never completes",
    "serve",
    { condition: "completed" },
    "DEPENDENCY_FAILED: container:web waits for container:db to be completed, and it has not completed yet",
  ],
  ["failed, and not required", "crash", { condition: "completed", required: false }, "waited"],
])("%s", async (_name, command, more, expected) => {
  expect(await outcome(command, more)).toBe(expected);
});

test("what is not there does not become healthy", async () => {
  expect(await outcome("serve", { condition: "healthy" }, false)).toBe(
    "DEPENDENCY_FAILED: container:web waits for container:db to be healthy, and it is not there",
  );
});

test("what has no healthcheck never becomes healthy, and the error says what helps", async () => {
  const it = containerStage();
  const db = desired({ id: resourceId("container", "db"), spec: { command: ["serve"] } });
  const [create] = diff([db], []);
  if (create !== undefined) await apply(create, it.ports, signal);
  const [action] = diff([desired({ needs: [need("db", { name: db.name, condition: "healthy" })] })], []);
  const waiting = action === undefined ? undefined : ready(action, it.ports, signal);
  await expect(waiting).rejects.toMatchObject({
    facts: {
      code: "DEPENDENCY_FAILED",
      what: "container:web waits for container:db to be healthy, and it has no healthcheck",
      next: "give it a healthcheck, or wait for it with condition: service_started",
    },
  });
});

test("what is not required is waited for, and is no reason to give up", () => {
  const [action] = diff([desired({ needs: [need("db", { required: false })] })], []);
  expect(action).toMatchObject({ after: ["container:db"], dependsOn: [] });
});

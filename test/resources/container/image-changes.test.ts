import { describe, expect, test } from "vitest";
import { resourceId } from "../../../controller/core/id.ts";
import { content } from "../../../controller/resources/container/content.ts";
import { diff } from "../../../controller/resources/container/diff.ts";
import type { DesiredContainer, ObservedContainer } from "../../../controller/resources/container/model.ts";
import { changed, desired, nameFor, need, observed, oldImage, rendered, type Wish } from "./kit.ts";

// The plan builds or pulls an image that a container was made from: docs/decisions/0013-replaced-if-the-image-changes.md

const id = (name: string) => resourceId("container", name);
const webImage = resourceId("image", "web:1");
const dbImage = resourceId("image", "db:1");
const port = { containerPort: 80, hostPort: 8080, protocol: "tcp" } as const;
const db = (wish: Wish = {}): DesiredContainer =>
  desired({ id: id("db"), service: "db", ...wish, spec: { image: "db:1", ...wish.spec } });
const inside = desired({
  sharesWith: [id("db")],
  spec: { network: { mode: "container", container: nameFor(id("db")) } },
});
const restarting = desired({ needs: [need("db", { restart: true })] });

type Row = readonly [string, readonly DesiredContainer[], readonly ObservedContainer[], string];

describe("while its image is made anew", () => {
  test.each<Row>([
    [
      "one that runs is replaced if it turns out to be another one",
      [desired()],
      [observed()],
      "replace container:web  if image:web:1 turns out to be another one",
    ],
    [
      "what that costs is said at once",
      [desired({ spec: { ports: [port] } })],
      [observed(desired({ spec: { ports: [port] } }))],
      "replace container:web  if image:web:1 turns out to be another one  [downtime]",
    ],
    [
      "access to the host, too",
      [desired({ spec: { security: { privileged: true } } })],
      [observed(desired({ spec: { security: { privileged: true } } }))],
      "replace container:web  may reach the host: privileged, if image:web:1 turns out to be another one  [host-access]",
    ],
    ["one that is not there is made", [desired()], [], "create container:web  not found"],
    [
      "one that differs anyway is replaced anyway",
      ...changed({ spec: { command: ["old"] } }, { spec: { command: ["new"] } }),
      "replace container:web  command old → new",
    ],
    [
      "one that ended is started if the image is the same",
      [desired()],
      [observed(desired(), { state: "exited", exitCode: 3 })],
      "replace container:web  if image:web:1 turns out to be another one; else start: exited with code 3",
    ],
    [
      "one that is ill is restarted if the image is the same",
      [desired()],
      [observed(desired(), { health: "unhealthy" })],
      "replace container:web  if image:web:1 turns out to be another one; else restart: unhealthy  [downtime]",
    ],
    [
      "what is wrong in place is put right if the image is the same",
      [desired()],
      [observed(desired(), { names: ["mine"] })],
      "replace container:web  if image:web:1 turns out to be another one; else update: name mine → app-dev-web-1",
    ],
    [
      "one that is to be stopped is stopped",
      [desired({ to: "stopped" })],
      [observed()],
      "stop container:web  stop requested  [downtime]",
    ],
    ["one that stays as it is stays", [desired({ to: "as-is" })], [observed()], ""],
  ])("%s", (_name, wishes, seen, expected) => {
    expect(rendered(wishes, seen, webImage)).toBe(expected);
  });

  test("what an interrupted replacement has made is of the old image, and goes", () => {
    const [wishes, [old]] = changed({ spec: { command: ["old"] } }, { spec: { command: ["new"] } });
    const made = observed(wishes[0], { id: "next-id", names: [`${nameFor(id("web"))}.next`] });
    const seen = [old, made].flatMap((one) => one ?? []);
    expect(diff(wishes, seen)[0]).toMatchObject({ verb: "replace", made: { id: "next-id" }, leftovers: [] });
    const [replace] = diff(wishes, seen, new Set([webImage]));
    expect(replace).toMatchObject({ verb: "replace", leftovers: [{ id: "next-id" }] });
    expect(replace).not.toHaveProperty("made");
  });

  test("what a replacement left goes whether there is another one or not", () => {
    const left = observed(desired({ spec: { command: ["old"] } }), {
      id: "next-id",
      names: [`${nameFor(id("web"))}.next`],
    });
    expect(rendered([desired()], [observed(), left], webImage)).toBe(
      [
        "replace container:web  if image:web:1 turns out to be another one  [downtime]",
        "delete container:web@next-id  left by a replacement  [downtime]",
      ].join("\n"),
    );
  });
});

describe("while the image of what it needs is made anew", () => {
  const seen = [observed(db()), observed(restarting)];
  test.each<
    readonly [string, readonly DesiredContainer[], readonly ObservedContainer[], readonly (typeof dbImage)[], string]
  >([
    [
      "restart: true",
      [db(), restarting],
      seen,
      [dbImage],
      "restart container:web  container:db is made anew, if image:db:1 turns out to be another one  [downtime]",
    ],
    ["without it", [db(), desired({ needs: [need("db")] })], [observed(db()), observed(desired())], [dbImage], ""],
    [
      "it lives in the other's network",
      [db(), inside],
      [observed(db()), observed(inside)],
      [dbImage],
      "replace container:web  container:db is made anew, and it lives inside, if image:db:1 turns out to be another one  [downtime]",
    ],
    [
      "it lives in the other's network, and needs it with restart: true, as Compose has it",
      [db(), { ...inside, needs: restarting.needs }],
      [observed(db()), observed(inside)],
      [dbImage],
      "replace container:web  container:db is made anew, and it lives inside, if image:db:1 turns out to be another one  [downtime]",
    ],
    [
      "its own as well: whichever is another one",
      [db(), inside],
      [observed(db()), observed(inside)],
      [dbImage, webImage],
      "replace container:web  if image:web:1 or image:db:1 turns out to be another one  [downtime]",
    ],
    [
      "its own as well, and restart: true",
      [db(), restarting],
      seen,
      [dbImage, webImage],
      "replace container:web  if image:web:1 turns out to be another one; else restart: container:db is made anew, if image:db:1 turns out to be another one  [downtime]",
    ],
    [
      "the other is restarted in any case",
      [db(), restarting],
      [observed(db(), { health: "unhealthy" }), observed(restarting)],
      [dbImage],
      "restart container:web  container:db is made anew or restarted  [downtime]",
    ],
    [
      "the other is made anew in any case, its own perhaps",
      [db(), inside],
      [observed(db({ spec: { command: ["old"] } })), observed(inside)],
      [webImage],
      "replace container:web  container:db is made anew, and it lives inside  [downtime]",
    ],
    [
      "and something of itself is to be put right",
      [db(), restarting],
      [observed(db()), observed(restarting, { names: ["mine"] })],
      [dbImage],
      "restart container:web  container:db is made anew, if image:db:1 turns out to be another one; else update: name mine → app-dev-web-1  [downtime]",
    ],
  ])("%s", (_name, wishes, found, changing, expected) => {
    const lines = rendered(wishes, found, ...changing).split("\n");
    expect(lines.filter((line) => line.includes(" container:web  ")).join("\n")).toBe(expected);
  });
});

test("a plan that depends on the image is another plan than one that does not", () => {
  const replaces = (wish: Wish, ...changing: readonly (typeof webImage)[]): unknown =>
    diff([desired(wish)], [observed(desired(), { state: "exited", exitCode: 1 })], new Set(changing)).map(content);
  expect(replaces({}, webImage)).not.toEqual(replaces({}));
  expect(replaces({}, webImage)).toEqual(replaces({}, webImage));
  expect(JSON.stringify(replaces({}, webImage))).toContain(oldImage);
});

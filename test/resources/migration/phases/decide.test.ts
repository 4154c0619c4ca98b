import { describe, expect, test } from "vitest";
import { nameOf, resourceId, type ResourceId } from "../../../../controller/core/id.ts";
import { decide } from "../../../../controller/resources/migration/phases/decide.ts";
import { newcomers } from "../../../../controller/resources/migration/phases/newcomers.ts";
import type {
  DeployedPart,
  PastPart,
  SeenDeployment,
} from "../../../../controller/resources/migration/phases/model.ts";

const web = resourceId("container", "web");
const worker = resourceId("process", "worker");
const image = resourceId("image", "shop/web");

/**
 * `web A` is a container of release A; `worker A` a process that was started with the contract in its files, `worker A old`
 * before. `down` and `unproved` say so.
 */
function part(text: string): DeployedPart {
  const [name = "", release = "", ...marks] = text.split(" ");
  const resource = name === "web" ? web : resourceId("process", name);
  return {
    resource,
    called: resource.replace(":", " "),
    release: release.repeat(8),
    isUp: !marks.includes("down"),
    ...(name === "web" ? {} : { knows: marks.includes("old") ? ["9"] : ["9", "13"] }),
    ...(marks.includes("unproved") ? { isUnproved: true } : {}),
  };
}

interface Case {
  readonly running: readonly string[];
  readonly wanted?: readonly string[];
  readonly noted?: readonly PastPart[];
  readonly before?: readonly string[];
  readonly changing?: readonly ResourceId[];
}

function seen({ running, wanted, noted, before = [] }: Case): SeenDeployment {
  return {
    parts: running.map(part),
    ...(wanted === undefined
      ? {}
      : {
          wanted: new Map(
            wanted.map(part).map(({ resource, release }) => {
              const service = nameOf(resource).replace(/\.\d+$/, "");
              return [resource, { service, release, ...(resource === web ? { image } : {}) }];
            }),
          ),
        }),
    noted: new Map(noted === undefined ? [] : [["13", noted]]),
    before: before.map(part).map(({ resource, release }) => ({ resource, release })),
  };
}

function verdict(one: Case): readonly string[] {
  const found = decide("13", seen(one), new Set(one.changing ?? []));
  return found.type === "run" ? ["run"] : found.holders.map(({ why }) => why);
}

const A = "A".repeat(8);
const B = "B".repeat(8);

describe("a contract", () => {
  test.each<[string, Case, readonly string[]]>([
    ["runs where nothing does", { running: [], wanted: ["web B"] }, ["run"]],
    ["runs beside the release that the files ask for", { running: ["web B"], wanted: ["web B"] }, ["run"]],
    ["runs beside it also where something of it is down", { running: ["web B"], wanted: ["web B", "api B"] }, ["run"]],
    [
      "waits for a container of another release",
      { running: ["web A"], wanted: ["web B"] },
      [`container web still runs release ${A}`],
    ],
    [
      "waits for what is no longer in the files",
      { running: ["web B", "mailer A"], wanted: ["web B"], noted: [] },
      ["process mailer still runs, and is no longer in the files"],
    ],
    [
      "waits where an image is about to be another one",
      { running: ["web B"], wanted: ["web B"], changing: [image] },
      [`container web still runs release ${B}`],
    ],
    [
      "waits for a process that was started before it was in the files, whatever its configuration says",
      { running: ["worker B old"], wanted: ["worker B"], noted: [] },
      ["process worker was started before this was in the files: `poststack restart` makes sure of its program"],
    ],
    ["does not wait for one that was started since", { running: ["worker B"], wanted: ["worker B"] }, ["run"]],
    [
      "waits for a replica of what goes back, which nobody had seen before",
      {
        running: ["api.2 A"],
        wanted: ["api.1 A", "api.2 A"],
        noted: [{ resource: resourceId("process", "api.1"), release: A }],
      },
      ["process api.2 belongs to api, which goes back to release AAAAAAAA"],
    ],
    ["does not wait for what is down", { running: ["worker A old down"], wanted: ["worker B"], noted: [] }, ["run"]],
    [
      "waits until what is new has proved itself",
      { running: ["web B unproved"], wanted: ["web B"] },
      ["container web is not ready yet"],
    ],
    [
      "waits for a deployment that was rolled back, although the files ask for it",
      { running: ["web A"], wanted: ["web A"], noted: [{ resource: web, release: A }] },
      [`container web runs release ${A} again, which is older than this`],
    ],
    [
      "does not take for older what was wanted when it became known, and was replaced since",
      { running: ["web B"], wanted: ["web B"], noted: [{ resource: web, release: A }] },
      ["run"],
    ],
    [
      "waits where nobody has read what the files ask for",
      { running: ["web B", "worker B"] },
      ["container web, process worker run, and only `poststack apply` reads what the files ask for"],
    ],
    [
      "is met before it runs where there was something older, although that is down",
      { running: ["worker A old down"], wanted: ["worker B"] },
      ["it is put on record first what is older"],
    ],
    [
      "is met before it runs where there was something older, although that is gone",
      { running: ["web B"], wanted: ["web B"], before: ["web A"] },
      ["it is put on record first what is older"],
    ],
    ["needs no reading where nothing runs", { running: [] }, ["run"]],
  ])("%s", (_name, one, expected) => {
    expect(verdict(one)).toEqual(expected);
  });

  test("waits where it cannot be seen what runs", () => {
    const { parts: _parts, ...unseen } = seen({ running: [], wanted: [] });
    expect(decide("13", unseen, new Set())).toEqual({
      type: "hold",
      holders: [{ why: "what runs cannot be seen from here" }],
    });
  });

  test.each<[string, Case, readonly PastPart[] | undefined]>([
    ["what runs and is not wanted", { running: ["web A"], wanted: ["web B"] }, [{ resource: web, release: A }]],
    [
      "what is down, too",
      { running: ["web B unproved", "worker A down"], wanted: ["web B", "worker B"] },
      [{ resource: worker, release: A }],
    ],
    [
      "what was a release once and is not wanted, each once",
      { running: ["web A"], wanted: ["web B"], before: ["web C", "web B", "web A"] },
      [
        { resource: web, release: A },
        { resource: web, release: "C".repeat(8) },
      ],
    ],
    [
      "what runs, where its image is about to be another one",
      { running: ["web B"], wanted: ["web B"], changing: [image] },
      [{ resource: web, release: B }],
    ],
    ["nothing, once it was written down", { running: ["web A"], wanted: ["web B"], noted: [] }, undefined],
  ])("first seen, what is written down as older: %s", (_name, one, expected) => {
    const found = decide("13", seen(one), new Set(one.changing ?? []));
    expect(found.type === "hold" ? found.note : "run").toEqual(expected);
  });
});

describe("right before it runs, a contract waits again", () => {
  test.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ["not while all is as it was", ["web B", "worker B"], ["web B", "worker B"], []],
    ["not for what has ended since", ["web B", "worker B"], ["web B"], []],
    ["not for what is down", ["web B"], ["web B", "mailer A down"], []],
    ["for an older release beside it", ["web B"], ["web A", "web B"], [`container web runs release ${A} by now`]],
    ["for whatever runs where nothing did", [], ["worker B"], [`process worker runs release ${B} by now`]],
    [
      "for the same process, started without it in the files",
      ["worker B"],
      ["worker B old"],
      ["process worker was started again without this in the files"],
    ],
    ["for one that may be given up", ["web B"], ["web B unproved"], ["container web is not ready any more"]],
  ])("%s", (_name, then, now, expected) => {
    const beside = { hasContainers: true, parts: then.map(part) };
    expect(newcomers("13", beside, now.map(part))).toEqual(expected);
  });
});

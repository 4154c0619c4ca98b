import { inject } from "vitest";
import type { EngineBox } from "../../engine/box.ts";
import { isByDesign } from "./by-design.ts";
import type { Case } from "./cases.ts";
import { differences, pictureOf } from "./picture.ts";
import { portsFor, stageOf, type Stage } from "./stage.ts";

export interface Comparison {
  readonly kind: "docker" | "podman";
  readonly box: EngineBox;
  /** What every service runs. */
  readonly image: string;
  /** Whether the reference runs the file first; else it is run by us alone. */
  readonly hasReference: boolean;
}

interface Found {
  /** Fields that both made, and made otherwise. */
  readonly different: readonly string[];
  /** What a second plan would do. */
  readonly plan: readonly string[];
  /** What is left when all of it goes, but for volumes. */
  readonly rest: readonly string[];
}

export const nothing: Found = { different: [], plan: [], rest: [] };

/** One file by Docker Compose and by Poststack, one after the other on the same engine, under the same name. */
export async function compared(one: Case, { kind, box, image, hasReference }: Comparison): Promise<Found> {
  const stage = await stageOf(one, { box, image, ports: portsFor(one), postgres: inject("postgres") });
  const picture = (): ReturnType<typeof pictureOf> => pictureOf(box.socket, stage.project, one);
  try {
    const reference = hasReference ? await byReference(stage, picture) : undefined;
    await stage.poststack("apply", "--yes");
    const found = reference === undefined ? [] : differences(reference, await picture());
    const plan = await stage.plan();
    await stage.poststack("destroy", "dev", "--yes");
    return { different: found.filter((line) => !isByDesign(line, kind)), plan, rest: await stage.rest() };
  } finally {
    await stage.dispose();
  }
}

async function byReference<P>(stage: Stage, picture: () => Promise<P>): Promise<P> {
  await stage.compose("up", "-d", "--no-build");
  const reference = await picture();
  await stage.compose("down", "-v");
  return reference;
}

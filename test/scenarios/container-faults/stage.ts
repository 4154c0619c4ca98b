import { engineBox } from "../../engine/box.ts";
import { stageOn, type Stage } from "../containers/stage.ts";

/** Undefined: there is no engine here; the end of the run says so. */
export const box = await engineBox("docker");

/** @param host where commands find the engine, if not at its own socket */
export function stage(files: Readonly<Record<string, string>> = {}, host?: string): Promise<Stage> {
  if (box === undefined) throw new Error("no engine");
  return stageOn(box, files, host);
}

import type { Context } from "../context.ts";
import { forgottenEnvironments, forgottenNext, forgottenText } from "../forgotten.ts";
import type { OpenedProject } from "../open.ts";
import { warning, type Check } from "./check.ts";

/** Environments that were removed from the file while they were applied. */
export async function forgottenChecks(opened: OpenedProject | undefined, context: Context): Promise<readonly Check[]> {
  if (opened === undefined) return [];
  const found = await forgottenEnvironments(opened, context);
  return found.map((one) =>
    warning(
      `${one.name}: state`,
      `not in ${opened.project.fileName} any more: ${forgottenText(one)}`,
      forgottenNext(one.name),
    ),
  );
}

import type { LogFile } from "../../../core/ports/machine.ts";
import { contextOf, printJson } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openLogsOf } from "../../open-logs.ts";
import { renderBytes } from "../../../core/quantity.ts";
import { renderTable } from "../../render/table.ts";
import type { Invocation } from "../../spec.ts";
import type { World } from "../../world.ts";

const categories = ["process", "job", "postgres"] as const;

/** How much room the logs take, by category. */
export async function logsSizeCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const { environment, logs } = await openLogsOf(context, name);
  const all = logs.list();
  const sizes = categories.map((category) => ({ category, ...sum(all.filter((log) => log.category === category)) }));
  const total = sum(all);
  if (context.json) {
    printJson(context, { version: 1, environment, categories: sizes, total });
    return exitCode.done;
  }
  const rows = [...sizes, { category: "total", ...total }].map(({ category, files, sizeBytes }) => [
    category,
    String(files),
    renderBytes(sizeBytes),
  ]);
  context.print(await renderTable(["CATEGORY", "FILES", "SIZE"], rows, context.paint));
  return exitCode.done;
}

const sum = (logs: readonly LogFile[]): { readonly files: number; readonly sizeBytes: number } => ({
  files: logs.length,
  sizeBytes: logs.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
});

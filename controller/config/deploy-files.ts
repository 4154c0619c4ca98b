import type { PoststackError } from "../core/errors.ts";
import type { Files } from "../core/ports/files.ts";
import { collect } from "./collect.ts";
import { limits } from "./limits.ts";
import type { EnvironmentSource, Path } from "./source.ts";

/** Deploy files that cannot be read. */
export function unreadableFiles(
  { config, placeOf: where }: EnvironmentSource,
  files: Files,
): readonly PoststackError[] {
  const errors: PoststackError[] = [];
  const { procfile, compose = [], pod } = config.deployment ?? {};
  const named: [string | undefined, Path][] = [
    [procfile, ["deployment", "procfile"]],
    [pod, ["deployment", "pod"]],
    ...(typeof compose === "string"
      ? [[compose, ["deployment", "compose"]] as [string, Path]]
      : compose.map((path, index): [string, Path] => [path, ["deployment", "compose", index]])),
    ...(config.init ?? []).flatMap((item, index): [string | undefined, Path][] => [
      [item.compose, ["init", index, "compose"]],
      [item.pod, ["init", index, "pod"]],
    ]),
  ];
  for (const [path, from] of named) {
    if (path !== undefined)
      collect(errors, () => files.readBytes(path, { limitBytes: limits.bytes, from: where(from) }));
  }
  return errors;
}

import { projectFiles } from "../../../controller/adapters/files.ts";
import { loadCompose, type ComposeOptions } from "../../../controller/config/compose/load.ts";
import type { LoadedCompose } from "../../../controller/config/compose/loaded.ts";
import { composeDocument } from "../../../controller/config/compose/print.ts";
import { renderPlace } from "../../../controller/core/place.ts";
import { projectWith } from "../../support/project.ts";
import type { Json } from "./corpus-cases.ts";

type Options = Partial<Omit<ComposeOptions, "files" | "directory">>;

/** Loads a project of these files; the first is the Compose file, unless the options say otherwise. */
export function load(files: string | Readonly<Record<string, string>>, options: Options = {}): LoadedCompose {
  const all = typeof files === "string" ? { "compose.yaml": files } : files;
  const { root } = projectWith(all);
  return loadCompose({
    files: projectFiles(root),
    directory: root,
    composeFiles: [Object.keys(all)[0] ?? ""],
    shell: new Map(),
    name: "test",
    ...options,
  });
}

/** What a project prints, as plain JSON, with the project's folder as `<project>`. */
export function printed(loaded: LoadedCompose): { readonly [section: string]: Json } {
  const text = JSON.stringify(composeDocument(loaded.project)).replaceAll(loaded.project.directory, "<project>");
  return JSON.parse(text) as { readonly [section: string]: Json };
}

/** The first service of a project, as it prints; without the network that it has by default. */
export function service(files: string | Readonly<Record<string, string>>, options: Options = {}): Json {
  const [first] = Object.values(printed(load(files, options))["services"] as Readonly<Record<string, Json>>);
  const { networks, ...rest } = first as { readonly [key: string]: Json };
  const isDefault = JSON.stringify(networks) === '{"default":null}';
  return networks === undefined || isDefault ? rest : { ...rest, networks };
}

/** Warnings as `line:column text`. */
export const warned = ({ warnings }: LoadedCompose): readonly string[] =>
  warnings.map(({ what, where }) => `${renderPlace(where)} ${what}`);

/** A service `a` with these lines. */
export const serviceOf = (lines: string): string =>
  `services:\n  a:\n    image: x\n${lines.replaceAll(/^(?=.)/gm, "    ")}\n`;

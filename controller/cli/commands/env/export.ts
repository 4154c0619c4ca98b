import { chooseEnvironment } from "../../../config/choose.ts";
import { scopeOf } from "../../../config/desired/environment.ts";
import { exportCompose, referencesIn, withNames, withValues } from "../../../config/export/compose.ts";
import { environmentJson, environmentText } from "../../../config/export/env-vars.ts";
import { superuserPassword } from "../../../config/export/server.ts";
import { renderPlace } from "../../../core/place.ts";
import { joinTexts, Secret, type Text } from "../../../core/secret.ts";
import type { Desired } from "../../../resources/index.ts";
import { contextOf, type Context } from "../../context.ts";
import { exitCode, type ExitCode } from "../../exit.ts";
import { openEnvironment, type OpenedEnvironment } from "../../open.ts";
import type { Invocation, Options } from "../../spec.ts";
import { variableSources } from "../../variables.ts";
import type { World } from "../../world.ts";

/** Where a server on a container answers inside its networks. */
const insidePort = 5432;

/** An environment for other tools. Starts nothing, and asks no engine. */
export async function exportCommand({ args: [name], options }: Invocation, world: World): Promise<ExitCode> {
  const context = await contextOf(options, world);
  const opened = openEnvironment(context, name);
  // Passwords that are shown are those that an apply will use.
  if (options.flag("showSecrets")) opened.ports.state.ensure((await opened.load()).secretNames);
  const desired = await opened.load();
  const isCompose = (options.text("format") ?? "docker-compose") === "docker-compose";
  if (isCompose) await printCompose(opened, desired, options, context);
  else printVariables(opened, desired, options, context);
  return exitCode.done;
}

/** As containers get them, or as programs on this host do. */
function sourcesOf(opened: OpenedEnvironment, { endpoint, resources }: Desired, inside: boolean, context: Context) {
  const alias = resources.instance[0]?.container?.alias;
  const there =
    endpoint === undefined || alias === undefined || !inside
      ? endpoint
      : { ...endpoint, host: alias, port: insidePort };
  return variableSources(chooseEnvironment(opened.project, opened.environment), opened, there, context);
}

const composed = (opened: OpenedEnvironment, desired: Desired, context: Context, showSecrets: boolean) =>
  exportCompose({
    project: opened.project,
    environment: chooseEnvironment(opened.project, opened.environment),
    files: opened.files,
    sources: sourcesOf(opened, desired, true, context),
    instance: desired.resources.instance[0],
    showSecrets,
  });

async function printCompose(
  opened: OpenedEnvironment,
  desired: Desired,
  options: Options,
  context: Context,
): Promise<void> {
  const { world, note } = context;
  const showSecrets = options.flag("showSecrets");
  const [instance] = desired.resources.instance;
  const { document, values, warnings } = composed(opened, desired, context, showSecrets);
  for (const { what, where } of warnings) note(`warning: ${what}\n  at ${renderPlace(where)}`);
  if (instance !== undefined && instance.container === undefined) {
    note("The environment's Postgres is no container, and not in the file.");
  }
  const { stringify } = await import("yaml");
  // In double quotes whatever a value holds is no YAML.
  const style = showSecrets ? ({ defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" } as const) : {};
  const text = context.json
    ? JSON.stringify(document, undefined, 2)
    : stringify(document, { lineWidth: 0, version: "1.1", aliasDuplicateObjects: false, ...style }).trimEnd();
  if (showSecrets) return world.printSecret(withValues(text, values));
  context.print(withNames(text, values));
  const needed = [
    ...referencesIn(text, values),
    ...(text.includes(superuserPassword) ? [superuserPassword, "DB_PASSWORD"] : []),
  ];
  if (needed.length === 0) return;
  note(
    `It needs ${[...new Set(needed)].sort().join(", ")}: poststack env export ${opened.environment} --format env-vars --inside --show-secrets > .env (after umask 077, since it holds passwords)`,
  );
}

function printVariables(opened: OpenedEnvironment, desired: Desired, options: Options, context: Context): void {
  const { world, note } = context;
  const inside = options.flag("inside");
  const { own } = scopeOf(sourcesOf(opened, desired, inside, context), new Map());
  const superuser =
    desired.resources.instance[0]?.container === undefined ? undefined : desired.endpoint?.admin.password;
  const all = new Map<string, Text>([
    ...[...own].map(([key, { value }]) => [key, value] as const),
    ...(inside && superuser !== undefined ? [[superuserPassword, superuser] as const] : []),
    // What the exported file names besides.
    ...(inside ? composed(opened, desired, context, false).added : []),
  ]);
  const form = options.text("format") === "shell" ? "shell" : "dotenv";
  const shown = (variables: ReadonlyMap<string, Text>, hidden: readonly string[]): Text =>
    context.json
      ? joinTexts([
          `{"version":1,"environment":${JSON.stringify(opened.environment)},"hidden":${JSON.stringify(hidden)},"variables":`,
          environmentJson(variables),
          "}",
        ])
      : environmentText(variables, form);
  if (options.flag("showSecrets")) return world.printSecret(shown(all, []));
  // Where people keep their API keys, nothing tells which value is one: as in a plan, none of them is shown.
  const isOpen = ([key, value]: readonly [string, Text]): boolean =>
    !(value instanceof Secret) && (own.get(key)?.isPublic === true || own.get(key)?.isInjected === true);
  const open = new Map([...all].filter(isOpen));
  const hidden = [...all.keys()].filter((key) => !open.has(key));
  context.print(String(shown(open, hidden)));
  if (hidden.length > 0 && !context.json)
    note(`Left out, because they may be secret: ${hidden.join(", ")}. --show-secrets writes them.`);
}

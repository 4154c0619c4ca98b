import type { Findings } from "./consistency.ts";
import type { ComposeProject } from "./model.ts";

/** What an engine takes as a name; the schema would let more pass (moby: RestrictedNamePattern). */
const engineName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** One letter will do. */
const networkName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const nameForm = "at least two letters, digits, `_`, `.` and `-`, the first a letter or a digit";

/** Texts of which the whole has to fit, and not a part alone. */
const forms: readonly (readonly ["container_name" | "pull_policy" | "restart", RegExp, string])[] = [
  ["container_name", engineName, nameForm],
  [
    "pull_policy",
    /^(?:always|never|build|missing|refresh|daily|weekly|every_(?:\d+[wdhms])+)$/,
    "one of always, never, missing, build, refresh, daily, weekly or every_12h",
  ],
  [
    "restart",
    /^(?:no|always|unless-stopped|on-failure(?::\d+)?)$/,
    "one of no, always, unless-stopped, on-failure or on-failure:5",
  ],
];

/** Tells names and words that no engine would take. */
export function checkNames(project: ComposeProject, { misfits, report, placeOf }: Findings): void {
  for (const [name, service] of project.services) {
    for (const [key, form, meaning] of forms) {
      const text = service[key];
      if (text === undefined || form.test(text) || misfits.has(`services.${name}`)) continue;
      const what = `\`services.${name}.${key}\` must be ${meaning}; found ${JSON.stringify(text)}`;
      report.mistake("CONFIG_TYPE", what, placeOf(["services", name, key]), "correct the value");
    }
  }
  for (const section of ["networks", "volumes"] as const) {
    const form = section === "networks" ? networkName : engineName;
    for (const [key, { name, external }] of project[section]) {
      // One that exists has a name that was taken; if there is none, that is told when it is looked for.
      if (external === true || form.test(name) || misfits.has(`${section}.${key}`)) continue;
      const what = `\`${section}.${key}\` would be called ${JSON.stringify(name)}, and a name has letters, digits, \`_\`, \`.\` and \`-\` and begins with a letter or a digit`;
      report.mistake("COMPOSE_NAME", what, placeOf([section, key, "name"]), "write another `name`");
    }
  }
}

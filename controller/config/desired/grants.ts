import type { GrantConfig, GrantTargetConfig } from "../../../schema/generated/config.ts";
import { PoststackError } from "../../core/errors.ts";
import { resourceId, type ResourceId } from "../../core/id.ts";
import type { Place } from "../../core/place.ts";
import type { DesiredGrant, GrantTarget } from "../../resources/grant/model.ts";
import type { EnvironmentSource } from "../source.ts";
import { roleId } from "./roles.ts";

/**
 * What fits each kind of objects, and so what `all` means. Without `maintain`, which only servers from 17 on know: it can
 * be asked for by its name.
 */
const privilegesOf = {
  database: ["connect", "create", "temporary"],
  schema: ["create", "usage"],
  table: ["delete", "insert", "references", "select", "trigger", "truncate", "update"],
  sequence: ["select", "update", "usage"],
  function: ["execute"],
} as const satisfies Record<GrantTarget["type"], readonly string[]>;

export interface GrantWishes {
  readonly environment: EnvironmentSource;
  readonly database: string;
  readonly owner: string;
  /** What has to be there before: database, extensions, migrations. */
  readonly after: readonly ResourceId[];
  /** The roles that the files ask for; another one has to be there already. */
  readonly roles: readonly ResourceId[];
}

/** @throws PoststackError `CONFIG_TYPE` */
export function desiredGrants({ environment, database, owner, after, roles }: GrantWishes): readonly DesiredGrant[] {
  const taken = new Map<string, number>();
  return (environment.config.postgres?.grants ?? []).map((config, index) => {
    const place = environment.placeOf(["postgres", "grants", index]);
    const on = targetOf(config.on, database);
    const name = `${config.to}.${targetName(on)}`;
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return {
      id: resourceId("grant", count === 1 ? name : `${name}#${count}`),
      to: config.to,
      on,
      privileges: privileges(config, on, place),
      withGrantOption: config.with_grant_option ?? false,
      forFuture: config.default ?? false,
      owner,
      dependsOn: [...after, ...roles.filter((id) => id === roleId(config.to))],
      place,
    };
  });
}

function targetOf({ schema, tables, sequences, functions }: GrantTargetConfig, database: string): GrantTarget {
  if (schema === undefined) return { type: "database", name: database };
  if (tables !== undefined) return { type: "table", schema, names: names(tables) };
  if (sequences !== undefined) return { type: "sequence", schema, names: names(sequences) };
  if (functions !== undefined) return { type: "function", schema, names: names(functions) };
  return { type: "schema", schema };
}

const names = (list: "all" | string[]): "all" | readonly string[] =>
  list === "all" ? list : [...new Set(list)].sort();

/** `database`, `schema.public`, `tables.public`: what a person types after `--target grant:reporting.`. */
function targetName(on: GrantTarget): string {
  if (on.type === "database") return on.type;
  if (on.type === "schema") return `schema.${on.schema}`;
  return `${on.type}s.${on.schema}${on.names === "all" ? "" : `.${on.names.join(",")}`}`;
}

function privileges({ privileges: wanted, default: forFuture }: GrantConfig, on: GrantTarget, where: Place) {
  const known: readonly string[] = privilegesOf[on.type];
  const found = wanted.flatMap((one) => (one === "all" ? known : [one]));
  const wrong = found.find((one) => !known.includes(one) && !(on.type === "table" && one === "maintain"));
  if (wrong !== undefined) {
    throw new PoststackError("CONFIG_TYPE", {
      what: `there is no privilege \`${wrong}\` on a ${on.type}`,
      where,
      next: `use ${known.join(", ")} or all`,
    });
  }
  if (forFuture === true && (on.type === "database" || on.type === "schema")) {
    throw new PoststackError("CONFIG_TYPE", {
      what: `\`default\` is for tables, sequences and functions, and this grant is on a ${on.type}`,
      where,
      next: "remove `default`, or add `tables: all`",
    });
  }
  return [...new Set(found)].sort();
}

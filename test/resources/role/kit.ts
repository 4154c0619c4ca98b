import { randomBytes } from "node:crypto";
import { clock } from "../../../controller/adapters/clock.ts";
import { passwords } from "../../../controller/adapters/scram.ts";
import type { AnyAction } from "../../../controller/core/action.ts";
import { resourceId } from "../../../controller/core/id.ts";
import { fileStart } from "../../../controller/core/place.ts";
import type { Ports } from "../../../controller/core/ports.ts";
import type { Server } from "../../../controller/core/ports/postgres.ts";
import { renderActions } from "../../../controller/core/render.ts";
import type { Resource } from "../../../controller/core/resource.ts";
import type { DesiredRole, ObservedRole } from "../../../controller/resources/role/model.ts";

/** Of this test file alone: the cluster is shared, and whatever carries the mark of an environment is its own to drop. */
export const mark = `poststack ${randomBytes(16).toString("hex")}`;
export const place = fileStart(".poststack.yml");

/** What the kinds inside a server use of the world. */
const portsOf = (server: Server): Ports =>
  ({ server, passwords, clock, progress: () => undefined }) as unknown as Ports;

/** One kind with a world to act on: what the engine does, without the engine. */
export function kindIn<D, O, A extends AnyAction>(kind: Resource<D, O, A>, server: Server, signal: AbortSignal) {
  const ports = portsOf(server);
  const actions = async (desired: readonly D[]): Promise<readonly A[]> =>
    kind.diff(desired, await kind.observe(desired, ports, signal), new Set());
  const apply = async (some: readonly A[]): Promise<void> => {
    for (const action of some) await kind.apply(action, ports, signal);
  };
  return {
    actions,
    apply,
    /** The plan's text; '' when there is nothing to do. */
    plan: async (desired: readonly D[]): Promise<string> => renderActions(await actions(desired)),
    /** Plans and applies once; gives what was planned. */
    reconcile: async (desired: readonly D[]): Promise<string> => {
      const some = await actions(desired);
      await apply(some);
      return renderActions(some);
    },
    /** Applies each action twice at once and once more. */
    repeat: async (desired: readonly D[]): Promise<void> => {
      for (const action of await actions(desired)) {
        await Promise.all([kind.apply(action, ports, signal), kind.apply(action, ports, signal)]);
        await kind.apply(action, ports, signal);
      }
    },
    observe: (desired: readonly D[]): Promise<readonly O[]> => kind.observe(desired, ports, signal),
  };
}

export function desiredRole(
  name: string,
  given: Partial<DesiredRole["attributes"]> & Partial<DesiredRole> = {},
): DesiredRole {
  const { id, ensure, password, generated, inRoles, goesWith, handover, dependsOn, ...attributes } = given;
  return {
    id: id ?? resourceId("role", name),
    name,
    ensure: ensure ?? "present",
    attributes: {
      login: false,
      inherit: true,
      superuser: false,
      createdb: false,
      createrole: false,
      replication: false,
      bypassrls: false,
      connectionLimit: -1,
      ...attributes,
    },
    ...(password === undefined ? {} : { password }),
    generated: generated ?? "no",
    inRoles: inRoles ?? [],
    ...(goesWith === undefined ? {} : { goesWith }),
    ...(handover === undefined ? {} : { handover }),
    mark,
    dependsOn: dependsOn ?? [],
    place,
  };
}

export function observedRole(
  name: string,
  given: Partial<DesiredRole["attributes"]> & Partial<ObservedRole> = {},
): ObservedRole {
  const { attributes } = desiredRole(name);
  const { login, inherit, superuser, connectionLimit, validUntil, ...rest } = given;
  return {
    name,
    oid: 100,
    owner: "ours",
    strayMark: false,
    isAdmin: false,
    attributes: {
      ...attributes,
      ...(login === undefined ? {} : { login }),
      ...(inherit === undefined ? {} : { inherit }),
      ...(superuser === undefined ? {} : { superuser }),
      ...(connectionLimit === undefined ? {} : { connectionLimit }),
      ...(validUntil === undefined ? {} : { validUntil }),
    },
    password: "unknown",
    inRoles: [],
    ourMemberships: [],
    inheriting: rest.inRoles ?? [],
    ownedObjects: 0,
    ownsIn: [],
    ownsDatabases: [],
    ...rest,
  };
}

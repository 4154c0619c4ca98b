import type { Session } from "../../core/ports/postgres.ts";
import { quoteIdentifier, quoteLiteral } from "../../core/sql.ts";
import type { EnginePorts } from "../converge.ts";
import type { Seen } from "../look.ts";
import { beside, type Original } from "./beside.ts";
import type { Copy } from "./copy.ts";
import type { Origin } from "./origin.ts";

/**
 * The same on a server that is made for it, of the same image or major version, with the roles that the environment's has.
 * Nothing is left out of what runs there: it is nobody else's.
 *
 * @throws PoststackError `POSTGRES_MISSING`, `EXTENSION_MISSING`, `POSTGRES_START`, what a container engine says
 */
export async function onTemporaryServer<T>(
  original: Original,
  { desired, observation, ports: { server } }: Seen,
  origin: Origin,
  ports: EnginePorts,
  signal: AbortSignal,
  run: (copy: Copy) => Promise<T>,
): Promise<T> {
  const { endpoint } = original;
  const [found] = observation.observed.instance ?? [];
  const [wanted] = desired.resources.instance;
  const live = found?.server === "up" ? await server.admin(signal) : undefined;
  const major =
    live === undefined
      ? (found?.dataMajor ?? wanted?.spec?.major ?? wanted?.container?.major)
      : Math.floor(live.version / 10_000);
  const declared = desired.resources.role;
  const roles = [
    ...(live === undefined ? [] : await rolesOf(live, signal)),
    ...declared.map(({ name }) => `create role ${quoteIdentifier(name)}`),
    ...declared.flatMap(({ name, inRoles }) =>
      inRoles.map((group) => `grant ${quoteIdentifier(group)} to ${quoteIdentifier(name)}`),
    ),
  ];
  return origin.withServer(major, signal, async (temporary) => {
    const own = { ...endpoint, ...temporary, sslmode: "disable", maintenanceDatabase: "postgres" } as const;
    const session = await ports.postgres.connect(own, own.admin, "postgres", signal);
    try {
      const { owner, database } = endpoint;
      const verifier = quoteLiteral(ports.passwords.verifier(owner.password));
      const statements = [...roles.map(unlessThere), unlessThere(`create role ${quoteIdentifier(owner.user)}`)];
      await session.pipeline(
        [
          ...statements,
          `alter role ${quoteIdentifier(owner.user)} login password ${verifier}`,
          `create database ${quoteIdentifier(database)} owner ${quoteIdentifier(owner.user)}`,
        ],
        signal,
      );
    } finally {
      await session.close();
    }
    // Rows do not leave their server.
    const { sample: _sample, ...schema } = original;
    return await beside({ ...schema, endpoint: own, isAlone: true }, ports, signal, run);
  });
}

/** Safe to repeat: the role may be there already. One that neither the server nor the files have is told by the plan. */
const unlessThere = (statement: string): string =>
  `do ${quoteLiteral(`begin ${statement}; exception when duplicate_object or undefined_object then null; end`)}`;

/** What makes the roles of a server, without their passwords, and their memberships. */
async function rolesOf(session: Session, signal: AbortSignal): Promise<readonly string[]> {
  const flags = ["super", "inherit", "createrole", "createdb", "replication", "bypassrls"];
  const word = (flag: string): string => {
    const attribute = flag === "super" ? "superuser" : flag;
    return `case when r.rol${flag} then ' ${attribute}' else ' no${attribute}' end`;
  };
  const rows = await session.query(
    `select format('create role %I', r.rolname) || ${flags.map(word).join(" || ")} as statement, 1 as rank
     from pg_catalog.pg_roles r where r.rolname !~ '^pg_'
     union all
     select format('grant %I to %I', g.rolname, m.rolname), 2
     from pg_catalog.pg_auth_members a join pg_catalog.pg_roles g on g.oid = a.roleid join pg_catalog.pg_roles m on m.oid = a.member
     where m.rolname !~ '^pg_'
     order by rank, statement`,
    [],
    signal,
  );
  return rows.map(({ statement }) => String(statement));
}

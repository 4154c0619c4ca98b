import { PoststackError, type ErrorCode, type ErrorFacts } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { EmbeddedFacts, EmbeddedSpec } from "../../core/ports/embedded.ts";
import type { Session } from "../../core/ports/postgres.ts";
import { ask, base, readSettings } from "./asking.ts";
import type { DesiredInstance, ObservedInstance } from "./model.ts";
import { formerContainer, observeContainer } from "./on-container/observe.ts";

export const observe = (
  desired: readonly DesiredInstance[],
  ports: Ports,
  signal: AbortSignal,
): Promise<readonly ObservedInstance[]> =>
  Promise.all(
    desired.map((one) => {
      if (one.container !== undefined) return observeContainer(one, one.container, ports, signal);
      return one.isOnEngine === true ? observeBesides(one, ports, signal) : observeElsewhere(one, ports, signal);
    }),
  );

const observeElsewhere = (desired: DesiredInstance, ports: Ports, signal: AbortSignal): Promise<ObservedInstance> =>
  desired.spec === undefined
    ? observeExternal(desired, ports, signal)
    : observeEmbedded(desired, desired.spec, ports, signal);

/** A server in a container would go on, and nobody would look after it, if the files now ask for another one. */
async function observeBesides(desired: DesiredInstance, ports: Ports, signal: AbortSignal): Promise<ObservedInstance> {
  const [seen, former] = await Promise.all([
    observeElsewhere(desired, ports, signal),
    formerContainer(desired, ports, signal),
  ]);
  return former === undefined ? seen : { ...seen, formerContainer: former };
}

async function observeEmbedded(
  desired: DesiredInstance,
  spec: EmbeddedSpec,
  ports: Ports,
  signal: AbortSignal,
): Promise<ObservedInstance> {
  const facts = await ports.embedded.observe(spec, signal);
  const seen = { ...base(desired), ...withoutServer(facts) };
  if (facts.dataMajor === undefined) return seen;
  // On another port than asked there may be somebody else's server: whoever answers there is not asked.
  if (!facts.running || facts.runningPort !== spec.port) return { ...seen, server: "down" };
  const asked = await ask(ports, signal);
  if (asked instanceof PoststackError) {
    // Starting, stopping, replaying its log: waiting helps. A refused login does not go away.
    const passes: readonly ErrorCode[] = ["POSTGRES_BUSY", "POSTGRES_UNREACHABLE"];
    return {
      ...seen,
      server: "down",
      ...(passes.includes(asked.code) ? {} : { error: ownServer(asked, desired) }),
    };
  }
  const names = new Set([...desired.parameters.keys(), ...facts.parameters.keys()].map((name) => name.toLowerCase()));
  for (const own of ["port", "listen_addresses"]) names.delete(own);
  return {
    ...seen,
    server: "up",
    version: asked.version,
    ...(await readSettings(asked, names, facts.configuredAt, signal)),
  };
}

async function observeExternal(desired: DesiredInstance, ports: Ports, signal: AbortSignal): Promise<ObservedInstance> {
  const asked = await ask(ports, signal);
  if (asked instanceof PoststackError) {
    return { ...base(desired), server: "down", error: { where: desired.place, ...asked.facts } };
  }
  const systemIdentifier = await identifierOf(asked, signal);
  return {
    ...base(desired),
    server: "up",
    version: asked.version,
    ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
  };
}

/** Poststack made this server's superuser and keeps its password; only by another hand does the server have another one. */
const ownServer = ({ code, facts }: PoststackError, { place }: DesiredInstance): ErrorFacts => ({
  where: place,
  ...facts,
  ...(code === "POSTGRES_LOGIN"
    ? { next: "give the superuser back the password that `poststack db url --admin --show-password` prints" }
    : {}),
});

/** What the files and the system tell; a field that they do not tell is left out. */
function withoutServer(facts: EmbeddedFacts): Partial<ObservedInstance> {
  const { dataMajor, systemIdentifier, startedAt, runningPort, portHolder, dataDirectory, binaries, parameters } =
    facts;
  return {
    dataDirectory,
    written: parameters,
    ...(dataMajor === undefined ? {} : { dataMajor }),
    ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(runningPort === undefined ? {} : { runningPort }),
    ...(portHolder === undefined ? {} : { portHolder }),
    ...(binaries === undefined ? {} : { binaries: `PostgreSQL ${binaries.version} from ${binaries.from}` }),
  };
}

/** Managed servers and poolers may keep it to themselves. */
async function identifierOf(session: Session, signal: AbortSignal): Promise<string | undefined> {
  try {
    const [row] = await session.query("select system_identifier::text as id from pg_control_system()", [], signal);
    return typeof row?.["id"] === "string" ? row["id"] : undefined;
  } catch (error) {
    if (error instanceof PoststackError && error.code === "POSTGRES_QUERY") return undefined;
    throw error;
  }
}

import { fromFacts, PoststackError } from "../../core/errors.ts";
import type { Ports } from "../../core/ports.ts";
import type { EmbeddedSpec } from "../../core/ports/embedded.ts";
import { done, type Result } from "../../core/resource.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { DesiredInstance, InstanceAction } from "./model.ts";
import { applyContainer } from "./on-container/apply.ts";
import { reloaded, resetOverrides } from "./reload.ts";

export async function apply(action: InstanceAction, ports: Ports, signal: AbortSignal): Promise<Result> {
  if (action.verb === "refuse") throw fromFacts(action.error);
  const { desired } = action;
  if (desired.container !== undefined) return applyContainer(action, desired.container, ports, signal);
  const spec = specOf(desired);
  switch (action.verb) {
    case "create":
      ports.progress("initdb");
      await ports.embedded.create(spec, desired.endpoint.admin, desired.parameters, signal);
      return start(desired, spec, ports, signal);
    case "start":
      // Nothing to write, or a server that is only slow to answer: then its files stay as they are.
      if (action.drift.length === 0) return start(desired, spec, ports, signal);
      return withNewSettings(desired, spec, ports, signal, () => start(desired, spec, ports, signal));
    case "restart":
      return withNewSettings(desired, spec, ports, signal, () => restart(desired, spec, ports, signal));
    case "reload":
      await ports.embedded.configure(spec, desired.parameters, signal);
      await dropOverrides(desired, spec, ports, signal);
      await reloaded(() => ports.embedded.reload(spec, signal), ports, signal);
      return done;
    case "stop":
      await ports.server.reset();
      await ports.embedded.stop(spec, signal);
      return done;
    case "delete":
      await ports.server.reset();
      await ports.embedded.remove(spec, signal);
      // Last: until the data is gone, its passwords are needed to come back to it.
      ports.state.remove();
      return done;
    case "update":
    case "replace":
      throw new PoststackError("INTERNAL", { what: `${action.id} has no container to ${action.verb}` });
    default:
      return unreachable(action);
  }
}

function specOf({ id, spec }: DesiredInstance): EmbeddedSpec {
  if (spec === undefined) throw new PoststackError("INTERNAL", { what: `${id} is not a server that Poststack runs` });
  return spec;
}

async function start(desired: DesiredInstance, spec: EmbeddedSpec, ports: Ports, signal: AbortSignal): Promise<Result> {
  // The identity is recorded before anything can be written into the cluster (RELIABILITY 21).
  const { systemIdentifier, binaries, logFile } = await ports.embedded.observe(spec, signal);
  if (systemIdentifier !== undefined) ports.state.recordSystemIdentifier(systemIdentifier);
  ports.progress("starting");
  await ports.embedded.start(spec, desired.endpoint.admin, signal);
  await ports.server.reset();
  return { note: `PostgreSQL ${binaries?.version ?? ""} on ${spec.bind}:${spec.port}`, logFile };
}

async function restart(
  desired: DesiredInstance,
  spec: EmbeddedSpec,
  ports: Ports,
  signal: AbortSignal,
): Promise<Result> {
  await ports.server.reset();
  ports.progress("stopping");
  await ports.embedded.stop(spec, signal);
  return start(desired, spec, ports, signal);
}

/**
 * Writes the settings, which the server's own program checks first, then does the step. When the server does not come up
 * with them, the old settings are put back, and a server that ran before runs again.
 */
async function withNewSettings(
  desired: DesiredInstance,
  spec: EmbeddedSpec,
  ports: Ports,
  signal: AbortSignal,
  step: () => Promise<Result>,
): Promise<Result> {
  const before = await ports.embedded.observe(spec, signal);
  await ports.embedded.configure(spec, desired.parameters, signal);
  await dropOverrides(desired, spec, ports, signal);
  try {
    return await step();
  } catch (error) {
    if (signal.aborted || !(error instanceof PoststackError)) throw error;
    if (!["POSTGRES_START", "PARAMETER_INVALID"].includes(error.code)) throw error;
    const old = settingsOf(before.parameters, spec);
    await ports.embedded.configure(old.spec, old.parameters, signal);
    if (before.running) await ports.embedded.start(old.spec, desired.endpoint.admin, signal);
    await ports.server.reset();
    throw new PoststackError(
      error.code,
      {
        ...error.facts,
        what: `${error.message}; the settings from before are back${before.running ? ", and the server runs with them" : ""}`,
      },
      { cause: error },
    );
  }
}

function settingsOf(
  written: ReadonlyMap<string, string>,
  spec: EmbeddedSpec,
): { readonly spec: EmbeddedSpec; readonly parameters: ReadonlyMap<string, string> } {
  const parameters = new Map(written);
  const port = Number(parameters.get("port") ?? spec.port);
  const bind = parameters.get("listen_addresses") ?? spec.bind;
  parameters.delete("port");
  parameters.delete("listen_addresses");
  return { spec: { ...spec, port, bind }, parameters };
}

/** Only the server on its own port is ours to ask. */
async function dropOverrides(
  desired: DesiredInstance,
  spec: EmbeddedSpec,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  const { running, runningPort } = await ports.embedded.observe(spec, signal);
  if (running && runningPort === spec.port) await resetOverrides(desired.parameters, ports, signal);
}

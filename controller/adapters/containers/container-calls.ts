import { PoststackError } from "../../core/errors.ts";
import type { ContainerEngine } from "../../core/ports/containers.ts";
import { list, object, present, someText, text, texts } from "./answer.ts";
import { readLimitMs, writeLimitMs, type Client } from "./client.ts";
import { containerBody } from "./container-body.ts";
import { readDetails, readHealth } from "./container-details.ts";
import { versionNumber, type Dialect } from "./dialect.ts";
import { isCode, meaningOf, Refusal, unless } from "./failure.ts";
import { writeFields } from "./fields.ts";
import { refuseWhatIsLacking } from "./lacking.ts";
import { isRemovalInProgress, unlessPassing } from "./leaving.ts";
import { readSummary } from "./listed.ts";
import { resourceFields, hostFields } from "./spec-fields.ts";
import { writeAttachment } from "./spec-network.ts";
import { untilStopIsListed } from "./stop-listed.ts";

/** Milliseconds that a stop may take beyond its grace (RELIABILITY 31), and the engine's own grace. */
const stopMarginMs = 10_000;
const defaultGraceMs = 10_000;

/** What a connection to one engine is, once it is known who answers. */
export interface Session {
  readonly client: Client;
  readonly dialect: Dialect;
  readonly apiVersion: string;
}

type Containers = Pick<
  ContainerEngine,
  | "containers"
  | "inspectContainer"
  | "createContainer"
  | "startContainer"
  | "stopContainer"
  | "removeContainer"
  | "unpauseContainer"
  | "renameContainer"
  | "updateContainer"
  | "waitContainer"
  | "connectNetwork"
  | "disconnectNetwork"
>;

/**
 * An engine that is ended while it starts a container keeps the container's place in the network, and refuses the next start
 * because of it (libnetwork). By force the place is given back; only a container of this name can have left it.
 */
function leftEndpoint(error: unknown): { readonly name: string; readonly network: string } | undefined {
  const said = error instanceof PoststackError && error.cause instanceof Refusal ? error.cause.message : "";
  const [, name, network] = /endpoint with name (\S+) already exists in network (\S+)/.exec(said) ?? [];
  return name === undefined || network === undefined ? undefined : { name, network };
}

/** The calls about containers that are one question and one answer. */
export function containerCalls(session: (signal: AbortSignal) => Promise<Session>): Containers {
  const calls: Containers = {
    async containers(signal) {
      const { client, dialect } = await session(signal);
      const call = { method: "GET", path: "/containers/json", query: { all: 1 }, doing: "listing containers" } as const;
      const answer = await client.ask({ ...call, limitMs: readLimitMs }, signal);
      const found = list(answer).map((entry) => readSummary(dialect.adaptSummary(object(entry))));
      if (dialect.health === undefined || !found.some(({ state }) => state === "running")) return found;
      const health = await dialect.health.listed(client, signal);
      const checked = found.filter(({ id, state }) => state === "running" && health.has(id));
      await dialect.health.inspectDue(
        checked.map(({ id }) => id),
        (id) => calls.inspectContainer(id, signal),
      );
      return found.map((one) => (checked.includes(one) ? { ...one, health: readHealth(health.get(one.id)) } : one));
    },

    async inspectContainer(id, signal) {
      const { client, dialect } = await session(signal);
      const call = { method: "GET", path: `${pathOf(id)}/json`, doing: `inspecting container ${id}` } as const;
      const answer = await client.ask({ ...call, limitMs: readLimitMs }, signal).catch(unless("ENGINE_OBJECT_GONE"));
      if (answer === undefined) return undefined;
      dialect.health?.probeWhenDue(client, object(answer), signal);
      const details = readDetails(dialect.adaptDetails(object(answer)));
      return { ...details, untold: dialect.untoldOf(details) };
    },

    async createContainer(name, spec, signal) {
      const { client, dialect, apiVersion } = await session(signal);
      const doing = `creating container ${name}`;
      refuseWhatIsLacking(spec, { dialect, apiVersion }, doing);
      const attachments = spec.network.mode === "networks" ? [...spec.network.attachments] : [];
      const isTakenAtOnce = dialect.createsWithAllNetworks;
      const atOnce = isTakenAtOnce ? attachments : attachments.slice(0, 1);
      const body = containerBody(spec, new Map(atOnce));
      // Before API 1.44 the address of the first network stands in the body itself.
      const macAddress = isTakenAtOnce ? undefined : atOnce[0]?.[1].macAddress;
      // Podman leaves out a check without a test, where Docker fills in what the image has.
      const check = object(body["Healthcheck"]);
      const isPart = body["Healthcheck"] !== undefined && check["Test"] === undefined;
      const ofImage = isPart ? await dialect.health?.ofImage(client, spec.image, signal) : undefined;
      const creating = client.ask(
        {
          method: "POST",
          path: "/containers/create",
          query: { name, platform: spec.platform },
          body: dialect.adaptBody({
            ...body,
            ...present({ MacAddress: macAddress, Healthcheck: ofImage && { ...ofImage, ...check } }),
          }),
          doing,
          limitMs: writeLimitMs,
        },
        signal,
      );
      const answer = object(await named(name, creating, signal));
      const id = text(answer["Id"]);
      try {
        for (const [network, attachment] of attachments.slice(atOnce.length))
          await calls.connectNetwork(network, id, attachment, signal);
      } catch (error) {
        await calls.removeContainer(id, { force: true, anonymousVolumes: true }, signal).catch(() => undefined);
        throw error;
      }
      return { id, warnings: texts(answer["Warnings"]) };
    },

    async startContainer(id, signal) {
      const start = () => act(id, "start", {}, `starting container ${id}`, writeLimitMs, signal);
      await start().catch(async (error: unknown) => {
        const left = leftEndpoint(error);
        if (left === undefined) throw error;
        await calls.disconnectNetwork(left.network, left.name, signal);
        await start();
      });
    },

    async stopContainer(id, { graceMs, signal: name }, signal) {
      const { client, dialect, apiVersion } = await session(signal);
      const seconds = graceMs === undefined ? undefined : Math.ceil(graceMs / 1_000);
      const doing = `stopping container ${id}`;
      // Without a grace of ours the container's own counts, which may be long: it is asked for.
      const longest = graceMs ?? (await calls.inspectContainer(id, signal))?.spec.stopGraceMs ?? defaultGraceMs;
      const limitMs = longest + stopMarginMs;
      if (name === undefined || versionNumber(apiVersion) >= 1_042) {
        await act(id, "stop", { t: seconds, signal: name }, doing, limitMs, signal).catch(unless("ENGINE_OBJECT_GONE"));
        if (dialect.listsStopsLate) await untilStopIsListed(client, id, signal);
        return;
      }
      const sent = await act(id, "kill", { signal: name }, doing, writeLimitMs, signal).catch(unlessNotRunning);
      if (sent === "not running") return;
      const ended = AbortSignal.any([signal, AbortSignal.timeout(longest)]);
      await calls.waitContainer(id, ended).catch(() => signal.throwIfAborted());
      await act(id, "stop", { t: 0 }, doing, writeLimitMs, signal).catch(unless("ENGINE_OBJECT_GONE"));
    },

    async removeContainer(id, { force, anonymousVolumes }, signal) {
      const { client, dialect } = await session(signal);
      const { prefix, query } = force
        ? dialect.forcedRemoval(anonymousVolumes)
        : { prefix: "", query: { v: anonymousVolumes } };
      const doing = `removing container ${id}`;
      const limitMs = writeLimitMs;
      try {
        await client.ask({ method: "DELETE", path: `${prefix}${pathOf(id)}`, query, doing, limitMs }, signal);
      } catch (error) {
        if (isRemovalInProgress(error)) return await removed(id, doing, signal);
        unless("ENGINE_OBJECT_GONE")(error);
      }
    },

    async unpauseContainer(id, signal) {
      await act(id, "unpause", {}, `unpausing container ${id}`, writeLimitMs, signal).catch(
        unless("ENGINE_OBJECT_GONE", /is not paused/i),
      );
    },

    async renameContainer(id, name, signal) {
      const renaming = act(id, "rename", { name }, `renaming container ${id} to ${name}`, writeLimitMs, signal);
      // Docker says 409 or 500 to the name that it has already.
      await named(name, renaming.catch(unless(undefined, /same name as its current name/i)), signal);
    },

    async updateContainer(id, change, signal) {
      const { client, dialect } = await session(signal);
      const { restart, blkioWeight, ...resources } = change;
      const lacking = Object.keys(change).filter(
        (field) => !(dialect.changesInPlace as ReadonlySet<string>).has(field),
      );
      if (lacking.length > 0) {
        throw new PoststackError("ENGINE_LACKS", {
          what: `${dialect.engine} cannot change ${lacking.join(", ")} of a container that exists`,
          next: "replace the container",
        });
      }
      const body = {
        ...writeFields(resourceFields, resources),
        ...(restart === undefined ? {} : writeFields(hostFields, { restart })),
        ...present({ BlkioWeight: blkioWeight }),
      };
      const doing = `changing container ${id}`;
      await client.ask({ method: "POST", path: `${pathOf(id)}/update`, body, doing, limitMs: writeLimitMs }, signal);
    },

    async waitContainer(id, signal) {
      const { client } = await session(signal);
      const doing = `waiting for container ${id}`;
      const answer = await client.ask(
        { method: "POST", path: `${pathOf(id)}/wait`, doing, limitMs: undefined },
        signal,
      );
      return { exitCode: Number(object(answer)["StatusCode"] ?? 0) };
    },

    async connectNetwork(network, container, attachment, signal) {
      const { client } = await session(signal);
      await client
        .ask(
          {
            method: "POST",
            path: `/networks/${encodeURIComponent(network)}/connect`,
            body: { Container: container, EndpointConfig: writeAttachment(attachment) },
            doing: `connecting container ${container} with network ${network}`,
            limitMs: writeLimitMs,
          },
          signal,
        )
        .catch(unless(undefined, /already (?:exists in|connected|attached)/i));
    },

    async disconnectNetwork(network, container, signal) {
      const { client } = await session(signal);
      await client
        .ask(
          {
            method: "POST",
            path: `/networks/${encodeURIComponent(network)}/disconnect`,
            body: { Container: container, Force: true },
            doing: `disconnecting container ${container} from network ${network}`,
            limitMs: writeLimitMs,
          },
          signal,
        )
        .catch(unless("ENGINE_OBJECT_GONE", /is not connected/i));
    },
  };

  /** Another removal of it is going on: its name, and what it holds, are free when that is done. */
  async function removed(id: string, doing: string, signal: AbortSignal): Promise<void> {
    const { client } = await session(signal);
    const call = { method: "POST", path: `${pathOf(id)}/wait`, query: { condition: "removed" }, doing } as const;
    const answer = await client.ask({ ...call, limitMs: writeLimitMs }, signal).catch(unless("ENGINE_OBJECT_GONE"));
    const problem = someText(object(object(answer)["Error"])["Message"]);
    if (problem !== undefined) throw meaningOf(new Refusal(500, problem), doing);
  }

  /** A call that asks for a name: one that will be free by itself is not taken. */
  const named = async <T>(name: string, asking: Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      return await asking;
    } catch (error) {
      if (!isCode(error, "NAME_TAKEN")) throw error;
      const holder = await calls.inspectContainer(name, signal);
      if (holder !== undefined) throw unlessPassing(error, name, holder.state);
      const { client, dialect } = await session(signal);
      throw unlessPassing(error, name, (await dialect.keepsName(client, name, signal)) ? "storage" : "nobody");
    }
  };

  async function act(
    id: string,
    verb: string,
    query: Readonly<Record<string, string | number | undefined>>,
    doing: string,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { client } = await session(signal);
    return await client.ask({ method: "POST", path: `${pathOf(id)}/${verb}`, query, doing, limitMs }, signal);
  }

  return calls;
}

const unlessNotRunning = (error: unknown): "not running" => {
  const isOver = isCode(error, "ENGINE_OBJECT_GONE") || /is not running/i.test(String(error));
  if (isOver) return "not running";
  throw error;
};

export const pathOf = (container: string): string => `/containers/${encodeURIComponent(container)}`;

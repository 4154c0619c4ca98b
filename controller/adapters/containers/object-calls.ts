import type { ContainerEngine } from "../../core/ports/containers.ts";
import { clock } from "../clock.ts";
import { list, object, present, text } from "./answer.ts";
import { readLimitMs, writeLimitMs } from "./client.ts";
import type { Session } from "./container-calls.ts";
import { versionNumber } from "./dialect.ts";
import { isCode, isListBroken, unless } from "./failure.ts";
import { refuseNetworkThatIsLacking } from "./lacking.ts";
import { readImageDetails, readImageFacts, readNetworkFacts, readVolumeFacts } from "./listed.ts";

type Objects = Pick<
  ContainerEngine,
  | "networks"
  | "createNetwork"
  | "removeNetwork"
  | "volumes"
  | "volumeSizes"
  | "createVolume"
  | "removeVolume"
  | "images"
  | "inspectImage"
  | "tagImage"
  | "removeImage"
>;

/** The engine counts file by file, of every volume that it has; milliseconds. */
const countLimitMs = 120_000;

/** How often a list that broke is asked for, and milliseconds between: as long as a removal may take. */
const listTries = 5;
const listPauseMs = 200;

/** The calls about networks, volumes and images that are one question and one answer. */
export function objectCalls(session: (signal: AbortSignal) => Promise<Session>): Objects {
  async function get(path: string, doing: string, signal: AbortSignal): Promise<unknown> {
    const { client } = await session(signal);
    return await client.ask({ method: "GET", path, doing, limitMs: readLimitMs }, signal);
  }

  async function remove(path: string, doing: string, signal: AbortSignal): Promise<void> {
    const { client } = await session(signal);
    const call = { method: "DELETE", path, doing, limitMs: writeLimitMs } as const;
    await client.ask(call, signal).catch(unless("ENGINE_OBJECT_GONE"));
  }

  return {
    async networks(signal) {
      const { dialect } = await session(signal);
      const answer = await get("/networks", "listing networks", signal);
      return list(answer).map((entry) => readNetworkFacts(dialect.adaptNetwork(object(entry))));
    },

    async createNetwork(name, spec, signal) {
      const { client, dialect, apiVersion } = await session(signal);
      const doing = `creating network ${name}`;
      refuseNetworkThatIsLacking(spec, { dialect, apiVersion }, doing);
      const { driver, driverOptions, internal, attachable, ipv6, ipv4, addresses, labels } = spec;
      const body = {
        Name: name,
        // Names are not unique in older engines (RELIABILITY 10); this makes them look before they make one.
        CheckDuplicate: true,
        Labels: Object.fromEntries(labels),
        ...present({ Driver: driver, Internal: internal, Attachable: attachable, EnableIPv6: ipv6, EnableIPv4: ipv4 }),
        ...present({ Options: driverOptions && Object.fromEntries(driverOptions) }),
        ...present({ IPAM: addresses && addressManagement(addresses) }),
      };
      const call = { method: "POST", path: "/networks/create", body, doing, limitMs: writeLimitMs } as const;
      return { id: text(object(await client.ask(call, signal))["Id"]) };
    },

    async removeNetwork(id, signal) {
      const { dialect } = await session(signal);
      const path = `/networks/${encodeURIComponent(id)}`;
      const doing = `removing network ${id}`;
      if (!dialect.removesNetworksByName) return await remove(path, doing, signal);
      const found = object(await get(path, doing, signal).catch(unless("ENGINE_OBJECT_GONE")));
      const name = text(found["Name"]);
      if (name !== "") await remove(`/networks/${encodeURIComponent(name)}`, doing, signal);
    },

    async volumes(signal) {
      return list(object(await get("/volumes", "listing volumes", signal))["Volumes"]).map(readVolumeFacts);
    },

    async volumeSizes(signal) {
      const { client, apiVersion } = await session(signal);
      // Docker Engine API 1.42: of the other kinds, which cost more, nothing is counted then.
      const query = { type: versionNumber(apiVersion) >= 1_042 ? "volume" : undefined };
      const doing = "counting the sizes of volumes";
      const call = { method: "GET", path: "/system/df", query, doing, limitMs: countLimitMs } as const;
      // Podman counts containers and images as well, asked or not.
      const answer = object(await untilWhole(() => client.ask(call, signal), signal));
      const found = list(answer["Volumes"]).flatMap((entry): [string, number][] => {
        const size = object(object(entry)["UsageData"])["Size"];
        // -1: its driver is not `local` (the same page).
        return typeof size === "number" && size >= 0 ? [[text(object(entry)["Name"]), size]] : [];
      });
      return new Map(found);
    },

    async createVolume(name, { driver, driverOptions, labels }, signal) {
      const { client } = await session(signal);
      const body = {
        Name: name,
        Labels: Object.fromEntries(labels),
        ...present({ Driver: driver, DriverOpts: driverOptions && Object.fromEntries(driverOptions) }),
      };
      const doing = `creating volume ${name}`;
      const path = `/volumes/${encodeURIComponent(name)}`;
      // Podman refuses a name that exists where Docker hands out what it has: both are read back.
      const words = /already exists|already in use/i;
      await client
        .ask({ method: "POST", path: "/volumes/create", body, doing, limitMs: writeLimitMs }, signal)
        .catch(unless(undefined, words));
      return readVolumeFacts(await get(path, `reading volume ${name} back`, signal));
    },

    removeVolume: (name, signal) => remove(`/volumes/${encodeURIComponent(name)}`, `removing volume ${name}`, signal),

    async images(signal) {
      const { dialect } = await session(signal);
      const answer = await untilWhole(() => get("/images/json", "listing images", signal), signal);
      return list(answer).map((entry) => readImageFacts(dialect.adaptImage(object(entry))));
    },

    async inspectImage(reference, signal) {
      const { client, dialect } = await session(signal);
      const path = `/images/${encodeURIComponent(reference)}/json`;
      const answer = await get(path, `inspecting image ${reference}`, signal).catch(unless("IMAGE_MISSING"));
      if (answer === undefined) return undefined;
      const image = object(answer);
      const own = await dialect.health?.ofImage(client, reference, signal);
      const whole = own === undefined ? image : { ...image, Config: { ...object(image["Config"]), Healthcheck: own } };
      return readImageDetails(dialect.adaptImage(whole));
    },

    async tagImage(id, reference, signal) {
      const { client } = await session(signal);
      const [, repo = reference, tag = "latest"] = /^(.*?)(?::([^:/]+))?$/.exec(reference) ?? [];
      const doing = `naming image ${id} ${reference}`;
      const path = `/images/${encodeURIComponent(id)}/tag`;
      await client.ask({ method: "POST", path, query: { repo, tag }, doing, limitMs: writeLimitMs }, signal);
    },

    async removeImage(id, signal) {
      const { client } = await session(signal);
      const call = {
        method: "DELETE",
        path: `/images/${encodeURIComponent(id)}`,
        doing: `removing image ${id}`,
      } as const;
      await client.ask({ ...call, limitMs: writeLimitMs }, signal).catch(unless("IMAGE_MISSING"));
    },
  };
}

/** Podman fails as a whole where one of what it lists is made or removed meanwhile: the next list is without it. */
async function untilWhole(ask: () => Promise<unknown>, signal: AbortSignal, tries = listTries): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    if (tries === 1 || !(isListBroken(error) || isCode(error, "ENGINE_OBJECT_GONE"))) throw error;
  }
  await clock.sleep(listPauseMs, signal);
  return await untilWhole(ask, signal, tries - 1);
}

const addressManagement = ({
  driver = "default",
  options,
  pools,
}: NonNullable<Parameters<Objects["createNetwork"]>[1]["addresses"]>): object => ({
  Driver: driver,
  Options: Object.fromEntries(options ?? []),
  Config: pools.map(({ subnet, gateway, range, reserved }) =>
    present({
      Subnet: subnet,
      Gateway: gateway,
      IPRange: range,
      AuxiliaryAddresses: reserved && Object.fromEntries(reserved),
    }),
  ),
});

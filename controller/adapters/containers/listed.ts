// What the list calls answer.
import type { ContainerSummary, NetworkFacts, VolumeFacts } from "../../core/ports/container-facts.ts";
import type { ImageConfig, ImageDetails, ImageFacts } from "../../core/ports/container-images.ts";
import {
  assignments,
  date,
  list,
  number,
  object,
  present,
  someText,
  someTextMap,
  someTexts,
  text,
  textMap,
  texts,
} from "./answer.ts";
import { imageId, readActualMounts, readConnected, readHealth, readState } from "./container-details.ts";
import { asHealthcheck } from "./spec-fields.ts";
import { readListedPorts } from "./spec-ports.ts";

export function readSummary(answer: unknown): ContainerSummary {
  const json = object(answer);
  const status = text(json["Status"]);
  const state = readState(json["State"]);
  const exitCode = /^Exited \((\d+)\)/.exec(status)?.[1];
  return {
    id: text(json["Id"]),
    names: ownNameFirst(texts(json["Names"]).map((name) => name.replace(/^\//, ""))),
    imageId: imageId(json["ImageID"]),
    imageReference: text(json["Image"]),
    labels: textMap(json["Labels"]),
    state,
    health: readHealth(/\((?:health: )?(starting|healthy|unhealthy)\)$/.exec(status)?.[1]),
    exitCode: exitCode === undefined ? undefined : Number(exitCode),
    upMs: state === "running" ? upMs(status) : undefined,
    createdAt: new Date(number(json["Created"]) * 1_000),
    networks: readConnected(object(json["NetworkSettings"])["Networks"]),
    ports: readListedPorts(json["Ports"]),
    mounts: readActualMounts(json["Mounts"]),
  };
}

const unitMs = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;

/**
 * The least that `Up 3 minutes` can mean. Hours are rounded to the nearest, all else is cut off (docker/go-units,
 * HumanDuration); months and years are told as weeks here, nobody waits for them.
 */
function upMs(status: string): number {
  const [, count = "", unit = ""] =
    /^Up (?:(\d+)|About an?|Less than a) (second|minute|hour|day|week|month|year)/.exec(status) ?? [];
  if (unit === "" || status.startsWith("Up Less")) return 0;
  const length = unit in unitMs ? unitMs[unit as keyof typeof unitMs] : unitMs.week;
  return count === "" ? length : unit === "hour" ? (Number(count) - 0.5) * length : Number(count) * length;
}

/** The others are those that linking containers know it by: `/web/db`. */
const ownNameFirst = (names: readonly string[]): readonly string[] =>
  [...names].sort((a, b) => Number(a.includes("/")) - Number(b.includes("/")));

export function readNetworkFacts(answer: unknown): NetworkFacts {
  const json = object(answer);
  return {
    id: text(json["Id"]),
    name: text(json["Name"]),
    labels: textMap(json["Labels"]),
    driver: text(json["Driver"]),
    driverOptions: textMap(json["Options"]),
    isInternal: json["Internal"] === true,
    isAttachable: json["Attachable"] === true,
    hasIpv6: json["EnableIPv6"] === true,
    // Only newer engines can do without, and only they tell.
    hasIpv4: json["EnableIPv4"] !== false,
    pools: list(object(json["IPAM"])["Config"]).map((entry) => {
      const { Subnet, Gateway, IPRange, AuxiliaryAddresses } = object(entry);
      const [subnet, gateway, range] = [someText(Subnet), someText(Gateway), someText(IPRange)];
      return present({ subnet, gateway, range, reserved: someTextMap(AuxiliaryAddresses) });
    }),
    createdAt: date(json["Created"]),
  };
}

export function readVolumeFacts(answer: unknown): VolumeFacts {
  const json = object(answer);
  return {
    name: text(json["Name"]),
    labels: textMap(json["Labels"]),
    driver: text(json["Driver"]),
    driverOptions: textMap(json["Options"]),
    mountpoint: text(json["Mountpoint"]),
    createdAt: date(json["CreatedAt"]),
  };
}

export function readImageFacts(answer: unknown): ImageFacts {
  const json = object(answer);
  const created = json["Created"];
  return {
    id: imageId(json["Id"]),
    references: texts(json["RepoTags"]).filter((name) => name !== "<none>:<none>"),
    digests: texts(json["RepoDigests"]).filter((name) => !name.startsWith("<none>")),
    labels: textMap(json["Labels"] ?? object(json["Config"])["Labels"]),
    // Seconds in the list, a date when inspected.
    createdAt: typeof created === "number" ? new Date(created * 1_000) : (date(created) ?? new Date(0)),
    sizeBytes: number(json["Size"]),
  };
}

export function readImageDetails(answer: unknown): ImageDetails {
  const json = object(answer);
  const variant = someText(json["Variant"]);
  const platform = `${text(json["Os"])}/${text(json["Architecture"])}${variant === undefined ? "" : `/${variant}`}`;
  const taggedAt = date(object(json["Metadata"])["LastTagTime"]);
  return { ...readImageFacts(json), taggedAt, platform, config: readImageConfig(json["Config"]) };
}

function readImageConfig(answer: unknown): ImageConfig {
  const json = object(answer);
  return {
    entrypoint: someTexts(json["Entrypoint"]),
    command: someTexts(json["Cmd"]),
    environment: assignments(json["Env"]),
    labels: textMap(json["Labels"]),
    user: someText(json["User"]),
    workingDirectory: someText(json["WorkingDir"]),
    expose: Object.keys(object(json["ExposedPorts"])),
    volumes: Object.keys(object(json["Volumes"])),
    healthcheck: asHealthcheck.read(json["Healthcheck"]),
    stopSignal: someText(json["StopSignal"]),
  };
}
